/*
 * generation.c - see impl.h.
 */
#include "impl.h"

#include <errno.h>

#include "base/log.h"
#include "zones/store/read/store.h"

static const struct listen_sockets *
sockets_find(const struct listen_sockets *s, unsigned count,
    const struct config_listen *l)
{
	for (unsigned i = 0; i < count; i++)
		if (s[i].count > 0 && config_listen_is_same(s[i].listen, l))
			return &s[i];
	return NULL;
}

/* The first generation takes over what the service manager opened. */
static enum err
sockets_open(struct generation *g, const struct generation *old)
{
	const struct config *c = g->config;
	const struct listen_sockets *from = old == NULL ? NULL : old->o.sockets;
	unsigned count = old == NULL ? 0 : old->config->listen_count;
	struct listen_sockets *passed = NULL;
	enum err err = E_OK;

	g->o.sockets = calloc(c->listen_count, sizeof(*g->o.sockets));
	if (g->o.sockets == NULL)
		return E_NOMEM;
	if (old == NULL)
		err = listen_passed(&passed, c);
	if (passed != NULL) {
		from = passed;
		count = c->listen_count;
	}
	/* All before the first socket, which would be in the way. */
	for (unsigned i = 0; err == E_OK && i < c->listen_count; i++)
		if (old == NULL &&
		    sockets_find(from, count, &c->listen[i]) == NULL)
			err = listen_is_free(&c->listen[i]);
	for (unsigned i = 0; err == E_OK && i < c->listen_count; i++)
		err = listen_sockets_open(&g->o.sockets[i], &c->listen[i],
		    c->workers, sockets_find(from, count, &c->listen[i]));
	for (unsigned i = 0; passed != NULL && i < c->listen_count; i++)
		listen_sockets_close(&passed[i]);
	free(passed);
	return err;
}

static enum err
store_share(struct generation *g, const struct generation *old)
{
	enum err err = E_OK;

	if (old != NULL && strcmp(old->config->store, g->config->store) == 0)
		g->o.store = old->o.store;
	else
		err = store_open_reader(&g->o.store, g->config->store);
	if (err != E_OK)
		log_error("store %s cannot be opened: %s", g->config->store,
		    err_str(err));
	return err;
}

/* What is cached survives, as long as it may be as much. */
static enum err
cache_share(struct generation *g, const struct generation *old)
{
	uint64_t size = g->config->cache_size;
	enum err err;

	if (!g->config->forwards)
		return E_OK;
	if (old != NULL && old->o.cache != NULL &&
	    old->config->cache_size == size) {
		g->o.cache = old->o.cache;
		return E_OK;
	}
	err = cache_open(&g->o.cache, size);
	if (err != E_OK)
		log_error("cache of %llu octets cannot be had: %s",
		    (unsigned long long)size, err_str(err));
	return err;
}

static enum err
workers_open(struct generation *g)
{
	unsigned upstreams = config_upstream_count(g->config), listening = 0;
	enum err err;

	for (unsigned i = 0; i < g->config->listen_count; i++)
		listening += 2 * g->o.sockets[i].count;
	err = descriptors_divide(
	    &g->o.may, g->config, descriptors_raise(), listening);
	g->workers = calloc(g->config->workers, sizeof(*g->workers));
	g->o.dead = calloc(upstreams + 1, sizeof(*g->o.dead));
	if (g->workers == NULL || g->o.dead == NULL)
		return E_NOMEM;
	for (; err == E_OK && g->count < g->config->workers; g->count++) {
		g->o.index = g->count;
		err = worker_open(&g->workers[g->count], &g->o);
	}
	return err;
}

