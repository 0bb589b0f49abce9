/*
 * stored.c - see fact_stored.h.
 */
#include "zones/facts/stored.h"

#include "zones/store/read/brief.h"

static void
put_text(struct wire_out *out, const char *text)
{
	wire_put_label(out, text, text == NULL ? 0 : strlen(text));
}

static void
put_double(struct wire_out *out, double d)
{
	uint64_t bits;

	memcpy(&bits, &d, sizeof(bits));
	wire_put64(out, bits);
}

static double
get_double(struct wire_in *in)
{
	uint64_t bits = wire_get64(in);
	double d;

	memcpy(&d, &bits, sizeof(d));
	return d;
}

void
brief_encode(const struct fact *f, struct wire_out *out)
{
	const struct addr *a = f->addresses;
	unsigned count = f->address_count, four = 0;
	uint8_t flags = f->stopped ? 0 : BRIEF_STARTED;

	for (unsigned i = 0; i < count; i++)
		four += addr_is_v4(&a[i]);
	if (f->name != NULL)
		flags |= BRIEF_SERVER;
	if (count > 0 && addr_is_v4(&a[0]))
		flags |= BRIEF_V4_FIRST;
	wire_put8(out, flags);
	wire_put8(out, (uint8_t)(count - four));
	wire_put8(out, (uint8_t)four);
	for (unsigned i = 0; i < count; i++)
		if (!addr_is_v4(&a[i]))
			wire_put(out, a[i].ip, 16);
	for (unsigned i = 0; i < count; i++)
		if (addr_is_v4(&a[i]))
			wire_put(out, a[i].ip + 12, 4);
}

static void
put_network(const struct fact *f, struct wire_out *out)
{
	struct addr resolvers[FACT_ADDRESSES_MAX + FACT_PREFIXES_MAX];
	unsigned count;

	wire_put32(out, f->ttl);
	wire_put8(out, (uint8_t)f->prefix_count);
	for (unsigned i = 0; i < f->prefix_count; i++) {
		wire_put(out, f->prefixes[i].addr.ip, 16);
		wire_put8(out, f->prefixes[i].len);
	}
	wire_put8(out, f->address_count == 0); /* resolvers: the default */
	count = fact_resolvers(f, resolvers);
	wire_put8(out, (uint8_t)count);
	for (unsigned i = 0; i < count; i++)
		wire_put(out, resolvers[i].ip, 16);
	put_text(out, f->network);
}

static void
put_instance(const struct fact *f, struct wire_out *out)
{
	brief_encode(f, out);
	put_text(out, f->region);
	put_text(out, f->name);
	put_text(out, f->group);
	wire_put8(out, (uint8_t)f->metadata_count);
	for (unsigned i = 0; i < f->metadata_count; i++) {
		size_t len = strlen(f->metadata[i].value);

		put_text(out, f->metadata[i].key);
		wire_put16(out, (uint16_t)len);
		wire_put(out, f->metadata[i].value, len);
	}
}

void
fact_encode(const struct fact *f, uint64_t age, struct wire_out *out)
{
	wire_put64(out, age);
	switch (f->kind) {
	case FACT_NETWORK:
		put_network(f, out);
		break;
	case FACT_REGION:
		put_double(out, f->latitude);
		put_double(out, f->longitude);
		break;
	case FACT_DISTANCE:
		put_double(out, f->ms);
		break;
	case FACT_APP:
		brief_encode(f, out);
		put_text(out, f->domain);
		break;
	case FACT_INSTANCE:
		put_instance(f, out);
		break;
	case FACT_PEER:
		brief_encode(f, out);
		put_text(out, f->region);
		wire_put64(out, (uint64_t)f->expires);
		break;
	case FACT_KINDS:
		break;
	}
}

static const char *
get_text(struct wire_in *in, struct arena *arena)
{
	struct label l = wire_get_label(in);

	if (l.len == 0)
		return NULL;
	if (memchr(l.at, 0, l.len) != NULL)
		in->bad = true;
	return arena_copy(arena, (const char *)l.at, l.len);
}

/* Flags that brief_encode() makes of such addresses; no IPv4 as IPv6. */
static bool
is_brief(uint8_t flags, const struct instance *b)
{
	const uint8_t known = BRIEF_STARTED | BRIEF_V4_FIRST | BRIEF_SERVER;

	for (unsigned i = 0; i < b->six_count; i++)
		if (memcmp(b->six + 16 * i, addr_v4_start,
			sizeof(addr_v4_start)) == 0)
			return false;
	return (flags & ~known) == 0 &&
	    b->six_count + b->four_count <= FACT_ADDRESSES_MAX &&
	    (b->v4_first ? b->four_count > 0
			 : b->four_count == 0 || b->six_count > 0);
}

