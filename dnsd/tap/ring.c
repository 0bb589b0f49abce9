/*
 * ring.c - see impl.h.
 */
#include "impl.h"

#define ALIGN 8

/* SIZE octets with itself; MESSAGE's packet stands behind it. */
struct record {
	size_t size; /* RING_END: the next one is at the start */
	struct tap_message message;
};

#define RING_END SIZE_MAX

static struct record *
record_at(struct ring *r, size_t at)
{
	return (struct record *)(void *)(r->bytes + at % RING_SIZE);
}

void
ring_put(struct ring *r, const struct tap_message *m)
{
	size_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
	size_t tail = atomic_load_explicit(&r->tail, memory_order_acquire);
	size_t size =
	    (sizeof(struct record) + m->len + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	size_t left = RING_SIZE - head % RING_SIZE;
	size_t skipped = left < size ? left : 0;
	struct record *record;

	if (skipped + size > RING_SIZE - (head - tail)) {
		atomic_fetch_add_explicit(&r->lost, 1, memory_order_relaxed);
		return;
	}
	if (skipped > 0)
		record_at(r, head)->size = RING_END;
	record = record_at(r, head + skipped);
	record->size = size;
	record->message = *m;
	memcpy(record + 1, m->pkt, m->len);
	atomic_store_explicit(
	    &r->head, head + skipped + size, memory_order_release);
}

bool
ring_first(struct ring *r, struct tap_message *m)
{
	size_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
	size_t head = atomic_load_explicit(&r->head, memory_order_acquire);
	const struct record *record = record_at(r, tail);

	if (tail == head)
		return false;
	if (record->size == RING_END) {
		tail += RING_SIZE - tail % RING_SIZE;
		atomic_store_explicit(&r->tail, tail, memory_order_release);
		record = record_at(r, tail);
	}
	*m = record->message;
	m->pkt = (const uint8_t *)(record + 1);
	return true;
}

void
ring_next(struct ring *r)
{
	size_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);

	atomic_store_explicit(
	    &r->tail, tail + record_at(r, tail)->size, memory_order_release);
}
