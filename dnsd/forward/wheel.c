/*
 * wheel.c - the time, and who is due when: a slot for each tick.
 *
 * To set, move and unset costs the same for one question as for many, and
 * there is one timer for all, only while one waits.
 */
#include "impl.h"

static_assert(GIVE_UP_US / TICK_US + 1 < WHEEL_SLOTS,
    "a question is due within one turn of the wheel");

int64_t
forward_now(struct forward *f)
{
	if (!f->now_known) {
		f->now_us = f->carrier->now_us(f->carrier);
		f->now_known = true;
	}
	return f->now_us;
}

void
wheel_unset(struct pending *p)
{
	if (p->is_set)
		LIST_REMOVE(p, in_slot);
	p->is_set = false;
}

/* Not before DUE_US, and always after the tick that is being served. */
void
wheel_set(struct forward *f, struct pending *p, int64_t due_us)
{
	uint64_t tick = (uint64_t)(due_us / TICK_US) + 1;

	wheel_unset(p);
	if (!f->ticking) {
		f->ticking = true;
		f->tick = (uint64_t)(forward_now(f) / TICK_US);
		f->carrier->ticks(f->carrier, true);
	}
	if (tick <= f->tick)
		tick = f->tick + 1;
	if (tick >= f->tick + WHEEL_SLOTS)
		tick = f->tick + WHEEL_SLOTS - 1;
	p->is_set = true;
	LIST_INSERT_HEAD(&f->slots[tick % WHEEL_SLOTS], p, in_slot);
}

struct pending *
wheel_due(struct forward *f)
{
	uint64_t now = (uint64_t)(forward_now(f) / TICK_US);
	struct pending *p;

	while ((p = LIST_FIRST(&f->slots[f->tick % WHEEL_SLOTS])) == NULL &&
	    f->tick < now)
		f->tick++;
	if (p != NULL)
		wheel_unset(p);
	return p;
}
