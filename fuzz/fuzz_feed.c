/*
 * fuzz_feed.c - lines of a feed in sequence, against a model.
 *
 * Octets choose lines over a few names.  The model has the rules of
 * docs/feed.md in some lines; whenever all that is whole was stored, the
 * store holds the model's facts and stands at the model's cursor; at the end
 * each summary fits them.
 */
#include "zones/feed/follow.h"

#include "store_alone.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define NETWORKS 2
#define APPS     2
#define IDS      2
#define EVERY    NETWORKS /* a snapshot of all */

/* More than it takes to have all of it, and few enough to try many. */
#define STEPS_MAX 24

/* 0: not there; else what its fields say, from 1. */
struct facts {
	uint8_t network[NETWORKS];
	uint8_t app[NETWORKS][APPS];
	uint8_t instance[NETWORKS][APPS][IDS];
	uint8_t peer[NETWORKS];
};

struct model {
	struct facts has, stored; /* the source, and of that the store */
	bool in_snapshot;
	unsigned scope;
	unsigned commits; /* the cursor */
};

/* One step: which line, about what. */
struct step {
	unsigned what, network, app, id;
	uint8_t fields; /* 1 to 3 */
};

static unsigned acknowledged;

/* --- the model */

/* All that is in it, and itself where a snapshot of it would not have it. */
static void
network_drop(struct facts *f, unsigned network, bool itself)
{
	if (itself)
		f->network[network] = 0;
	memset(f->app[network], 0, sizeof(f->app[network]));
	memset(f->instance[network], 0, sizeof(f->instance[network]));
	f->peer[network] = 0;
}

static void
model_put(struct model *m, const struct step *s)
{
	struct facts *f = &m->has;

	if (m->in_snapshot && m->scope != EVERY && m->scope != s->network)
		return;
	switch (s->what) {
	case 0:
		f->network[s->network] = s->fields;
		break;
	case 1:
		f->app[s->network][s->app] = s->fields;
		break;
	case 2:
		f->instance[s->network][s->app][s->id] = s->fields;
		break;
	default:
		f->peer[s->network] = s->fields;
		break;
	}
}

static void
model_delete(struct model *m, const struct step *s)
{
	if (m->in_snapshot)
		return;
	switch (s->fields) {
	case 1:
		m->has.app[s->network][s->app] = 0;
		memset(m->has.instance[s->network][s->app], 0, IDS);
		break;
	case 2:
		m->has.instance[s->network][s->app][s->id] = 0;
		break;
	default:
		if (s->id == 0)
			network_drop(&m->has, s->network, true);
		else
			m->has.peer[s->network] = 0;
		break;
	}
}

/* What is in a network waits for it, in whatever order they come. */
static void
model_commit(struct model *m)
{
	if (m->in_snapshot)
		return;
	m->commits++;
	m->stored = m->has;
	for (unsigned n = 0; n < NETWORKS; n++)
		if (m->has.network[n] == 0)
			network_drop(&m->stored, n, true);
}

/* It says all anew; but one network's own fact stays. */
static void
model_begin(struct model *m, const struct step *s)
{
	if (m->in_snapshot)
		return;
	m->in_snapshot = true;
	m->scope = s->fields == 1 ? EVERY : s->network;
	for (unsigned n = 0; n < NETWORKS; n++)
		if (m->scope == EVERY || m->scope == n)
			network_drop(&m->has, n, m->scope == EVERY);
}

static void
model_end(struct model *m)
{
	if (!m->in_snapshot)
		return;
	m->in_snapshot = false;
	model_commit(m);
}

/* --- the same as lines */

static int
put_line(char *out, size_t size, const struct step *s)
{
	unsigned n = s->network, a = s->app, i = s->id, v = s->fields;

	switch (s->what) {
	case 0:
		return snprintf(out, size,
		    "{\"put\":\"network\",\"id\":\"n%u\",\"prefixes\":"
		    "[\"fd0%u::/16\"],\"ttl\":%u}",
		    n, n, v + 10);
	case 1:
		return snprintf(out, size,
		    "{\"put\":\"app\",\"network\":\"n%u\",\"name\":\"a%u\","
		    "\"domain\":\"d%u\"}",
		    n, a, v);
	case 2: /* some share an address; some change region, group, state */
		return snprintf(out, size,
		    "{\"put\":\"instance\",\"network\":\"n%u\",\"app\":\"a%u\","
		    "\"id\":\"i%u\",\"region\":\"r%u\",\"addresses\":"
		    "[\"fd0%u::%u\",\"fd0%u::1%u%u\"],\"group\":\"g%u\","
		    "\"name\":\"s%u\",\"metadata\":{\"k\":\"v%u\"},"
		    "\"state\":\"%s\"}",
		    n, a, i, v, n, v, n, a, i, v, v, v,
		    v == 2 ? "stopped" : "started");
	default:
		return snprintf(out, size,
		    "{\"put\":\"peer\",\"network\":\"n%u\",\"name\":\"p\","
		    "\"addresses\":[\"fd0%u::%u\"]}",
		    n, n, v);
	}
}

static int
delete_line(char *out, size_t size, const struct step *s)
{
	static const char start[] = "{\"delete\":";

	if (s->fields == 1)
		return snprintf(out, size,
		    "%s\"app\",\"network\":\"n%u\",\"name\":\"a%u\"}", start,
		    s->network, s->app);
	if (s->fields == 2)
		return snprintf(out, size,
		    "%s\"instance\",\"network\":\"n%u\",\"app\":\"a%u\","
		    "\"id\":\"i%u\"}",
		    start, s->network, s->app, s->id);
	if (s->id == 0)
		return snprintf(out, size, "%s\"network\",\"id\":\"n%u\"}",
		    start, s->network);
	return snprintf(out, size,
	    "%s\"peer\",\"network\":\"n%u\",\"name\":\"p\"}", start,
	    s->network);
}

