/*
 * limit.c - replies a second for each prefix of askers, so that nobody's
 * address can be made to receive more (a spoofed source asks, it gets the
 * answers).
 *
 * What is beyond is dropped, but for every SLIP-th, which is cut to nothing
 * and says TC: who is there asks again by TCP.  Who has a cookie, or asks by
 * TCP, is where he says he is.
 */
#include "zones/query/limit.h"

#include <stdlib.h>
#include <sys/random.h>

#include "base/siphash.h"

#define SLOTS 65536

struct slot {
	uint64_t whose; /* hashed; 0: nobody's */
	uint32_t second, count;
};

struct query_limit {
	struct siphash_key key;
	unsigned rate, slip;
	struct slot slot[SLOTS];
};

enum err
query_limit_open(struct query_limit **out, unsigned rate, unsigned slip)
{
	struct query_limit *l = calloc(1, sizeof(*l));

	*out = NULL;
	if (l == NULL)
		return E_NOMEM;
	if (getrandom(&l->key, sizeof(l->key), 0) != sizeof(l->key)) {
		free(l);
		return E_SYSTEM;
	}
	l->rate = rate;
	l->slip = slip;
	*out = l;
	return E_OK;
}

void
query_limit_close(struct query_limit *l)
{
	free(l);
}

/* As networks are given to sites: RFC 6177, and /24 as routed. */
static uint64_t
prefix_of(const struct query_limit *l, const struct addr *a)
{
	struct addr p = addr_masked(a, addr_is_v4(a) ? 96 + 24 : 56);

	return siphash(&l->key, 0, p.ip, sizeof(p.ip)) | 1;
}

static enum limit_what
take(struct query_limit *l, uint64_t whose, int64_t now)
{
	struct slot *s = &l->slot[whose >> 48];

	if (s->whose != whose || s->second != (uint32_t)now)
		*s = (struct slot){ whose, (uint32_t)now, 0 };
	if (++s->count <= l->rate)
		return LIMIT_PASS;
	return l->slip > 0 && (s->count - l->rate) % l->slip == 0 ? LIMIT_SLIP
								  : LIMIT_DROP;
}

enum limit_what
query_limit_take(struct query_limit *l, const struct addr *from, int64_t now)
{
	return take(l, prefix_of(l, from), now);
}

enum limit_what
query_limit_take_network(struct query_limit *l, uint32_t network, int64_t now)
{
	return take(l, siphash(&l->key, 1, &network, sizeof(network)) | 1, now);
}
