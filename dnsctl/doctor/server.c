/*
 * server.c - does the server run, and is it the one that is asked?
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/version.h"
#include "dnsctl/control/control.h"
#include "impl.h"

#define START "systemctl start dnsd"

static void
report_look(struct doctor *d, json_t *report)
{
	const char *version =
	    json_string_value(json_object_get(report, "version"));
	bool same = version != NULL && strcmp(version, VERSION) == 0;

	d->runs = true;
	doctor_say(d, same ? FINDING_GOOD : FINDING_MIND, "server",
	    same ? "" : "systemctl restart dnsd",
	    "dnsd %s answers at %s%s%s, with %d workers",
	    version == NULL ? "?" : version, d->config->control,
	    same ? "" : ", and this is ", same ? "" : VERSION,
	    (int)json_integer_value(json_object_get(report, "workers")));
}

void
server_check(struct doctor *d)
{
	const char *control = d->config->control;
	char why[CONTROL_WHY], mend[MEND];
	json_t *report;

	(void)snprintf(mend, sizeof(mend), "sudoedit %s", d->config->file);
	if (control == NULL) {
		doctor_say(d, FINDING_MIND, "server", mend,
		    "there is no `control`, so nobody knows what it does");
		return;
	}
	d->sees = true;
	report = control_report(control, why);
	if (report != NULL)
		report_look(d, report);
	else
		doctor_say(d, FINDING_BAD, "server",
		    access(control, F_OK) == 0 && access(control, W_OK) != 0
			? "sudo dnsctl doctor"
			: START,
		    "%s", why);
	json_decref(report);
}

/* Who asks a wildcard asks by loopback. */
static union sockaddr_ip
address_of(const struct config_listen *l)
{
	union sockaddr_ip to = l->address;

	if (!config_listen_is_wildcard(l))
		return to;
	if (to.any.sa_family == AF_INET)
		to.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		to.v6.sin6_addr = in6addr_loopback;
	return to;
}

static void
port_say(
    struct doctor *d, const char *at, uint16_t port, bool tcp, enum asked asked)
{
	const char *over = tcp ? "TCP" : "UDP";
	char mend[MEND];

	switch (asked) {
	case ASKED_ANSWERED:
		if (d->runs || !d->sees) {
			doctor_say(d, FINDING_GOOD, "port", "",
			    "%s: answers over %s", at, over);
			return;
		}
		(void)snprintf(mend, sizeof(mend), "ss -lnp sport = :%u", port);
		doctor_say(d, FINDING_BAD, "port", mend,
		    "%s: another program answers there over %s", at, over);
		return;
	case ASKED_NOBODY:
		doctor_say(d, FINDING_BAD, "port",
		    d->runs ? "systemctl restart dnsd.socket" : START,
		    "%s: nobody listens there over %s", at, over);
		return;
	case ASKED_SILENT:
		(void)snprintf(mend, sizeof(mend),
		    "nft list ruleset; ss -lnp sport = :%u", port);
		doctor_say(d, FINDING_BAD, "port", mend,
		    "%s: there is no answer over %s", at, over);
		return;
	case ASKED_NOT_SENT:
		doctor_say(d, FINDING_BAD, "port", "ip link set lo up",
		    "%s: cannot be reached from here over %s: %s", at, over,
		    strerror(errno));
		return;
	}
}

static bool
is_here(const struct config_listen *l)
{
	struct addr a = addr_from_sockaddr(&l->address);

	if (l->link.name[0] != '\0')
		return l->link.index != 0;
	return config_listen_is_wildcard(l) || route_is_local(&a);
}

void
ports_check(struct doctor *d)
{
	for (unsigned i = 0; i < d->config->listen_count; i++) {
		const struct config_listen *l = &d->config->listen[i];
		union sockaddr_ip to = address_of(l);
		char text[CONFIG_LISTEN_TEXT];
		struct ask_reply reply;

		/* That it is not was said of the address. */
		if (!is_here(l))
			continue;
		(void)config_listen_text(l, text);
		for (int tcp = 0; tcp < 2; tcp++)
			port_say(d, text, ntohs(to.v4.sin_port), tcp,
			    server_ask(&to, tcp, ASK_WHO, &reply));
	}
}
