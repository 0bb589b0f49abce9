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

static uint64_t
tick_at(int64_t us)
{
	return (uint64_t)(us / TICK_US);
}

void
wheel_init(struct forward *f)
{
	for (unsigned i = 0; i < WHEEL_SLOTS; i++)
		TAILQ_INIT(&f->slots[i]);
}

static struct slot_list *
slot_of(struct forward *f, uint64_t tick)
{
	return &f->slots[tick % WHEEL_SLOTS];
}

void
wheel_unset(struct forward *f, struct pending *p)
{
	if (p->due_tick == WHEEL_NONE)
		return;
	TAILQ_REMOVE(slot_of(f, p->due_tick), p, in_slot);
	p->due_tick = WHEEL_NONE;
}

/* Not before DUE_US, and always after the tick that is being served. */
void
wheel_set(struct forward *f, struct pending *p, int64_t due_us)
{
	uint64_t tick = tick_at(due_us) + 1;

	wheel_unset(f, p);
	if (!f->ticking) {
		f->ticking = true;
		f->tick = tick_at(forward_now(f));
		f->carrier->ticks(f->carrier, true);
	}
	if (tick <= f->tick)
		tick = f->tick + 1;
	if (tick >= f->tick + WHEEL_SLOTS)
		tick = f->tick + WHEEL_SLOTS - 1;
	p->due_tick = tick;
	TAILQ_INSERT_TAIL(slot_of(f, tick), p, in_slot);
}

struct pending *
wheel_due(struct forward *f)
{
	uint64_t now = tick_at(forward_now(f));
	struct pending *p;

	for (; f->tick <= now; f->tick++) {
		p = TAILQ_FIRST(slot_of(f, f->tick));
		if (p != NULL && p->due_tick == f->tick) {
			wheel_unset(f, p);
			return p;
		}
		if (f->tick == now)
			break;
	}
	return NULL;
}