/* True where it says that the fact has a server name. */
static bool
get_brief(struct fact *f, struct wire_in *in, struct arena *arena)
{
	struct wire_in flags = *in;
	struct instance b = { 0 };
	struct addr *a;
	unsigned n = 0;

	wire_get_brief(in, &b);
	in->bad = in->bad || !is_brief(wire_get8(&flags), &b);
	f->address_count = (unsigned)b.six_count + b.four_count;
	f->addresses = a =
	    arena_take(arena, (f->address_count + 1) * sizeof(*a));
	f->stopped = !b.started;
	for (unsigned i = 0; b.v4_first && i < b.four_count; i++)
		a[n++] = addr_from_v4(b.four + 4 * i);
	for (unsigned i = 0; i < b.six_count; i++)
		memcpy(a[n++].ip, b.six + 16 * i, 16);
	for (unsigned i = 0; !b.v4_first && i < b.four_count; i++)
		a[n++] = addr_from_v4(b.four + 4 * i);
	return b.is_server;
}

static const struct prefix *
get_prefixes(struct wire_in *in, unsigned n, struct arena *arena)
{
	struct prefix *p = arena_take(arena, (n + 1) * sizeof(*p));

	for (unsigned i = 0; i < n && !in->bad; i++) {
		const uint8_t *ip = wire_take(in, 16);

		if (ip != NULL)
			memcpy(p[i].addr.ip, ip, 16);
		p[i].len = wire_get8(in);
		in->bad = in->bad || p[i].len > 128;
	}
	return p;
}

static const struct addr *
get_addresses(struct wire_in *in, unsigned n, struct arena *arena)
{
	struct addr *a = arena_take(arena, (n + 1) * sizeof(*a));
	const uint8_t *ip = wire_take(in, 16 * n);

	if (ip != NULL)
		memcpy(a, ip, 16 * n);
	return a;
}

/* What stands there by default is what the prefixes say. */
static bool
is_default(const struct fact *f, const struct addr *resolvers, unsigned n)
{
	struct addr made[FACT_ADDRESSES_MAX + FACT_PREFIXES_MAX];

	return fact_resolvers(f, made) == n &&
	    memcmp(made, resolvers, n * sizeof(made[0])) == 0;
}

static void
get_network(struct fact *f, struct wire_in *in, struct arena *arena)
{
	const struct addr *resolvers;
	uint8_t by_default;
	unsigned n;

	f->ttl = wire_get32(in);
	f->prefix_count = wire_get8(in);
	in->bad = in->bad || f->prefix_count > FACT_PREFIXES_MAX;
	f->prefixes = get_prefixes(in, f->prefix_count, arena);
	by_default = wire_get8(in);
	n = wire_get8(in);
	resolvers = get_addresses(in, n, arena);
	f->network = get_text(in, arena);
	if (in->bad || f->network == NULL || by_default > 1 ||
	    (by_default == 1 ? !is_default(f, resolvers, n)
			     : n == 0 || n > FACT_ADDRESSES_MAX)) {
		in->bad = true;
		return;
	}
	f->addresses = resolvers;
	f->address_count = by_default == 1 ? 0 : n;
}

static void
get_instance(struct fact *f, struct wire_in *in, struct arena *arena)
{
	bool is_server = get_brief(f, in, arena);
	struct fact_pair *m;

	f->region = get_text(in, arena);
	f->name = get_text(in, arena);
	f->group = get_text(in, arena);
	f->metadata_count = wire_get8(in);
	in->bad = in->bad || is_server != (f->name != NULL) ||
	    f->metadata_count > FACT_METADATA_MAX;
	f->metadata = m =
	    arena_take(arena, (f->metadata_count + 1) * sizeof(*m));
	for (unsigned i = 0; i < f->metadata_count && !in->bad; i++) {
		const uint8_t *value;
		uint16_t len;

		m[i].key = get_text(in, arena);
		len = wire_get16(in);
		value = wire_take(in, len);
		if (value == NULL || m[i].key == NULL || len > FACT_VALUE_MAX ||
		    memchr(value, 0, len) != NULL)
			in->bad = true;
		else
			m[i].value =
			    arena_copy(arena, (const char *)value, len);
	}
}

bool
fact_decode(struct fact *f, struct wire_in in, struct arena *arena)
{
	f->age = wire_get64(&in);
	switch (f->kind) {
	case FACT_NETWORK:
		get_network(f, &in, arena);
		break;
	case FACT_REGION:
		f->latitude = get_double(&in);
		f->longitude = get_double(&in);
		break;
	case FACT_DISTANCE:
		f->ms = get_double(&in);
		break;
	case FACT_APP:
		in.bad = get_brief(f, &in, arena) || in.bad;
		f->domain = get_text(&in, arena);
		break;
	case FACT_INSTANCE:
		get_instance(f, &in, arena);
		break;
	case FACT_PEER:
		in.bad = get_brief(f, &in, arena) || in.bad;
		f->region = get_text(&in, arena);
		f->expires = (int64_t)wire_get64(&in);
		break;
	case FACT_KINDS:
		return false;
	}
	return !in.bad && wire_left(&in) == 0;
}
