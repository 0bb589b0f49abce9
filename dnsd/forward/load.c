/*
 * load.c - see load.h.
 */
#include "dnsd/forward/load.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

/* The store counts networks from one; beyond so many, two share a bound. */
#define NETWORKS (1U << 20)

struct load {
	atomic_uint all;
	atomic_uint of[NETWORKS]; /* memory is touched as it is needed */
};

enum err
load_open(struct load **out)
{
	*out = calloc(1, sizeof(**out));
	return *out == NULL ? E_NOMEM : E_OK;
}

void
load_close(struct load *load)
{
	free(load);
}

bool
load_take(
    struct load *load, uint32_t network, unsigned most, unsigned most_network)
{
	unsigned own = atomic_fetch_add_explicit(
	    &load->of[network % NETWORKS], 1, memory_order_relaxed);
	unsigned all =
	    atomic_fetch_add_explicit(&load->all, 1, memory_order_relaxed);

	if (all < most && own < most_network &&
	    (own == 0 || all < most - most / 4))
		return true;
	load_give(load, network);
	return false;
}

void
load_give(struct load *load, uint32_t network)
{
	unsigned own = atomic_fetch_sub_explicit(
	    &load->of[network % NETWORKS], 1, memory_order_relaxed);
	unsigned all =
	    atomic_fetch_sub_explicit(&load->all, 1, memory_order_relaxed);

	assert(own > 0 && all > 0);
	(void)own;
	(void)all;
}
