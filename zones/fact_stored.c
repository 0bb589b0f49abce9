/*
 * fact_stored.c - see fact_stored.h.
 */
#include "fact_stored.h"

#include "store_brief.h"

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

static void
get_brief(struct fact *f, struct wire_in *in, struct arena *arena)
{
	struct instance b;
	struct addr *a;
	unsigned n = 0;

	wire_get_brief(in, &b);
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
}

static void
get_network(struct fact *f, struct wire_in *in, struct arena *arena)
{
	struct prefix *p;
	struct addr *a;
	bool by_default;
	unsigned n;

	f->ttl = wire_get32(in);
	n = wire_get8(in);
	f->prefixes = p = arena_take(arena, (n + 1) * sizeof(*p));
	for (unsigned i = 0; i < n && !in->bad; i++) {
		const uint8_t *ip = wire_take(in, 16);

		if (ip != NULL)
			memcpy(p[i].addr.ip, ip, 16);
		p[i].len = wire_get8(in);
		in->bad = in->bad || p[i].len > 128;
	}
	f->prefix_count = n;
	by_default = wire_get8(in) != 0;
	n = wire_get8(in);
	f->addresses = a = arena_take(arena, (n + 1) * sizeof(*a));
	for (unsigned i = 0; i < n && !in->bad; i++) {
		const uint8_t *ip = wire_take(in, 16);

		if (ip != NULL)
			memcpy(a[i].ip, ip, 16);
	}
	f->address_count = by_default ? 0 : n;
	f->network = get_text(in, arena);
	in->bad = in->bad || f->network == NULL;
}

static void
get_instance(struct fact *f, struct wire_in *in, struct arena *arena)
{
	struct fact_pair *m;

	get_brief(f, in, arena);
	f->region = get_text(in, arena);
	f->name = get_text(in, arena);
	f->group = get_text(in, arena);
	f->metadata_count = wire_get8(in);
	f->metadata = m =
	    arena_take(arena, (f->metadata_count + 1) * sizeof(*m));
	for (unsigned i = 0; i < f->metadata_count && !in->bad; i++) {
		const uint8_t *value;
		uint16_t len;

		m[i].key = get_text(in, arena);
		len = wire_get16(in);
		value = wire_take(in, len);
		if (value == NULL || m[i].key == NULL ||
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
		get_brief(f, &in, arena);
		f->domain = get_text(&in, arena);
		break;
	case FACT_INSTANCE:
		get_instance(f, &in, arena);
		break;
	case FACT_PEER:
		get_brief(f, &in, arena);
		f->region = get_text(&in, arena);
		f->expires = (int64_t)wire_get64(&in);
		break;
	case FACT_KINDS:
		return false;
	}
	return !in.bad && wire_left(&in) == 0;
}
