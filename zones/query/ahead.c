/*
 * ahead.c - see ahead.h.
 */
#include "ahead.h"

#include "impl.h"

void
ahead_start(struct ahead *a, struct query *const *all, unsigned n,
    const struct snapshot *s)
{
	a->snapshot = s;
	a->all = all;
	a->count = n;
	for (unsigned i = 0; i < n; i++)
		if (all[i]->bound == NULL)
			lookup_expect_network(s, &all[i]->from, &all[i]->to);
}

void
ahead_expect(const struct ahead *a, struct query *q)
{
	q->place = form_place(q);
	lookup_expect(a->snapshot, q->place);
}

void
ahead_fetch(const struct ahead *a, unsigned i)
{
	if (i < a->count)
		lookup_fetch(a->snapshot, a->all[i]->place);
}
