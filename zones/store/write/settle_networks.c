/*
 * settle_networks.c - networks that wait are judged together.
 *
 * All of them are taken out of the index of prefixes.  One that may not have
 * its new ones even so gets its old ones back, which others are then held to.
 * The rest goes in one after the other; where two of them want the same, the
 * first has it.  Then the index is as it was, and those that fit are written.
 */
#include "settle_impl.h"

static struct waiting *
next_network(struct waiting *w)
{
	while (w != NULL &&
	    (!w->tried || w->done || w->stays ||
		w->left.out.fact.kind != FACT_NETWORK))
		w = w->next;
	return w;
}

/* Those that are not known to stay. */
#define EACH_NETWORK(w, s)                                                     \
	for (struct waiting *w = next_network((s)->first); w != NULL;          \
	     w = next_network(w->next))

/* What they are now: all of it there, or none. */
static void
index_old(struct settling *s, bool is)
{
	EACH_NETWORK(w, s)
	if (w->is_there)
		network_index(s->txn, w->number, &w->was, is);
}

static void
look_at_network(struct settling *s)
{
	struct store_txn *t = s->txn;

	EACH_NETWORK(w, s)
	{
		struct store_key key;
		MDB_val v;

		w->is_there = network_find(t, w->left.out.fact.network);
		if (!w->is_there)
			continue;
		w->number = t->number;
		w->was = (struct fact){ .kind = FACT_NETWORK };
		key_init(&key, w->number, KEY_NETWORK);
		if (!txn_holds(t, txn_get(t, &key, &v)) ||
		    !txn_holds(t,
			fact_decode(&w->was, val_in(&v), &s->arena)
			    ? 0
			    : MDB_CORRUPTED))
			return;
	}
}

static bool
fits(struct settling *s, struct waiting *w)
{
	return network_check(s->txn, w->number, &w->left.out.fact,
		   w->is_there ? &w->was : NULL, &w->left.out.why) == E_OK;
}

/* Not even with all the others away; true where that changed the index. */
static bool
stays_alone(struct settling *s)
{
	bool changed = false;

	EACH_NETWORK(w, s)
	{
		if (fits(s, w))
			continue;
		w->stays = true;
		changed = changed || w->is_there;
		if (w->is_there)
			network_index(s->txn, w->number, &w->was, true);
	}
	return changed;
}

/* Those before LAST, or all where it is NULL, as they are to be: gone. */
static void
index_new_away(struct settling *s, const struct waiting *last)
{
	EACH_NETWORK(w, s)
	{
		if (w == last)
			return;
		network_index(s->txn, w->number, &w->left.out.fact, false);
	}
}

/* One that has to stay after all, with what it is now, or NULL. */
static struct waiting *
stays_beside(struct settling *s)
{
	EACH_NETWORK(w, s)
	{
		if (!fits(s, w)) {
			index_new_away(s, w);
			w->stays = true;
			return w;
		}
		if (w->number == NETWORK_NONE)
			w->number = network_number_new(s->txn);
		network_index(s->txn, w->number, &w->left.out.fact, true);
	}
	index_new_away(s, NULL);
	return NULL;
}

/* What is left to be gone through fits, all of it together. */
static void
judge(struct settling *s)
{
	struct waiting *w;

	do {
		while (stays_alone(s))
			;
		w = stays_beside(s);
		if (w != NULL && w->is_there)
			network_index(s->txn, w->number, &w->was, true);
	} while (w != NULL);
}

bool
networks_try(struct settling *s)
{
	struct store_txn *t = s->txn;
	bool before = t->networks_changed, progress = false;
	struct lengths lengths = network_lengths(t);

	if (next_network(s->first) == NULL)
		return false;
	look_at_network(s);
	index_old(s, false);
	if (t->err == E_OK)
		judge(s);
	index_old(s, true);
	/* So far it was only for a look: nobody has to look anew. */
	network_lengths_put(t, &lengths);
	t->networks_changed = before;
	memset(&t->network, 0, sizeof(t->network));
	t->forced = true;
	EACH_NETWORK(w, s)
	{
		w->done =
		    store_put(t, &w->left.out.fact, &w->left.out.why) == E_OK;
		if (w->done && w->left.fresh)
			s->each(s->arg, w->left.place, &w->left.out.fact, NULL,
			    NULL);
		progress = progress || w->done;
	}
	t->forced = false;
	return progress;
}
