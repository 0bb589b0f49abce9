/*
 * walk.c - from key to key, with one cursor for all walks of a snapshot.
 *
 * Keys stay where they are until the snapshot rests: a walk knows where it
 * stands by its key's address, and the cursor is there or has to go there.
 */
#include <assert.h>

#include "zones/store/read/env.h"

void
walk_start(const struct snapshot *s, struct walk *w)
{
	*w = (struct walk){ .moment = s->moment };
}

static bool
walk_stand(struct snapshot *s, struct walk *w, const MDB_val *k)
{
	s->walk_at = w->key = k->mv_data;
	w->len = k->mv_size;
	return true;
}

bool
walk_seek(struct snapshot *s, struct walk *w, struct store_key *key, MDB_val *v)
{
	MDB_val k;

	assert(w->moment == s->moment);
	s->walk_at = NULL;
	return s->active && key_seek(s->walk, key, &k, v) == 0 &&
	    walk_stand(s, w, &k);
}

bool
walk_next(struct snapshot *s, struct walk *w, void *from, size_t start,
    size_t len, MDB_val *k, MDB_val *v)
{
	MDB_cursor_op op = MDB_NEXT;
	bool there = w->key == NULL || w->key == s->walk_at;

	assert(w->moment == s->moment);
	if (!s->active)
		return false;
	s->walk_at = NULL;
	*k = (MDB_val){ .mv_data = w->key, .mv_size = w->len };
	if (!there && guard_get(s->walk, k, v, MDB_SET) != 0)
		return false;
	if (w->key == NULL) {
		*k = (MDB_val){ .mv_data = from, .mv_size = start };
		op = MDB_SET_RANGE;
	}
	return guard_get(s->walk, k, v, op) == 0 && k->mv_size >= len &&
	    memcmp(k->mv_data, from, len) == 0 && walk_stand(s, w, k);
}
