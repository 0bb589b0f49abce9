/*
 * finish.c - the end of a question: cache, and a reply for each.
 */
#include "impl.h"

#define FAILED_TTL 1 /* seconds; RFC 9520, 3.2 wants at least that */

/* Whose questions end so, and who was asked; now and then. */
static void
failure_log(struct forward *f, const struct pending *p, const char *why)
{
	char text[DNAME_TEXT], asked[4 * UPSTREAM_TITLE] = "nobody";
	unsigned more;
	size_t len = 0;

	if (p->set == NULL || SLIST_EMPTY(&p->askers) ||
	    !log_may(&f->failure_log, &more))
		return;
	for (unsigned i = 0; i < p->set->count && len < 2 * UPSTREAM_TITLE; i++)
		if ((p->tried & 1U << i) != 0)
			len += (size_t)snprintf(asked + len,
			    sizeof(asked) - len, "%s%s", len == 0 ? "" : ", ",
			    p->set->upstream[i].title);
	log_event(LOG_LEVEL_WARN, "servfail", p->set->zone,
	    "forward: %s, type %u, gets SERVFAIL: %s; zone %s, asked: %s (%u "
	    "more since the last such line)",
	    dname_text(&p->name, text), p->key.qtype, why, p->set->zone, asked,
	    more);
}

/* Each is counted at COUNTER, by what the answer is from. */
static void
askers_reply(struct forward *f, struct pending *p, const struct answer *answer,
    uint64_t *counter)
{
	struct asker *asker;

	while ((asker = asker_pop(p)) != NULL) {
		asker->counter = counter;
		follow(f, asker, p->set, &p->name, answer);
	}
}

void
finish(struct forward *f, struct pending *p, const struct answer *answer)
{
	cache_put(f->options.cache, &p->key, forward_now(f) / 1000, answer);
	if (answer->rcode == RCODE_SERVFAIL)
		failure_log(f, p, "that is what an upstream says");
	askers_reply(f, p, answer,
	    answer->rcode == RCODE_SERVFAIL ? &f->counters.failed
					    : &f->counters.answered);
	pending_free(f, p);
}

void
finish_stale(struct forward *f, struct pending *p)
{
	const struct cache_space space = space_for(f, &p->name);
	struct cache_hit hit;

	p->stale = false;
	if (SLIST_EMPTY(&p->askers))
		return;
	if (cache_get(f->options.cache, &p->key, forward_now(f) / 1000, &space,
		&hit) == CACHE_NONE)
		return; /* pushed out meanwhile */
	answer_explain_stale(&hit.answer);
	askers_reply(f, p, &hit.answer, &f->counters.stale);
}

/* RFC 8914, 4.23 and 4.24. */
static enum dns_ede
why_failed(const struct pending *p)
{
	for (unsigned i = 0; i < p->tries; i++)
		if (!p->attempt[i].lost)
			return EDE_NO_AUTHORITY;
	return p->tries > 0 ? EDE_NETWORK_ERROR : EDE_NO_AUTHORITY;
}

void
finish_failed(struct forward *f, struct pending *p)
{
	enum dns_ede why = why_failed(p);
	uint8_t ede[ANSWER_EDE_MAX];
	struct answer answer = {
		.rcode = RCODE_SERVFAIL, .ede = ede, .ttl = FAILED_TTL
	};

	answer_explain(&answer, why);
	if (p->probe == NULL)
		cache_put(
		    f->options.cache, &p->key, forward_now(f) / 1000, &answer);
	if (p->stale)
		finish_stale(f, p);
	if (!SLIST_EMPTY(&p->askers)) {
		failure_log(f, p,
		    why == EDE_NETWORK_ERROR
			? "no upstream can be reached"
			: "no upstream has answered in time");
		askers_reply(f, p, &answer, &f->counters.failed);
	}
	pending_free(f, p);
}
