/*
 * address.c - the lowest addresses that nothing in the network has.
 *
 *	P : NUMBER>>16 : NUMBER&0xffff : 0 : a : KK02 /120
 *
 * where P is the network's first /48, NUMBER the gateway's, KK the lowest
 * that is free, and behind the last KK comes b for a, and so on to f: one
 * number of 24 bits, 0xa00 to 0xfff.  Flycast has P:0:1::3 and up, and an
 * IPv4 address is a /32 of the network's pool: numbers of 16 and 32 bits.
 */
#include <stdlib.h>

#include "base/array.h"
#include "base/log.h"
#include "impl.h"

#define BLOCK         120
#define BLOCK_FIRST   0xa00
#define BLOCK_LAST    0xfff
#define FLYCAST_FIRST 3
#define FLYCAST_LAST  0xffff

/* Addresses that differ in the bits FROM to TO alone: a number. */
struct range {
	struct addr base;
	unsigned from, to;
};

struct span {
	uint32_t first, last;
};

struct spans {
	struct span *at;
	size_t count, room;
};

static uint32_t
number_of(const struct range *r, const struct addr *a)
{
	uint32_t n = 0;

	for (unsigned i = r->from / 8; i < r->to / 8; i++)
		n = n << 8 | a->ip[i];
	return n;
}

static struct addr
addr_of(const struct range *r, uint32_t n)
{
	struct addr a = r->base;

	for (unsigned i = r->to / 8; i > r->from / 8; i--) {
		a.ip[i - 1] = (uint8_t)n;
		n >>= 8;
	}
	return a;
}

/* What of the range A and LEN have is taken. */
static void
span_add(
    struct spans *s, const struct range *r, const struct addr *a, unsigned len)
{
	unsigned common = len < r->from ? len : r->from;
	struct addr x = addr_masked(a, common),
		    y = addr_masked(&r->base, common);
	unsigned free_bits =
	    len >= r->to ? 0 : r->to - (len < r->from ? r->from : len);
	uint32_t low = (uint32_t)(((uint64_t)1 << free_bits) - 1);

	if (!addr_is_same(&x, &y))
		return;
	s->at = array_grow(s->at, s->count, &s->room, sizeof(*s->at));
	s->at[s->count].first = number_of(r, a) & ~low;
	s->at[s->count++].last = number_of(r, a) | low;
}

/* A network's are its resolvers, an app's its flycast addresses; an export's
 * are those of the network that it goes to. */
static void
spans_read(struct spans *s, const struct book *b, const struct range *r)
{
	for (enum fact_kind kind = 0; kind < FACT_KINDS; kind++)
		for (size_t i = 0; i < b->read[kind].count; i++) {
			const struct fact *f = &b->read[kind].at[i];

			if (kind == FACT_EXPORT &&
			    strcmp(f->to, b->network->network) != 0)
				continue;
			for (unsigned j = 0; j < f->address_count; j++)
				span_add(s, r, &f->addresses[j],
				    f->blocks == NULL ? 128 : f->blocks[j]);
		}
}

static int
spans_compare(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

static bool
lowest_free(const struct book *b, const struct range *r, uint32_t first,
    uint32_t last, struct addr *out)
{
	struct spans s = { NULL, 0, 0 };
	uint64_t n = first;

	spans_read(&s, b, r);
	if (s.count > 0)
		qsort(s.at, s.count, sizeof(*s.at), spans_compare);
	for (size_t i = 0; i < s.count && s.at[i].first <= n; i++)
		if (s.at[i].last >= n)
			n = (uint64_t)s.at[i].last + 1;
	free(s.at);
	if (n <= last)
		*out = addr_of(r, (uint32_t)n);
	return n <= last;
}

static const struct prefix *
home_of(const struct fact *network)
{
	for (unsigned i = 0; i < network->prefix_count; i++) {
		const struct prefix *p = &network->prefixes[i];

		if (p->len <= 48 && !addr_is_v4(&p->addr))
			return p;
	}
	return NULL;
}

static void
put16(struct addr *a, unsigned word, unsigned value)
{
	a->ip[2 * word] = (uint8_t)(value >> 8);
	a->ip[2 * word + 1] = (uint8_t)value;
}

static bool
six_choose(const struct book *b, const struct prefix *home, uint32_t number,
    struct addr *a)
{
	struct range r = { home->addr, 96, BLOCK };

	put16(&r.base, 3, number >> 16);
	put16(&r.base, 4, number & 0xffff);
	put16(&r.base, 7, 2);
	if (lowest_free(b, &r, BLOCK_FIRST, BLOCK_LAST, a))
		return true;
	log_error("gateway number %u has no address left in network %s", number,
	    b->network->network);
	return false;
}

/* A prefix' first and last address mean all of it to many a system. */
static bool
four_choose(const struct book *b, struct addr *out)
{
	for (unsigned i = 0; i < b->network->pool_count; i++) {
		const struct prefix *p = &b->network->pool[i];
		const struct range r = { p->addr, 96, 128 };
		uint32_t first = number_of(&r, &p->addr);
		uint32_t ends = p->len < 127;
		uint32_t last =
		    first | (uint32_t)(((uint64_t)1 << (128 - p->len)) - 1);

		if (lowest_free(b, &r, first + ends, last - ends, out))
			return true;
	}
	log_error(
	    "the pool of network %s has no address left", b->network->network);
	return false;
}

bool
address_choose(struct book *b, const struct fact *gateway, struct fact *peer)
{
	const struct prefix *home = home_of(b->network);
	struct addr *a = arena_take(&b->arena, 2 * sizeof(*a));
	uint8_t *lens = arena_take(&b->arena, 2);

	peer->addresses = a;
	peer->blocks = lens;
	if (home != NULL) {
		if (!six_choose(b, home, gateway->number, a))
			return false;
		lens[peer->address_count++] = BLOCK;
	}
	if (b->network->pool_count > 0) {
		if (!four_choose(b, a + peer->address_count))
			return false;
		lens[peer->address_count++] = 128;
	}
	if (peer->address_count == 0)
		log_error("network %s has no /48 and no pool that a peer could"
			  " have an address of",
		    b->network->network);
	return peer->address_count > 0;
}

bool
address_flycast(const struct book *b, struct addr *a)
{
	const struct prefix *home = home_of(b->network);
	struct range r = { .from = 112, .to = 128 };

	if (home == NULL) {
		log_error(
		    "network %s has no /48 to take it of", b->network->network);
		return false;
	}
	r.base = home->addr;
	put16(&r.base, 4, 1);
	if (lowest_free(b, &r, FLYCAST_FIRST, FLYCAST_LAST, a))
		return true;
	log_error(
	    "network %s has no flycast address left", b->network->network);
	return false;
}
