/*
 * run.c - instances of a large app, by where they stand in it.
 *
 * In a region those stand together who answer a question, and the app's head
 * says how many there are: so they are a place and a number, and which of
 * them comes first is drawn without a look at any.
 */
#include "impl.h"

#include "zones/store/read/brief.h"

/* Of one region that begins at FIRST. */
static struct run
run_of(const struct reply *r, const struct tally *t, uint32_t first,
    enum tier tier)
{
	const struct tally_of *of = &t->tier[tier];

	for (enum tier better = TIER_WELL; better < tier; better++)
		first += t->tier[better].instances;
	if (r->is_service)
		return (struct run){ .first = first, .count = of->instances };
	if (r->address == 16)
		return (struct run){ .first = first, .count = of->six };
	if (r->address == 4)
		return (struct run){ .first = first + of->instances - of->four,
			.count = of->four };
	return (struct run){ .first = first };
}

unsigned
run_find(const struct reply *r, struct label region, enum tier tier)
{
	struct run *run = r->env->scratch->run;
	struct wire_in in = r->app.regions;
	uint32_t first = 0;
	unsigned count = 0;
	struct tally t;
	struct label l;

	while (tier != TIER_STOPPED && count < REGIONS_MAX &&
	    app_region(&in, &l, &t)) {
		run[count] = run_of(r, &t, first, tier);
		run[count].region = l;
		first += tally_all(&t);
		count += run[count].count > 0 &&
		    (region.at == NULL || label_same(l, region));
	}
	return count;
}

/* Draws one of all; which run it is in, and its place there. */
static bool
draw(struct reply *r, const struct run *run, unsigned count, unsigned *at,
    uint32_t *place)
{
	uint32_t all = 0;

	for (unsigned i = 0; i < count; i++)
		all += run[i].count;
	if (all == 0)
		return false;
	*place = rng_below(&r->env->rng, all);
	for (*at = 0; *place >= run[*at].count; ++*at)
		*place -= run[*at].count;
	return true;
}

bool
run_draw(struct reply *r, const struct run *run, unsigned count,
    struct instance *out)
{
	struct app app;
	uint32_t place;
	unsigned at;

	if (!draw(r, run, count, &at, &place))
		return false;
	app_seek(&r->app, run[at].first + place, &app);
	return app_instance(&app, out);
}

void
run_pick(struct picked *p, const struct run *run, unsigned count, unsigned want)
{
	struct app app = p->reply->app;
	uint32_t place, stands = 0;
	struct instance i;
	unsigned at;

	if (!draw(p->reply, run, count, &at, &place))
		return;
	for (unsigned n = 0; n <= count && p->count < want; n++) {
		struct run part = run[(at + n) % count];

		if (n == 0) {
			part.first += place;
			part.count -= place;
		} else if (n == count) {
			part.count = place;
		}
		if (part.count > 0 && stands != part.first)
			app_seek(&p->reply->app, part.first, &app);
		for (stands = part.first; part.count > 0 && p->count < want &&
		     app_instance(&app, &i);
		     part.count--, stands++)
			(void)pick_add(p, &i);
	}
}