static int
begin_line(char *out, size_t size, const struct step *s)
{
	if (s->fields == 1)
		return snprintf(out, size, "{\"snapshot\":\"begin\"}");
	return snprintf(out, size,
	    "{\"snapshot\":\"begin\",\"network\":\"n%u\"}", s->network);
}

/* --- what the store holds, in the model's form */

static uint8_t
digit(const char *text)
{
	return (uint8_t)(text[1] - '0');
}

static bool
collect(void *arg, const struct fact *f, bool implied)
{
	struct facts *found = arg;
	unsigned n = f->network == NULL ? 0 : digit(f->network);

	if (implied)
		return true;
	switch (f->kind) {
	case FACT_NETWORK:
		found->network[n] = (uint8_t)(f->ttl - 10);
		break;
	case FACT_APP:
		found->app[n][digit(f->app)] = digit(f->domain);
		break;
	case FACT_INSTANCE:
		found->instance[n][digit(f->app)][digit(f->id)] =
		    digit(f->group);
		break;
	case FACT_PEER:
		found->peer[n] = f->addresses[0].ip[15];
		break;
	case FACT_GATEWAY:
	case FACT_ALIAS:
	case FACT_EXPORT:
	case FACT_ZONE:
	case FACT_RECORD:
	case FACT_REGION:
	case FACT_DISTANCE:
	case FACT_KINDS:
		abort(); /* nobody put one */
	}
	return true;
}

static void
finding(void *arg, bool damage, const char *line)
{
	(void)arg;
	if (damage)
		(void)fprintf(stderr, "damage: %s\n", line);
	assert(!damage);
}

/* WHOLE: and its summaries, which an input that ends here has looked at. */
static void
check_store(const struct model *m, bool whole)
{
	struct facts found;
	struct store_meta meta;

	memset(&found, 0, sizeof(found));
	assert(acknowledged == m->commits);
	assert(snapshot_refresh(alone.snapshot) == E_OK);
	for (int kind = 0; kind < FACT_KINDS; kind++)
		assert(snapshot_facts(alone.snapshot, (enum fact_kind)kind,
			   NULL, collect, &found) == E_OK);
	assert(memcmp(&found, &m->stored, sizeof(found)) == 0);
	assert(snapshot_meta(alone.snapshot, &meta) == E_OK);
	assert((unsigned)strtoul(meta.cursor, NULL, 10) == m->commits);
	assert(!whole ||
	    snapshot_check(alone.snapshot,
		&(struct check_report){ .finding = finding }) == E_OK);
	snapshot_rest(alone.snapshot);
}

/* --- both, step by step */

static void
bad_ignore(void *arg, const struct feed_where *where, const char *title,
    const struct complaint *why)
{
	(void)arg;
	(void)where;
	(void)title;
	assert(why->rule[0] != '\0');
}

static void
warning_ignore(void *arg, const struct feed_where *where, const char *title,
    const char *other)
{
	(void)arg;
	(void)where;
	assert(strcmp(title, other) != 0);
}

/* Each is acknowledged once, in its order. */
static void
committed(
    void *arg, const char *cursor, const struct feed_left *left, uint64_t more)
{
	(void)arg;
	(void)left;
	(void)more;
	assert(strtoul(cursor, NULL, 10) == ++acknowledged);
}

static int
step_line(char *out, size_t size, struct model *m, const struct step *s)
{
	switch (s->what) {
	case 4:
		model_delete(m, s);
		return delete_line(out, size, s);
	case 5:
		model_commit(m);
		return snprintf(out, size, "{\"commit\":\"%u\"}", m->commits);
	case 6:
		model_begin(m, s);
		return begin_line(out, size, s);
	case 7:
		model_end(m);
		return snprintf(out, size,
		    "{\"snapshot\":\"end\",\"commit\":\"%u\"}", m->commits);
	default:
		model_put(m, s);
		return put_line(out, size, s);
	}
}

static void
step_take(struct feed_follow *feed, struct model *m, const struct step *s)
{
	char line[512];
	int len = step_line(line, sizeof(line), m, s);

	assert(len > 0 && (size_t)len < sizeof(line));
	assert(feed_follow_line(feed, line, (size_t)len) == E_OK);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct feed_report report = { .bad = bad_ignore,
		.warning = warning_ignore,
		.committed = committed };
	struct feed_follow *feed;
	struct model m;

	alone_begin("");
	acknowledged = 0;
	memset(&m, 0, sizeof(m));
	if (feed_follow_open(&feed, alone.writer, &report, "fuzz", true) !=
	    E_OK)
		abort();
	if (size > STEPS_MAX * 2)
		size = STEPS_MAX * 2;
	for (; size >= 2; data += 2, size -= 2) {
		const struct step s = { data[0] % 8, data[1] & 1,
			data[1] >> 1 & 1, data[1] >> 2 & 1,
			(uint8_t)(1 + (data[1] >> 3) % 3) };

		step_take(feed, &m, &s);
		if (data[1] < 0x80)
			continue;
		assert(feed_follow_rest(feed) == E_OK);
		if (!m.in_snapshot)
			check_store(&m, false);
	}
	assert(feed_follow_end(feed) == E_OK);
	check_store(&m, true);
	feed_follow_close(feed);
	return 0;
}
