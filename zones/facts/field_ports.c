/*
 * field_ports.c - lists of ports by their names: read as "53" or "53/udp".
 */
#include "field_list.h"
#include "zones/names/label.h"
#include "zones/names/name.h"

static bool
port_entry_parse(void *entry, struct arena *arena, const struct span *s)
{
	struct fact_port *port = entry;
	unsigned number = 0, i = 0;

	for (; i < s[1].len && s[1].at[i] >= '0' && s[1].at[i] <= '9'; i++)
		number = number > UINT16_MAX
		    ? number
		    : number * 10 + (unsigned)(s[1].at[i] - '0');
	port->name = span_copy(arena, s[0]);
	port->number = (uint16_t)number;
	port->udp = i < s[1].len;
	return i > 0 && number > 0 && number <= UINT16_MAX;
}

static enum err
port_check(const void *entry, const struct field *field, struct complaint *why)
{
	const struct fact_port *port = entry;

	if (name_is_label(port->name, strlen(port->name)) &&
	    port->name[0] != '_')
		return E_OK;
	return complain(why, field->key,
	    "must have names of 1 to 63 of a-z, 0-9, - and _ that do not begin "
	    "with _",
	    port->name);
}

static bool
port_is_same(const void *entry, const void *other)
{
	const struct fact_port *a = entry, *b = other;

	return a->udp == b->udp && strcmp(a->name, b->name) == 0;
}

static const char *
port_name(const void *entry, char out[ENTRY_TEXT])
{
	(void)out;
	return ((const struct fact_port *)entry)->name;
}

static void
port_print(const struct field_printing *p, const void *entry)
{
	const struct fact_port *port = entry;

	if (!p->json)
		(void)fprintf(p->out, "%s=%u%s", port->name, port->number,
		    port->udp ? "/udp" : "");
	else if (port->udp)
		(void)fprintf(p->out,
		    "\"%s\":{\"port\":%u,\"protocol\":\"udp\"}", port->name,
		    port->number);
	else
		(void)fprintf(p->out, "\"%s\":%u", port->name, port->number);
}

static void
port_put(struct wire_out *out, const void *entry)
{
	const struct fact_port *port = entry;

	wire_put_label(out, port->name, strlen(port->name));
	wire_put16(out, port->number);
	wire_put8(out, port->udp);
}

static void
port_get(struct wire_in *in, void *entry, struct arena *arena)
{
	struct fact_port *port = entry;
	struct label name = wire_get_label(in);
	uint8_t udp;

	port->number = wire_get16(in);
	udp = wire_get8(in);
	port->udp = udp == 1;
	in->bad = in->bad || name.len == 0 || port->number == 0 || udp > 1 ||
	    memchr(name.at, 0, name.len) != NULL;
	if (!in->bad)
		port->name = arena_copy(arena, (const char *)name.at, name.len);
}

static const struct field_entry port = {
	.size = sizeof(struct fact_port),
	.rule = "must hold ports from 1 to 65535",
	.twice = "must not have a name twice",
	.parse = port_entry_parse,
	.name = port_name,
	.check = port_check,
	.is_same = port_is_same,
	.print = port_print,
	.put = port_put,
	.get = port_get,
};

const struct field_type field_ports = { FIELD_PORTS, FIELD_LIST(port),
	.put = list_put, .get = list_get };
