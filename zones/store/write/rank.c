/*
 * rank.c - how far each region is from each, worked out once a change.
 *
 *	KEY_RANKS from: for each region in order: label, u32 microseconds
 *
 * A measured round trip wins; one direction stands for both unless both are
 * given; without any, it is the great circle at 100 km a millisecond.  A
 * region without a place is FAR from where nothing was measured.
 */
#include <math.h>
#include <stdlib.h>

#include "base/array.h"
#include "impl.h"

#define EARTH_KM  6371.0
#define KM_PER_MS 100.0
#define FAR       UINT32_MAX
#define UNKNOWN   UINT32_MAX /* not measured */

struct place {
	const char *id;
	double latitude, longitude;
	bool known;
};

struct ranks {
	struct arena arena;
	struct place *place;
	size_t count, room;
	uint32_t *measured; /* count times count */
};

static void
add_place(struct ranks *r, const char *id, const struct fact *known)
{
	r->place = array_grow(r->place, r->count, &r->room, sizeof(*r->place));
	r->place[r->count++] = (struct place){
		.id = arena_text(&r->arena, id),
		.latitude = known == NULL ? 0 : known->latitude,
		.longitude = known == NULL ? 0 : known->longitude,
		.known = known != NULL,
	};
}

static bool
note_region(void *arg, const struct fact *f, bool implied)
{
	(void)implied;
	add_place(arg, f->id, f);
	return true;
}

static bool
note_ends(void *arg, const struct fact *f, bool implied)
{
	(void)implied;
	add_place(arg, f->id, NULL);
	add_place(arg, f->to, NULL);
	return true;
}

/* By name; of two with one name, the one that is known first. */
static int
compare_distances(const void *va, const void *vb)
{
	const struct place *a = va, *b = vb;
	int order = strcmp(a->id, b->id);

	return order != 0 ? order : b->known - a->known;
}

static void
sort_places(struct ranks *r)
{
	size_t kept = 0;

	if (r->count == 0)
		return;
	qsort(r->place, r->count, sizeof(*r->place), compare_distances);
	for (size_t i = 0; i < r->count; i++)
		if (kept == 0 ||
		    strcmp(r->place[kept - 1].id, r->place[i].id) != 0)
			r->place[kept++] = r->place[i];
	r->count = kept;
}

static size_t
find_place(const struct ranks *r, const char *id)
{
	struct place key = { .id = id };
	size_t low = 0, high = r->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (strcmp(r->place[middle].id, key.id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool
note_measured(void *arg, const struct fact *f, bool implied)
{
	struct ranks *r = arg;
	double us = f->ms * 1000;

	(void)implied;
	r->measured[find_place(r, f->id) * r->count + find_place(r, f->to)] =
	    us < FAR - 1 ? (uint32_t)us : FAR - 1;
	return true;
}

static double
radians(double degrees)
{
	return degrees * 3.14159265358979323846 / 180;
}

/* The haversine formula. */
static uint32_t
great_circle_us(const struct place *a, const struct place *b)
{
	double dlat, dlon, h;

	if (!a->known || !b->known)
		return FAR;
	dlat = sin(radians(b->latitude - a->latitude) / 2);
	dlon = sin(radians(b->longitude - a->longitude) / 2);
	h = dlat * dlat +
	    cos(radians(a->latitude)) * cos(radians(b->latitude)) * dlon * dlon;
	h = h > 1 ? 1 : h;
	return (uint32_t)(2 * EARTH_KM * asin(sqrt(h)) / KM_PER_MS * 1000);
}

static uint32_t
distance_us(const struct ranks *r, size_t from, size_t to)
{
	uint32_t there = r->measured[from * r->count + to];
	uint32_t back = r->measured[to * r->count + from];

	if (from == to)
		return 0;
	if (there != UNKNOWN)
		return there;
	if (back != UNKNOWN)
		return back;
	return great_circle_us(&r->place[from], &r->place[to]);
}

static void
make_row(const struct ranks *r, size_t from, struct wire_out *out)
{
	for (size_t to = 0; to < r->count; to++) {
		const char *id = r->place[to].id;

		wire_put_label(out, id, strlen(id));
		wire_put32(out, distance_us(r, from, to));
	}
}

static enum err
collect(MDB_txn *txn, MDB_dbi dbi, struct ranks *r)
{
	enum err err;
	size_t cells;

	err = store_each_fact(txn, dbi, FACT_REGION, NULL, note_region, r);
	if (err == E_OK)
		err = store_each_fact(
		    txn, dbi, FACT_DISTANCE, NULL, note_ends, r);
	if (err != E_OK)
		return err;
	sort_places(r);
	cells = r->count * r->count + 1;
	r->measured = malloc(cells * sizeof(*r->measured));
	if (r->measured == NULL)
		return E_NOMEM;
	memset(r->measured, 0xff, cells * sizeof(*r->measured));
	return store_each_fact(txn, dbi, FACT_DISTANCE, NULL, note_measured, r);
}

enum err
rank_each(MDB_txn *txn, MDB_dbi dbi, rank_row *each, void *arg)
{
	static const size_t room = (size_t)256 * 1024;
	struct ranks r = { 0 };
	enum err err = collect(txn, dbi, &r);
	uint8_t *buf = r.count == 0 ? NULL : arena_room(&r.arena, room);

	for (size_t from = 0; from < r.count && err == E_OK; from++) {
		struct wire_out row = wire_out(buf, room);

		make_row(&r, from, &row);
		err = row.bad ? E_FULL : each(arg, r.place[from].id, &row);
	}
	free(r.measured);
	free(r.place);
	arena_release(&r.arena);
	return err;
}

/* A row that is as it was is not written again. */
static enum err
write_row(void *arg, const char *from, const struct wire_out *row)
{
	struct store_txn *t = arg;
	struct store_key key;
	MDB_val old;

	key_init(&key, NETWORK_NONE, KEY_RANKS);
	key_text(&key, from);
	if (txn_get(t, &key, &old) != 0 || old.mv_size != row->len ||
	    memcmp(old.mv_data, row->buf, row->len) != 0)
		txn_put(t, &key, row->buf, row->len);
	return t->err;
}

/* Rows of regions that are gone. */
static void
drop_rows(struct store_txn *t)
{
	struct store_key row, region;
	MDB_val k, v;
	int rc;

	key_init(&row, NETWORK_NONE, KEY_RANKS);
	k = key_val(&row);
	rc = guard_get(t->cursor, &k, &v, MDB_SET_RANGE);
	while (rc == 0 && val_begins(&k, &row)) {
		struct wire_in id = key_rest(&k);

		key_init(&region, NETWORK_NONE, KEY_REGION);
		key_bytes(&region, id.buf, id.len);
		if (txn_get(t, &region, &v) == MDB_NOTFOUND)
			txn_delete_at(t, &k);
		rc = guard_get(t->cursor, &k, &v, MDB_NEXT);
	}
}

/* Gone ones first: an end of a distance that is no region comes again. */
void
rank_write(struct store_txn *t)
{
	enum err err;

	if (t->err != E_OK)
		return;
	drop_rows(t);
	err = rank_each(t->txn, t->store->env->dbi, write_row, t);
	if (t->err == E_OK)
		t->err = err;
}
