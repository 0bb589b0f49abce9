/*
 * region.c - see region.h.
 */
#include "region.h"

#include <string.h>
#include <sys/queue.h>

#include "base/hash.h"
#include "zones/store/write/facts.h"

#define SLOTS 1024 /* a fleet has no more */

struct feed_region {
	struct feed_region *beside; /* in its slot */
	STAILQ_ENTRY(feed_region) next;
	const char *id, *title; /* of the first that named it */
	struct feed_where where;
	bool deleted, there;
	const char *user; /* who is in it, where it was deleted */
};

struct feed_regions {
	STAILQ_HEAD(, feed_region) all; /* as they were named */
	struct feed_region *slot[SLOTS];
};

/* Where it is, or belongs. */
static struct feed_region **
region_at(struct feed *f, const char *id)
{
	struct feed_region **at =
	    &f->regions->slot[hash_bytes(id, strlen(id)) % SLOTS];

	while (*at != NULL && strcmp((*at)->id, id) != 0)
		at = &(*at)->beside;
	return at;
}

void
feed_region_note(struct feed *f, const struct fact *fact,
    const struct feed_where *where, bool deleted)
{
	const char *id = fact->kind == FACT_REGION ? fact->id : fact->region;
	struct arena *a = &f->cursors_memory;
	char title[FACT_TITLE];
	struct feed_region *r, **at;

	if (id == NULL || (fact->kind == FACT_REGION) != deleted)
		return;
	if (f->regions == NULL) {
		f->regions = arena_take(a, sizeof(*f->regions));
		STAILQ_INIT(&f->regions->all);
	}
	at = region_at(f, id);
	if (*at != NULL)
		return;
	*at = r = arena_take(a, sizeof(*r));
	*r = (struct feed_region){ .id = arena_text(a, id),
		.title = arena_text(a, fact_title(fact, title)),
		.where = { arena_text(a, where->name), where->line },
		.deleted = deleted };
	STAILQ_INSERT_TAIL(&f->regions->all, r, next);
}

static bool
region_see(void *arg, const struct fact *fact, bool implied)
{
	struct feed_region *r = *region_at(arg, fact->id);

	(void)implied;
	if (r != NULL)
		r->there = true;
	return true;
}

static bool
user_see(void *arg, const struct fact *fact, bool implied)
{
	struct feed *f = arg;
	struct feed_region *r =
	    fact->region == NULL ? NULL : *region_at(f, fact->region);
	char title[FACT_TITLE];

	(void)implied;
	if (r != NULL && r->user == NULL)
		r->user =
		    arena_text(&f->cursors_memory, fact_title(fact, title));
	return true;
}

/* Who is in those that were deleted. */
static enum err
users_find(struct feed *f)
{
	static const enum fact_kind kinds[] = { FACT_INSTANCE, FACT_PEER,
		FACT_GATEWAY };
	const struct feed_region *r;
	enum err err = E_OK;
	bool any = false;

	STAILQ_FOREACH(r, &f->regions->all, next)
	any |= r->deleted && !r->there;
	for (size_t i = 0; any && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (err == E_OK)
			err = store_facts(f->txn, kinds[i], NULL, user_see, f);
	return err;
}

enum err
feed_regions_tell(struct feed *f)
{
	const struct feed_region *r;
	char text[FACT_TITLE + 64];
	enum err err;

	if (f->regions == NULL)
		return E_OK;
	err = store_facts(f->txn, FACT_REGION, NULL, region_see, f);
	if (err == E_OK)
		err = users_find(f);
	STAILQ_FOREACH(r, &f->regions->all, next)
	{
		if (err != E_OK || r->there || (r->deleted && r->user == NULL))
			continue;
		if (r->deleted)
			(void)snprintf(text, sizeof(text),
			    "there is none any more, and %s is in it", r->user);
		else
			(void)snprintf(text, sizeof(text),
			    "region: there is no such region: \"%s\"", r->id);
		f->report->warning(f->report->arg, &r->where, r->title, text);
	}
	return err;
}
