/*
 * settle.c - the end of what belongs together: what was left out on the way
 * and fits the state that the rest leaves is taken; what does not stays out.
 *
 *	store_put() refuses -> store_leave_out() -> store_settle()
 *	                                             | networks, all together
 *	                                             | what is in them
 *	                                             v again, while some fit
 *	                                            told, kept with the cursor
 */
#include "zones/store/write/txn.h"

#include <stdlib.h>

#include "settle_impl.h"

/* Which of the rules of store_put() was it? */
static enum left_waits
waits_for(const struct fact *f, bool whole, const struct complaint *why)
{
	static const struct {
		const char *field;
		enum left_waits waits;
	} rules[] = { { "network", LEFT_NETWORK },
		{ "addresses", LEFT_NETWORK }, { "flycast", LEFT_NETWORK },
		{ "to", LEFT_NETWORK }, { "public_key", LEFT_ANY },
		{ "number", LEFT_ANY } };

	if (!whole)
		return LEFT_UNREAD;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (f->kind != FACT_NETWORK &&
		    strcmp(why->field, rules[i].field) == 0)
			return rules[i].waits;
	return LEFT_OTHERS;
}

bool
store_leave_out(struct store_txn *t, const struct fact *f, bool whole,
    const struct complaint *why, uint64_t place)
{
	const struct left l = { .out = { .fact = *f, .why = *why },
		.waits = waits_for(f, whole, why),
		.fresh = true,
		.place = place };

	if (t->err != E_OK)
		return true;
	if (t->scope != NULL &&
	    (f->network == NULL || strcmp(f->network, t->scope) != 0))
		return false;
	left_put(t, &l);
	if (t->seen != NULL)
		snapshot_keep(t, f, whole);
	return true;
}

/* Some of what it waits for may have come with this transaction. */
static bool
may_fit(struct store_txn *t, const struct left *l, bool all)
{
	struct store_key key;
	struct wire_in in;
	MDB_val v;

	if (l->waits == LEFT_UNREAD || all || l->fresh || l->waits == LEFT_ANY)
		return l->waits != LEFT_UNREAD;
	if (l->waits == LEFT_NETWORK || l->out.fact.network == NULL ||
	    !network_find(t, l->out.fact.network))
		return false;
	key_init(&key, t->number, KEY_COMMITS);
	if (txn_get(t, &key, &v) != 0)
		return false;
	in = val_in(&v);
	(void)wire_get32(&in);
	return wire_get64(&in) == t->head.meta.commits + 1;
}

/*
 * All that is left out and may fit, or came now; of networks all or none, as
 * one may wait for another.
 */
static void
gather_left(struct settling *s, bool all)
{
	struct store_txn *t = s->txn;
	struct waiting **last = &s->first;
	struct store_key prefix;
	bool together = false;
	MDB_val k, v;
	int rc;

	arena_reset(&s->arena);
	s->first = NULL;
	txn_flush(t);
	key_init(&prefix, NETWORK_NONE, KEY_LEFT);
	k = key_val(&prefix);
	rc = t->err == E_OK ? guard_get(t->cursor, &k, &v, MDB_SET_RANGE)
			    : MDB_NOTFOUND;
	for (; rc == 0 && val_begins(&k, &prefix);
	     rc = guard_get(t->cursor, &k, &v, MDB_NEXT)) {
		struct waiting *w = arena_take(&s->arena, sizeof(*w));

		if (!txn_holds(t,
			left_read(&w->left, &k, &v, t->head.meta.commits + 1,
			    t->turn, &s->arena)
			    ? 0
			    : MDB_CORRUPTED))
			return;
		w->why = w->left.out.why;
		w->tried = may_fit(t, &w->left, all);
		if (w->left.out.fact.kind == FACT_NETWORK || w->left.fresh)
			together = together || w->tried;
		else if (!w->tried)
			continue;
		*last = w;
		last = &w->next;
	}
	(void)txn_holds(t, rc == MDB_NOTFOUND ? 0 : rc);
	for (struct waiting *w = s->first; w != NULL; w = w->next)
		if (w->left.out.fact.kind == FACT_NETWORK)
			w->tried = together && w->left.waits != LEFT_UNREAD;
}

/* What is stored of it is outside of its network's prefixes now, or of zones.
 */
