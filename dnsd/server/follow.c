/*
 * follow.c - see impl.h.
 */
#include "impl.h"

#include <event2/buffer.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/addr_parse.h"
#include "base/addr_text.h"
#include "base/dns_wire.h"
#include "base/json_text.h"
#include "zones/names/dname.h"

#define UNREAD_MAX (1 << 20)

struct follow {
	struct tap_network names;
	char only[DNS_LABEL_MAX + 1]; /* a network; "": all */
	bool from_known;
	struct addr from;
	uint64_t lost;
};

static bool
what_read(struct follow *f, const char *what)
{
	char from[ADDR_TEXT] = "";

	if (what == NULL)
		return true;
	if (sscanf(what, "%63s %45s", f->only, from) < 1)
		return false;
	if (strcmp(f->only, "-") == 0)
		f->only[0] = '\0';
	f->from_known = from[0] != '\0';
	return !f->from_known || addr_parse(&f->from, from);
}

struct follow *
follow_open(struct store *store, const char *what)
{
	struct follow *f = calloc(1, sizeof(*f));

	if (f != NULL && what_read(f, what) &&
	    snapshot_open(store, &f->names.snapshot) == E_OK)
		return f;
	follow_close(f);
	return NULL;
}

void
follow_close(struct follow *f)
{
	if (f == NULL)
		return;
	snapshot_close(f->names.snapshot);
	free(f);
}

static void
line_print(
    struct evbuffer *out, const struct tap_message *m, const char *network)
{
	struct wire_in in = wire_in(m->pkt, m->len);
	char from[ADDR_TEXT], text[DNAME_TEXT] = "-";
	char json[JSON_TEXT(DNAME_TEXT)];
	uint16_t flags, type;
	struct dname name;

	(void)wire_get16(&in);
	flags = wire_get16(&in);
	(void)wire_take(&in, 8);
	if (dname_get(&name, &in))
		(void)dname_text(&name, text);
	type = wire_get16(&in);
	(void)evbuffer_add_printf(out,
	    "{\"time_ms\":%" PRId64 ",\"network\":\"%s\",\"from\":\"%s\","
	    "\"name\":%s,\"type\":%u,\"rcode\":%u,\"tcp\":%d,\"took_us\":"
	    "%" PRId64 "}\n",
	    m->told_ns / 1000000, network, addr_text(&m->asker, from),
	    json_text(json, sizeof(json), text), type, flags & DNS_RCODE,
	    m->tcp, (m->told_ns - m->asked_ns) / 1000);
}

void
follow_print(
    struct follow *f, struct evbuffer *out, const struct tap_message *m)
{
	const char *network = tap_network_id(&f->names, m->network);

	if ((f->only[0] != '\0' && strcmp(f->only, network) != 0) ||
	    (f->from_known && !addr_is_same(&f->from, &m->asker)))
		return;
	if (evbuffer_get_length(out) > UNREAD_MAX) {
		f->lost++;
		return;
	}
	if (f->lost > 0)
		(void)evbuffer_add_printf(
		    out, "{\"lost\":%" PRIu64 "}\n", f->lost);
	f->lost = 0;
	line_print(out, m, network);
}
