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

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/siphash.h"

#define SLOTS 65536

/* A slot in one word, so that no worker sees half of it: */
#define COUNT   ((UINT64_C(1) << 28) - 1) /* of this second */
#define SECONDS 28 /* 16 bits: they begin anew after a night */
#define WHOSE   44 /* 20 bits, and its place is 16 more */

struct query_limit {
	struct siphash_key key;
	unsigned rate, slip;
	_Atomic uint64_t slot[SLOTS];
};

enum err
query_limit_open(struct query_limit **out, unsigned rate, unsigned slip)
{
	struct query_limit *l;

	*out = NULL;
	if (rate == 0)
		return E_OK;
	l = calloc(1, sizeof(*l));
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

static enum limit_what
take_one(struct query_limit *l, uint64_t whose, int64_t now)
{
	_Atomic uint64_t *slot = &l->slot[whose % SLOTS];
	uint64_t mine =
	    whose / SLOTS << WHOSE | ((uint64_t)now & 0xffff) << SECONDS;
	uint64_t count, was = atomic_load_explicit(slot, memory_order_relaxed);

	do
		count = (was & ~COUNT) == mine ? was & COUNT : 0;
	while (count < COUNT &&
	    !atomic_compare_exchange_weak_explicit(slot, &was,
		mine | (count + 1), memory_order_relaxed,
		memory_order_relaxed));
	if (count < l->rate)
		return LIMIT_PASS;
	return l->slip > 0 && (count + 1 - l->rate) % l->slip == 0 ? LIMIT_SLIP
								   : LIMIT_DROP;
}

/* As networks are given to sites: RFC 6177, and /24 as routed. */
enum limit_what
query_limit_take(struct query_limit *l, const struct addr *from, int64_t now)
{
	struct addr p = addr_masked(from, addr_is_v4(from) ? 96 + 24 : 56);

	return take_one(l, siphash(&l->key, 0, p.ip, sizeof(p.ip)), now);
}

/* Networks are numbered as they come, so that each has a slot of its own. */
enum limit_what
query_limit_take_network(struct query_limit *l, uint32_t network, int64_t now)
{
	return take_one(l, network, now);
}
