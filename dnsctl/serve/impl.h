/*
 * impl.h - what the sources of serve share.
 *
 *	http.c -> guard.c      may it be answered at all?
 *	       -> a route: metrics.c, ready.c, api.c, explain_api.c, assets
 *	            -> state.c       servers' reports, the store
 *
 * One thread answers all, one request after the other.
 */
#ifndef DNSCTL_SERVE_IMPL_H
#define DNSCTL_SERVE_IMPL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "dnsctl/control/control.h"
#include "dnsctl/serve/serve.h"
#include "zones/facts/fact.h"
#include "zones/store/write/readers.h"

#define SERVERS_MAX 16
#define TOKEN_MAX   256

/* A server of this host, as it was when it was last asked. */
struct seen {
	char *path;     /* of its control socket */
	json_t *report; /* NULL: see why */
	char why[CONTROL_WHY];
	int64_t asked_ms; /* monotonic; 0: never */
};

/* What walking all facts tells; see state_census(). */
struct census {
	uint64_t commits;          /* the store's, when it was taken */
	int64_t taken_ms, took_ms; /* monotonic */
	uint64_t facts[FACT_KINDS];
	json_t *instances;                /* by region */
	uint64_t leases_hour, leases_day; /* peers that end within */
};

struct serve {
	const struct serve_options *o;
	char token[TOKEN_MAX]; /* "": none is asked for */
	struct seen servers[SERVERS_MAX];
	unsigned server_count;
	struct store *store;
	struct snapshot *snapshot;
	enum err store_err; /* of the last refresh */
	struct store_meta meta;
	struct store_usage usage;
	struct census census;
};

/* --- guard.c: pure; NULL is a header that was not sent */

/* HOST is an address, localhost or NAME; a port behind it does not matter. */
bool guard_host(const char *host, const char *name);
/* No other site's script asks. */
bool guard_origin(const char *origin, const char *site, const char *host);
/* "Bearer TOKEN", in the same time whatever is wrong. */
bool guard_token(const char *authorization, const char *token);

/* --- state.c */

enum err state_open(struct serve *, const struct serve_options *) MUST_CHECK;
void state_close(struct serve *);

/* Anew where what is known is older than half a second. */
void state_ask_servers(struct serve *);

/*
 * The store at its last commit, with meta and usage; until state_rest().
 * False: store_err says why not.
 */
bool state_look(struct serve *) MUST_CHECK;
void state_rest(struct serve *);

/*
 * While the store is looked at: all facts counted, after a commit, but so
 * seldom that it takes no more than a tenth of the time.
 */
const struct census *state_census(struct serve *);

/* Seconds since the source was heard of, or else since the last commit. */
double state_age(const struct serve *);

/* --- what a request is and how it is answered */

struct request {
	void *connection; /* the library's */
	const char *path;
	bool openmetrics; /* is what the asker prefers */
};

/* request.c: the value of an argument, or NULL. */
const char *request_arg(const struct request *, const char *name);

/* OUT is the body, of TYPE; returns the status. */
typedef unsigned answer_fn(struct serve *, const struct request *, FILE *out);

answer_fn metrics_answer;
answer_fn ready_answer;
answer_fn api_node, api_facts, api_map, api_explain;

#endif
