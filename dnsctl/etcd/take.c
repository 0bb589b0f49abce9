/*
 * take.c - keys and values of etcd as lines of a feed.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "dnsctl/etcd/key.h"
#include "impl.h"
#include "zones/facts/check.h"

static enum etcd_outcome
outcome_of(struct etcd *e, enum err err)
{
	e->err = err;
	if (err == E_INPUT) {
		e->refused = true;
		(void)snprintf(
		    e->wrong, sizeof(e->wrong), "its snapshot is refused");
		return ETCD_FAILED;
	}
	return err == E_OK ? ETCD_OK : ETCD_STORE;
}

static enum err
kv_value_read(
    struct etcd *e, struct fact *f, const json_t *kv, struct complaint *why)
{
	size_t len;
	const char *value = etcd_octets(&e->memory, kv, "value", &len);
	json_error_t wrong;
	json_t *object;
	enum err err;

	if (value == NULL)
		return complain(why, "value", "must be base64", "");
	object = json_loadb(value, len, JSON_REJECT_DUPLICATES, &wrong);
	if (!json_is_object(object)) {
		json_decref(object);
		return complain(why, "", "must be a JSON object", value);
	}
	err = fact_json_read(f, &e->memory, object, NULL, why);
	json_decref(object);
	return err;
}

static enum err
complain_key(struct complaint *why)
{
	char rule[sizeof(why->rule)], kinds[FACT_KINDS_TEXT];

	(void)snprintf(rule, sizeof(rule), "must be a key of %s",
	    fact_kinds_text(true, kinds));
	return complain(why, "", rule, "");
}

static enum err
kv_read(struct etcd *e, struct feed_line *line, const char *key,
    const json_t *kv, struct complaint *why)
{
	if (!etcd_key_read(&line->fact, &e->memory, e->options->prefix, key))
		return complain_key(why);
	line->named = true;
	line->fact.age = (uint64_t)etcd_number(kv, "mod_revision");
	return line->verb == FEED_PUT ? kv_value_read(e, &line->fact, kv, why)
				      : fact_check_key(&line->fact, why);
}

/* A key that no fact can have is not one's that a snapshot lacks. */
static enum err
complained(struct etcd *e, struct feed_line *line,
    const struct feed_where *where, const struct complaint *why)
{
	struct complaint of_key;

	if (!line->named || fact_check_key(&line->fact, &of_key) != E_OK)
		return feed_complain(&e->feed, where, line, why);
	line->verb = FEED_KEEP;
	line->why = why;
	return feed_take(&e->feed, line, where);
}

/* Of no network, or of those that this node needs. */
static bool
is_needed(const struct etcd *e, const struct fact *f)
{
	const char *networks =
	    e->options->networks == NULL ? NULL : e->options->networks->list;

	return f->network == NULL ||
	    (networks_hold(networks, f->network, strlen(f->network)) &&
		(f->kind != FACT_EXPORT ||
		    networks_hold(networks, f->to, strlen(f->to))));
}

/* A key that was bad when it came is not told once more when it goes. */
enum etcd_outcome
etcd_take(struct etcd *e, const json_t *kv, bool deleted)
{
	struct feed_line line = { .verb = deleted ? FEED_WITHDRAW : FEED_PUT };
	struct feed_where where = { "", 0 };
	struct complaint why;
	const char *key;
	size_t len;
	enum err err;

	arena_reset(&e->memory);
	key = etcd_octets(&e->memory, kv, "key", &len);
	if (key == NULL || strlen(key) != len)
		key = "a key that is no text";
	where.name = key;
	err = kv_read(e, &line, key, kv, &why);
	if (line.named && !is_needed(e, &line.fact))
		return ETCD_OK;
	if (err == E_OK)
		err = feed_take(&e->feed, &line, &where);
	else if (deleted)
		return ETCD_OK;
	else
		err = complained(e, &line, &where, &why);
	return outcome_of(e, err);
}

enum etcd_outcome
etcd_take_gone(struct etcd *e, const char *id, size_t len)
{
	const struct feed_where where = { e->source, 0 };
	struct feed_line line = { .verb = FEED_DELETE };

	arena_reset(&e->memory);
	line.fact.network = arena_copy(&e->memory, id, len);
	return outcome_of(e, feed_take(&e->feed, &line, &where));
}

enum etcd_outcome
etcd_take_verb(struct etcd *e, enum feed_verb verb)
{
	const struct feed_line line = { .verb = verb };
	const struct feed_where where = { e->source, 0 };

	return outcome_of(e, feed_take(&e->feed, &line, &where));
}

enum etcd_outcome
etcd_mark(struct etcd *e, int64_t revision)
{
	const struct feed_where where = { e->source, 0 };
	struct feed_line line = { .verb = FEED_COMMIT };
	char cursor[64];

	(void)snprintf(
	    cursor, sizeof(cursor), "%s/%lld", e->cluster, (long long)revision);
	line.cursor = cursor;
	e->revision = revision;
	return outcome_of(e, feed_take(&e->feed, &line, &where));
}

enum etcd_outcome
etcd_store(struct etcd *e)
{
	if (e->feed.txn == NULL)
		return ETCD_OK;
	e->err = feed_store(&e->feed);
	if (e->err != E_OK)
		return ETCD_STORE;
	e->refused = false;
	e->stored = e->revision;
	e->heard_stored_ms = clock_ms(CLOCK_MONOTONIC);
	return ETCD_OK;
}

void
etcd_abort(struct etcd *e)
{
	feed_abort(&e->feed);
	e->revision = e->stored;
}

enum etcd_outcome
etcd_lost(struct etcd *e)
{
	e->stored = 0;
	etcd_abort(e);
	return ETCD_LOST;
}
