/*
 * upstream.c - does who is asked for other names answer this host?
 */
#include <errno.h>
#include <stdio.h>

#include "base/addr_text.h"
#include "base/dns.h"
#include "impl.h"

static void
upstream_text(const struct config_upstream *u, char *out, size_t size)
{
	static const char *const scheme[] = { [UPSTREAM_UDP] = "udp",
		[UPSTREAM_TCP] = "tcp",
		[UPSTREAM_TLS] = "tls" };
	bool v4 = addr_is_v4(&u->address);
	char text[ADDR_TEXT];

	(void)snprintf(out, size, "%s://%s%s%s:%u", scheme[u->transport],
	    v4 ? "" : "[", addr_text(&u->address, text), v4 ? "" : "]",
	    u->port);
}

static enum asked
upstream_ask(const struct config_upstream *u, struct ask_reply *reply)
{
	union sockaddr_ip to = addr_to_sockaddr(&u->address, u->port);

	if (u->link.index != 0)
		to.v6.sin6_scope_id = u->link.index;
	switch (u->transport) {
	case UPSTREAM_UDP:
		return server_ask(&to, false, ASK_ROOT, reply);
	case UPSTREAM_TCP:
		return server_ask(&to, true, ASK_ROOT, reply);
	case UPSTREAM_TLS:
		return connection_open(&to, reply);
	}
	return ASKED_NOT_SENT;
}

static void
answer_say(struct doctor *d, const struct config_upstream *u, const char *text,
    const struct ask_reply *reply)
{
	double ms = (double)reply->took_us / 1000;

	if (u->transport == UPSTREAM_TLS)
		doctor_say(d, FINDING_GOOD, "upstream", "",
		    "%s: takes connections, after %.1f ms", text, ms);
	else if (reply->rcode == RCODE_NOERROR)
		doctor_say(d, FINDING_GOOD, "upstream", "",
		    "%s: answers, after %.1f ms", text, ms);
	else
		doctor_say(d, FINDING_MIND, "upstream", "",
		    "%s: answers, and with an error (%d)", text, reply->rcode);
}

static void
upstream_check(struct doctor *d, const struct config_upstream *u)
{
	struct ask_reply reply;
	enum asked asked = upstream_ask(u, &reply);
	const char *why = asked == ASKED_NOT_SENT ? strerror(errno)
	    : asked == ASKED_NOBODY               ? "nobody listens there"
						  : "there is no answer";
	char text[128], address[ADDR_TEXT], mend[MEND];

	upstream_text(u, text, sizeof(text));
	if (asked == ASKED_ANSWERED) {
		answer_say(d, u, text, &reply);
		return;
	}
	(void)snprintf(mend, sizeof(mend),
	    asked == ASKED_NOT_SENT ? "ip route get %s" : "sudoedit %s",
	    asked == ASKED_NOT_SENT ? addr_text(&u->address, address)
		: u->line == 0      ? CONFIG_RESOLV
				    : d->config->file);
	doctor_say(d, FINDING_BAD, "upstream", mend, "%s: %s", text, why);
}

void
upstreams_check(struct doctor *d)
{
	const struct config_upstream *u;

	for (unsigned i = 0; (u = config_upstream(d->config, i)) != NULL; i++)
		upstream_check(d, u);
}