enum err
generation_open(struct generation **out, struct config *config,
    const struct generation *old, int news)
{
	struct generation *g = calloc(1, sizeof(*g));
	enum err err;

	*out = NULL;
	if (g == NULL) {
		config_free(config);
		return E_NOMEM;
	}
	g->config = config;
	g->o = (struct worker_options){ .config = config,
		.store_told = &g->store_told,
		.trace = &g->trace,
		.news = news };
	err = store_share(g, old);
	if (err == E_OK)
		err = cache_share(g, old);
	if (old != NULL)
		g->o.load = old->o.load;
	else if (err == E_OK)
		err = load_open(&g->o.load);
	if (err == E_OK)
		err = query_limit_open(
		    &g->o.limit, config->rate_limit, config->rate_slip);
	if (err == E_OK)
		err = query_limit_open(
		    &g->o.network_limit, config->network_limit, 0);
	if (err == E_OK)
		err = tap_open(&g->o.tap, g->config, g->o.store);
	if (err == E_OK)
		err = sockets_open(g, old);
	if (err == E_OK)
		err = workers_open(g);
	if (err != E_OK) {
		generation_close(g, old);
		return err;
	}
	*out = g;
	return E_OK;
}

/* Also those that were inherited, from a generation that may have steered. */
static void
sockets_steer(struct generation *g)
{
	unsigned workers = g->config->steer ? g->config->workers : 0;

	for (unsigned i = 0; i < g->config->listen_count; i++) {
		const struct listen_sockets *s = &g->o.sockets[i];
		char text[CONFIG_LISTEN_TEXT];

		if (s->count > 0 &&
		    (!steer_group(s->udp[0], workers) ||
			!steer_group(s->tcp[0], workers)))
			log_warn("%s: what comes there is not steered: %s",
			    config_listen_text(s->listen, text),
			    strerror(errno));
	}
}

enum err
generation_start(struct generation *g)
{
	enum err err = store_keep(g->o.store);

	if (err == E_OK)
		err = tap_start(g->o.tap);
	sockets_steer(g);
	for (unsigned i = 0; err == E_OK && i < g->count; i++)
		err = worker_start(g->workers[i]);
	return err;
}

void
generation_hand_on(struct generation *old, const struct generation *heir)
{
	if (old == NULL || old->o.sockets == NULL || heir == NULL)
		return;
	for (unsigned i = 0; i < old->config->listen_count; i++)
		old->o.sockets[i].handed_on =
		    sockets_find(heir->o.sockets, heir->config->listen_count,
			&old->config->listen[i]) != NULL;
}

void
generation_order(struct generation *g, enum worker_order order)
{
	for (unsigned i = 0; g != NULL && i < g->count; i++)
		if (g->workers[i] != NULL)
			worker_order(g->workers[i], order);
}

bool
generation_has_ended(const struct generation *g)
{
	for (unsigned i = 0; g != NULL && i < g->count; i++)
		if (!worker_has_ended(g->workers[i]))
			return false;
	return true;
}

bool
generation_has_reported(const struct generation *g)
{
	for (unsigned i = 0; g != NULL && i < g->count; i++)
		if (!worker_has_reported(g->workers[i]))
			return false;
	return true;
}

void
generation_sum(const struct generation *g, struct report *sum)
{
	for (unsigned i = 0; g != NULL && i < g->count; i++)
		report_add(sum, &worker_told(g->workers[i])->report);
}

void
generation_close(struct generation *g, const struct generation *heir)
{
	if (g == NULL)
		return;
	generation_hand_on(g, heir);
	generation_order(g, WORKER_HURRY);
	for (unsigned i = 0; i < g->count; i++)
		worker_close(g->workers[i]);
	free(g->workers);
	tap_close(g->o.tap);
	free(g->o.dead);
	query_limit_close(g->o.limit);
	query_limit_close(g->o.network_limit);
	for (unsigned i = 0;
	     g->o.sockets != NULL && i < g->config->listen_count; i++)
		listen_sockets_close(&g->o.sockets[i]);
	free(g->o.sockets);
	if (heir == NULL || heir->o.cache != g->o.cache)
		cache_close(g->o.cache);
	if (heir == NULL || heir->o.load != g->o.load)
		load_close(g->o.load);
	if (heir == NULL || heir->o.store != g->o.store)
		store_close(g->o.store);
	config_free(g->config);
	free(g);
}
