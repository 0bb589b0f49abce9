/*
 * state.c - what is known of the servers and of the store.
 */
#include "impl.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "zones/store/write/facts.h"

#define REPORT_MS 500 /* how old a report may be */
#define CENSUS_MS 60000

/* --- servers */

static enum err
servers_name(struct serve *s, const char *paths)
{
	while (*paths != '\0') {
		size_t len = strcspn(paths, ",");

		if (len > 0 && s->server_count == SERVERS_MAX) {
			log_error(
			    "--control: more than %d sockets", SERVERS_MAX);
			return E_INPUT;
		}
		if (len > 0)
			s->servers[s->server_count++].path =
			    strndup(paths, len);
		paths += len + (paths[len] != '\0');
	}
	return E_OK;
}

/* What the kernel knows of it, beside what it tells: proc(5). */
static void
process_add(json_t *report)
{
	json_int_t pid = json_integer_value(json_object_get(report, "pid"));
	unsigned long long utime = 0, stime = 0, pages = 0;
	char path[64], line[1024] = "";
	const char *name_end;
	FILE *in;

	(void)snprintf(path, sizeof(path), "/proc/%lld/stat", (long long)pid);
	in = fopen(path, "re");
	if (in == NULL)
		return;
	if (fgets(line, sizeof(line), in) != NULL &&
	    (name_end = strrchr(line, ')')) != NULL &&
	    sscanf(name_end,
		") %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu %llu "
		"%*s %*s %*s %*s %*s %*s %*s %*s %llu",
		&utime, &stime, &pages) == 3) {
		(void)json_object_set_new(report, "cpu",
		    json_real((double)(utime + stime) /
			(double)sysconf(_SC_CLK_TCK)));
		(void)json_object_set_new(report, "resident",
		    json_integer((json_int_t)pages * sysconf(_SC_PAGESIZE)));
	}
	(void)fclose(in);
}

void
state_ask_servers(struct serve *s)
{
	for (unsigned i = 0; i < s->server_count; i++) {
		struct seen *seen = &s->servers[i];

		if (seen->asked_ms != 0 &&
		    clock_ms(CLOCK_MONOTONIC) < seen->asked_ms + REPORT_MS)
			continue;
		json_decref(seen->report);
		seen->report = control_report(seen->path, seen->why);
		if (seen->report != NULL)
			process_add(seen->report);
		/* After it: one that hangs is not asked all the time. */
		seen->asked_ms = clock_ms(CLOCK_MONOTONIC);
	}
}

/* --- the store */

bool
state_look(struct serve *s)
{
	s->store_err = snapshot_refresh(s->snapshot);
	if (s->store_err == E_OK)
		s->store_err = snapshot_meta(s->snapshot, &s->meta);
	if (s->store_err == E_OK)
		s->store_err = snapshot_usage(s->snapshot, &s->usage);
	if (s->store_err != E_OK)
		snapshot_rest(s->snapshot);
	return s->store_err == E_OK;
}

void
state_rest(struct serve *s)
{
	snapshot_rest(s->snapshot);
}

double
state_age(const struct serve *s)
{
	int64_t last = s->meta.heard_ms > s->meta.committed_ms
	    ? s->meta.heard_ms
	    : s->meta.committed_ms;

	return (double)(clock_ms(CLOCK_REALTIME) - last) / 1000;
}

/* --- all facts */

static void
region_count(json_t *regions, const char *region)
{
	json_t *n = json_object_get(regions, region);

	if (n != NULL)
		(void)json_integer_set(n, json_integer_value(n) + 1);
	else
		(void)json_object_set_new(regions, region, json_integer(1));
}

static void
lease_count(struct census *c, int64_t expires)
{
	int64_t left = expires - clock_seconds(CLOCK_REALTIME);

	if (expires == 0 || left < 0)
		return;
	c->leases_hour += left < 3600;
	c->leases_day += left < 86400;
}

static bool
census_count(void *arg, const struct fact *f, bool implied)
{
	struct census *c = arg;

	c->facts[f->kind] += !implied;
	if (f->kind == FACT_INSTANCE && f->region != NULL)
		region_count(c->instances, f->region);
	if (f->kind == FACT_PEER)
		lease_count(c, f->expires);
	return true;
}

static void
census_take(struct serve *s)
{
	struct census *c = &s->census;
	enum err err = E_OK;

	json_decref(c->instances);
	*c = (struct census){ .commits = s->meta.commits,
		.instances = json_object(),
		.taken_ms = clock_ms(CLOCK_MONOTONIC) };
	for (int kind = 0; kind < FACT_KINDS && err == E_OK; kind++)
		err = snapshot_facts(
		    s->snapshot, (enum fact_kind)kind, NULL, census_count, c);
	if (err != E_OK)
		log_warn("store %s: facts cannot be counted: %s", s->o->store,
		    err_str(err));
	c->took_ms = clock_ms(CLOCK_MONOTONIC) - c->taken_ms;
}

const struct census *
state_census(struct serve *s)
{
	const struct census *c = &s->census;
	int64_t age = clock_ms(CLOCK_MONOTONIC) - c->taken_ms;

	/* Leases come nearer without a commit. */
	if (c->instances == NULL ||
	    (age > 10 * c->took_ms &&
		(c->commits != s->meta.commits || age > CENSUS_MS)))
		census_take(s);
	return c;
}

/* --- life */

static enum err
token_read(struct serve *s, const char *file)
{
	FILE *in = fopen(file, "re");
	bool read = in != NULL && fgets(s->token, TOKEN_MAX, in) != NULL;

	if (in != NULL)
		(void)fclose(in);
	s->token[strcspn(s->token, "\r\n")] = '\0';
	if (read && s->token[0] != '\0')
		return E_OK;
	log_error("%s: its first line must be a token", file);
	return E_INPUT;
}

enum err
state_open(struct serve *s, const struct serve_options *o)
{
	enum err err = E_OK;

	memset(s, 0, sizeof(*s));
	s->o = o;
	if (o->token_file != NULL)
		err = token_read(s, o->token_file);
	if (err == E_OK)
		err = servers_name(s, o->controls);
	if (err == E_OK)
		err = store_open_reader(&s->store, o->store);
	if (err == E_OK)
		err = snapshot_open(s->store, &s->snapshot);
	if (err != E_OK && err != E_INPUT)
		log_error("store %s: %s", o->store, err_str(err));
	return err;
}

void
state_close(struct serve *s)
{
	for (unsigned i = 0; i < s->server_count; i++) {
		json_decref(s->servers[i].report);
		free(s->servers[i].path);
	}
	json_decref(s->census.instances);
	snapshot_close(s->snapshot);
	store_close(s->store);
}
