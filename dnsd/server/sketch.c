/*
 * sketch.c - see sketch.h.
 */
#include "dnsd/server/sketch.h"

#include <math.h>

#include "base/hash.h"

/* Looks of a window before only one batch in RARE is seen. */
#define LOOKS_ALL 1024
#define RARE      4

static struct sketch_set *
set_of(struct sketch_window *w, enum sketch_kind kind, uint64_t hash)
{
	return &w->set[kind][hash % SKETCH_SETS];
}

/* The way that has the hash, with *HAS, or the one with the least count. */
static unsigned
way_find(const struct sketch_set *set, uint64_t hash, bool *has)
{
	unsigned way = 0, least = 0;

	for (; way < SKETCH_WAYS && set->hash[way] != hash; way++)
		if (set->count[way] < set->count[least])
			least = way;
	*has = way < SKETCH_WAYS;
	return *has ? way : least;
}

static void
key_add(struct sketch_window *w, enum sketch_kind kind, const void *key,
    size_t len, uint32_t weight)
{
	/* Names made to share a set would only be missed. */
	uint64_t hash = hash_bytes(key, len) | UINT64_C(1) << 63;
	struct sketch_set *set = set_of(w, kind, hash);
	bool has;
	unsigned way = way_find(set, hash, &has);

	if (!has) {
		set->hash[way] = hash;
		set->error[way] = set->count[way];
		memcpy(set->key[way], key, len);
	}
	set->count[way] += weight;
}

static void
query_see(struct sketch_window *w, const struct query *q, uint32_t weight)
{
	w->questions += weight;
	w->looks++;
	key_add(w, SKETCH_NETWORKS, &q->network, sizeof(q->network), weight);
	key_add(w, SKETCH_ASKERS, q->from.ip, sizeof(q->from.ip), weight);
	if (q->question_len > 0)
		key_add(w, SKETCH_NAMES, q->qname.wire, q->qname.len, weight);
}

static void
window_begin(struct sketch_window *w, int64_t began)
{
	memset(w, 0, sizeof(*w));
	w->began = began;
}

void
sketch_see(struct sketch *s, struct query *const *q, unsigned count,
    struct rng *rng, int64_t now, int64_t trace)
{
	struct sketch_window *w = &s->window[s->current];
	unsigned half = count / 2, weight;

	if (now >= w->began / 1000 + SKETCH_SECONDS) {
		w = &s->window[s->current ^= 1];
		window_begin(w, now * 1000);
	}
	if (trace != 0 && s->trace.began != trace)
		window_begin(&s->trace, trace);
	for (unsigned i = 0; trace != 0 && i < count; i++)
		query_see(&s->trace, q[i], 1);
	weight = w->looks < LOOKS_ALL ? 1 : RARE;
	if (weight > 1 && rng_below(rng, weight) != 0)
		return;
	if (half > 0)
		query_see(w, q[rng_below(rng, half)], half * weight);
	if (count > half)
		query_see(w, q[half + rng_below(rng, count - half)],
		    (count - half) * weight);
}

/* --- several added up */

uint64_t
sketch_questions(
    struct sketch_window *const *w, unsigned windows, int64_t *since)
{
	uint64_t questions = 0;

	for (unsigned i = 0; i < windows; i++) {
		questions += w[i]->questions;
		if (w[i]->began > 0 && w[i]->began < *since)
			*since = w[i]->began;
	}
	return questions;
}

/* What all windows say of a key; false where one before the ATth has it. */
static bool
key_sum(struct sketch_window *const *w, unsigned windows, unsigned at,
    enum sketch_kind kind, struct sketch_found *f, uint64_t hash)
{
	double looks = 0, questions = 0;

	for (unsigned i = 0; i < windows; i++) {
		const struct sketch_set *set = set_of(w[i], kind, hash);
		bool has;
		unsigned way = way_find(set, hash, &has);

		if (has && i < at)
			return false;
		f->count += has ? set->count[way] : 0;
		f->error += has ? set->error[way] : set->count[way];
		looks += (double)w[i]->looks;
		questions += (double)w[i]->questions;
	}
	/* Twice what chance does, where one look stands for many. */
	if (questions > looks)
		f->error +=
		    (uint64_t)(2 * sqrt((double)f->count * questions / looks));
	return true;
}

/* By insertion: COUNT are there, the heaviest first. */
static unsigned
found_insert(struct sketch_found *found, unsigned count, unsigned most,
    const struct sketch_found *f)
{
	unsigned at = count;

	while (at > 0 && found[at - 1].count < f->count)
		at--;
	if (at == most)
		return count;
	count += count < most;
	memmove(&found[at + 1], &found[at], (count - at - 1) * sizeof(*f));
	found[at] = *f;
	return count;
}

unsigned
sketch_heaviest(struct sketch_window *const *w, unsigned windows,
    enum sketch_kind kind, struct sketch_found *found, unsigned most)
{
	unsigned count = 0;

	for (unsigned i = 0; i < windows; i++)
		for (unsigned j = 0; j < SKETCH_SETS * SKETCH_WAYS; j++) {
			const struct sketch_set *set =
			    &w[i]->set[kind][j / SKETCH_WAYS];
			uint64_t hash = set->hash[j % SKETCH_WAYS];
			struct sketch_found f = {
				.key = set->key[j % SKETCH_WAYS]
			};

			if (hash != 0 && key_sum(w, windows, i, kind, &f, hash))
				count = found_insert(found, count, most, &f);
		}
	return count;
}
