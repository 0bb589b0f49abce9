/*
 * impl.h - what the sources of the follower of etcd share.
 */
#ifndef DNSCTL_ETCD_IMPL_H
#define DNSCTL_ETCD_IMPL_H

#include <curl/curl.h>
#include <jansson.h>

#include "dnsctl/etcd/etcd.h"
#include "dnsctl/source/endpoints.h"

#define CONNECT_MS 3000
#define REPLY_MS   20000 /* of a page, of an authentication */
#define PING_MS    5000  /* silence, after which etcd is asked for a sign */
#define PONG_MS    5000  /* and so long it has for it */
#define HEARD_MS   5000  /* a word from etcd is noted as often, at most */
#define PAGE_KEYS  1000

/* How a state ends. */
enum etcd_outcome {
	ETCD_OK,
	ETCD_FAILED, /* not with this endpoint; e->wrong says why */
	ETCD_LOST,   /* the history from where we stand is not there */
	ETCD_STOP,   /* we were asked to end */
	ETCD_STORE   /* the store failed; e->err says how */
};

/* One HTTP request and what came of it. */
struct etcd_call {
	CURL *easy;
	bool running; /* in the multi handle */
	bool done;
	CURLcode result;
	char error[CURL_ERROR_SIZE]; /* its reason, as far as known */
	char *body;                  /* the request's */
	char *in;                    /* what arrived */
	size_t len, cap;
	size_t scanned;   /* of it: what is left of a line has no end there */
	int64_t heard_ms; /* when some of it arrived last */
};

struct etcd {
	const struct etcd_options *options;
	char source[CURSOR_MAX + 1]; /* for the store */
	struct endpoints endpoints;
	char wrong[256]; /* why an endpoint failed */

	CURLM *multi;
	struct curl_slist *headers; /* with the token of who we are */
	struct etcd_call call, ping, watch;

	struct feed feed;
	enum err err;
	bool refused;        /* the last snapshot was: the store stands still */
	struct arena memory; /* of one fact */

	/* Where we stand: what is taken, and what of it is on the disk. */
	char cluster[24];
	int64_t revision, stored; /* 0: nowhere */
	int64_t heard_stored_ms;  /* when the store was told last */
	bool created;             /* the watch */
};

/* The options hold, and requests can be made; else it was said why. */
bool etcd_open(struct etcd *) MUST_CHECK;
void etcd_release(struct etcd *);

/* --- http.c: requests */

bool etcd_is_secure(const struct etcd_options *); /* by TLS */
bool etcd_http_open(struct etcd *) MUST_CHECK;
void etcd_http_close(struct etcd *);

/* Starts a request; REPLY in MS or it fails, 0: it may go on for ever. */
void etcd_call_start(
    struct etcd *, struct etcd_call *, const char *path, json_t *body, long ms);
void etcd_call_end(struct etcd *, struct etcd_call *);

/* Lets what runs go on, for at most MS. */
void etcd_run(struct etcd *, int ms);

/*
 * The whole of a request: *REPLY is the caller's, NULL unless ETCD_OK.
 * BODY is given away.
 */
enum etcd_outcome etcd_ask(
    struct etcd *, const char *path, json_t *body, json_t **reply) MUST_CHECK;

/* The reply of a call that is done, judged as etcd_ask() does. */
enum etcd_outcome etcd_call_reply(
    struct etcd *, const struct etcd_call *, json_t **reply) MUST_CHECK;

/* Why a call that is done failed, for people. */
const char *etcd_call_error(const struct etcd_call *);

/* That is why the last request failed. */
bool etcd_said(const struct etcd *, const char *part);

/* Notes why; returns ETCD_FAILED. */
enum etcd_outcome etcd_fail(struct etcd *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* --- json.c: etcd's JSON, in which 64 bits are strings */

/* 0 where it is none, or none that has a next one. */
int64_t etcd_number(const json_t *object, const char *key);
json_t *etcd_base64(const char *text, size_t len);
/* The octets of a member, with a zero behind them; NULL where it is none. */
char *etcd_octets(
    struct arena *, const json_t *object, const char *key, size_t *len);
/* All keys that begin with TEXT, as a range of a request. */
void etcd_range_set(json_t *request, const char *text);

/* --- take.c: into the feed */

/* One key and its value, or that it went. */
enum etcd_outcome etcd_take(
    struct etcd *, const json_t *kv, bool deleted) MUST_CHECK;
/* A network, with all that is in it. */
enum etcd_outcome etcd_take_gone(
    struct etcd *, const char *id, size_t len) MUST_CHECK;
/* Anything else: the verb alone. */
enum etcd_outcome etcd_take_verb(struct etcd *, enum feed_verb) MUST_CHECK;
/* What was taken is where etcd stood at REVISION. */
enum etcd_outcome etcd_mark(struct etcd *, int64_t revision) MUST_CHECK;
enum etcd_outcome etcd_store(struct etcd *) MUST_CHECK;
/* Drops what was not stored: we stand where the store stands. */
void etcd_abort(struct etcd *);
/* The history that we stood in is gone: we stand nowhere. */
enum etcd_outcome etcd_lost(struct etcd *);

/* --- the states */

enum etcd_outcome etcd_connect(struct etcd *) MUST_CHECK;
enum etcd_outcome etcd_snapshot(struct etcd *) MUST_CHECK;
/* Those that the store lacks, as of where it stands; what it has besides goes.
 */
enum etcd_outcome etcd_networks(struct etcd *) MUST_CHECK;
/* ETCD_OK: other networks are needed. */
enum etcd_outcome etcd_watch(struct etcd *) MUST_CHECK;

/* A request that asks for no more than the header of its reply. */
json_t *etcd_header_request(const struct etcd *);
/* That reply shows the history that we stand in. */
enum etcd_outcome etcd_header_check(
    struct etcd *, const json_t *reply) MUST_CHECK;

#endif
