/*
 * tap.c - see tap.h.
 */
#include "dnsd/tap/tap.h"

#include <stdlib.h>

#include "base/hash.h"
#include "impl.h"

struct tap {
	atomic_uint wanted;
	unsigned workers, sample;
	struct ring *rings[TAP_FOR_COUNT_]; /* one a worker */
	struct sink *sink;                  /* NULL: no dnstap */
};

enum err
tap_open(struct tap **out, const struct config *c, struct store *store)
{
	struct tap *t = calloc(1, sizeof(*t));
	enum err err = E_OK;

	*out = NULL;
	if (t == NULL)
		return E_NOMEM;
	t->workers = c->workers;
	t->sample = c->dnstap_sample;
	for (int i = 0; i < TAP_FOR_COUNT_; i++) {
		t->rings[i] = calloc(c->workers, sizeof(struct ring));
		if (t->rings[i] == NULL)
			err = E_NOMEM;
	}
	if (err == E_OK && c->dnstap != NULL) {
		err = sink_open(&t->sink, c, store, t->rings[TAP_DNSTAP]);
		atomic_store(&t->wanted, 1U << TAP_DNSTAP);
	}
	if (err == E_OK)
		*out = t;
	else
		tap_close(t);
	return err;
}

enum err
tap_start(struct tap *t)
{
	return t->sink == NULL ? E_OK : sink_start(t->sink);
}

void
tap_close(struct tap *t)
{
	if (t == NULL)
		return;
	if (sink_close(t->sink))
		free(t->rings[TAP_DNSTAP]);
	free(t->rings[TAP_LOG]);
	free(t);
}

unsigned
tap_wanted(const struct tap *t)
{
	return atomic_load_explicit(&t->wanted, memory_order_relaxed);
}

/* A question and its reply together: they have asker and id in common. */
static bool
is_sampled(const struct tap *t, const struct tap_message *m)
{
	uint64_t hash = hash_bytes(m->asker.ip, sizeof(m->asker.ip));

	if (t->sample <= 1 || m->len < 2)
		return true;
	hash = hash_mix(hash, dns_get16(m->pkt));
	return hash % t->sample == 0;
}

void
tap_put(struct tap *t, unsigned worker, const struct tap_message *m)
{
	unsigned wanted = tap_wanted(t);

	if ((wanted & 1U << TAP_DNSTAP) != 0 && is_sampled(t, m))
		ring_put(&t->rings[TAP_DNSTAP][worker], m);
	if ((wanted & 1U << TAP_LOG) != 0 && m->kind == TAP_CLIENT_RESPONSE)
		ring_put(&t->rings[TAP_LOG][worker], m);
}

void
tap_log(struct tap *t, bool on)
{
	if (on)
		atomic_fetch_or(&t->wanted, 1U << TAP_LOG);
	else
		atomic_fetch_and(&t->wanted, ~(1U << TAP_LOG));
}

void
tap_log_each(struct tap *t, void (*each)(void *arg, const struct tap_message *),
    void *arg)
{
	struct tap_message m;

	for (unsigned i = 0; i < t->workers; i++)
		while (ring_first(&t->rings[TAP_LOG][i], &m)) {
			each(arg, &m);
			ring_next(&t->rings[TAP_LOG][i]);
		}
}

uint64_t
tap_lost(struct tap *t, enum tap_for which)
{
	uint64_t lost =
	    which == TAP_DNSTAP && t->sink != NULL ? sink_lost(t->sink) : 0;

	for (unsigned i = 0; i < t->workers; i++)
		lost += atomic_load(&t->rings[which][i].lost);
	return lost;
}