static void
drop_outside(struct store_txn *t, const struct fact *f)
{
	struct arena arena = { 0 };
	struct store_key key;
	struct fact old;
	MDB_val k, v;

	if (f->network == NULL || !network_find(t, f->network))
		return;
	fact_key(&key, t->number, f);
	k = key_val(&key);
	if (txn_get(t, &key, &v) == 0 &&
	    fact_read(&old, f->network, &k, &v, &arena) &&
	    (put_outside(t, &old) != NULL ||
		(f->kind == FACT_RECORD && !zone_find(t, f->id, &key))))
		delete_drop(t, &old);
	arena_release(&arena);
}

/* Who has what F is to have alone waits for another: what it is now goes. */
static bool
owner_gives(struct store_txn *t, const struct fact *f)
{
	struct arena arena = { 0 };
	struct fact owner, waits;
	bool gives = false;

	if (unique_owner(t, f, &owner, &arena)) {
		waits = owner;
		gives =
		    left_find(t, &waits, &arena) && unique_differs(&waits, f);
		if (gives)
			delete_drop(t, &owner);
	}
	arena_release(&arena);
	return gives;
}

/* A fact that is no network's own. */
static bool
try_fact(struct settling *s, struct waiting *w)
{
	struct store_txn *t = s->txn;
	enum err err = store_put(t, &w->left.out.fact, &w->left.out.why);

	if (err == E_INPUT && owner_gives(t, &w->left.out.fact))
		err = store_put(t, &w->left.out.fact, &w->left.out.why);
	if (err == E_INPUT)
		drop_outside(t, &w->left.out.fact);
	w->done = err == E_OK;
	if (w->done && w->left.fresh)
		s->each(s->arg, w->left.place, &w->left.out.fact, NULL,
		    store_conflict(t));
	return w->done;
}

static bool
try_facts(struct settling *s)
{
	bool progress = false;

	for (struct waiting *w = s->first; w != NULL; w = w->next)
		if (w->tried && !w->done &&
		    w->left.out.fact.kind != FACT_NETWORK &&
		    s->txn->err == E_OK)
			progress = try_fact(s, w) || progress;
	return progress;
}

/* What stays out may wait for something else than it did. */
static void
keep_whys(struct settling *s)
{
	for (struct waiting *w = s->first; w != NULL; w = w->next) {
		struct left *l = &w->left;

		if (w->done || !w->tried ||
		    (strcmp(w->why.rule, l->out.why.rule) == 0 &&
			strcmp(w->why.value, l->out.why.value) == 0))
			continue;
		l->waits = waits_for(&l->out.fact, true, &l->out.why);
		left_put(s->txn, l);
	}
}

static int
compare_places(const void *a, const void *b)
{
	const struct waiting *const *x = a, *const *y = b;

	return ((*x)->left.place > (*y)->left.place) -
	    ((*x)->left.place < (*y)->left.place);
}

/* What is new and stays out: told in order, and kept with the cursor. */
static void
keep_new(struct settling *s, const char *cursor)
{
	struct waiting **new, *w;
	size_t n = 0;

	for (w = s->first; w != NULL; w = w->next)
		n += w->left.fresh && !w->done;
	new = arena_take(&s->arena, (n + 1) * sizeof(struct waiting *));
	n = 0;
	for (w = s->first; w != NULL; w = w->next)
		if (w->left.fresh && !w->done)
			new[n++] = w;
	qsort(new, n, sizeof(struct waiting *), compare_places);
	for (size_t i = 0; i < n && s->txn->err == E_OK; i++) {
		struct left *l = &new[i]->left;

		(void)snprintf(l->out.cursor, sizeof(l->out.cursor), "%s",
		    cursor == NULL ? "" : cursor);
		s->each(s->arg, l->place, &l->out.fact, &l->out.why, NULL);
		l->fresh = false;
		left_put(s->txn, l);
	}
}

enum err
store_settle(struct store_txn *t, const char *cursor, store_each_settled *each,
    void *arg)
{
	struct settling s = { .txn = t, .each = each, .arg = arg };
	bool all, progress = true;

	if (t->err != E_OK || !t->left || !t->unsettled)
		return t->err;
	while (progress && t->err == E_OK) {
		all = t->networks_changed;
		t->networks_changed = false;
		gather_left(&s, all);
		progress = networks_try(&s);
		progress = try_facts(&s) || progress;
		keep_whys(&s);
	}
	keep_new(&s, cursor);
	t->unsettled = t->networks_changed = false;
	t->turn++;
	arena_release(&s.arena);
	return t->err;
}
