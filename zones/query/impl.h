/*
 * impl.h - what the stages of the query path share.
 */
#ifndef ZONES_QUERY_IMPL_H
#define ZONES_QUERY_IMPL_H

#include "base/dns_wire.h"
#include "base/wire.h"
#include "zones/query/query.h"
#include "zones/store/read/lookup.h"

/*
 * Addresses of one answer, borrowed from the snapshot, before they are
 * written: 65,535 octets hold 2,340 AAAA.
 */
#define ANSWER_MAX 4096

#define REGIONS_MAX 4096 /* more than an app's head can hold */

/* What few questions need: compiled into others, it would cost all of them. */
#define APART __attribute__((noinline))

/*
 * Instances that stand one behind the other in their app, from number FIRST
 * on: of a region those of a tier who have what is asked for.
 */
struct run {
	uint32_t us; /* from the asker */
	uint32_t first, count;
	struct label region;
};

/* One SRV record. */
struct service {
	struct instance of;
	uint16_t priority, weight, port;
	uint16_t at; /* of its target in the reply */
};

#define SERVICES_MAX 2048 /* more than 65,535 octets hold */

struct query_scratch {
	struct service service[SERVICES_MAX];
	const uint8_t *address[ANSWER_MAX];
	struct run run[REGIONS_MAX];
};

/* The reply as it grows behind the question. */
struct reply {
	struct query *q;
	struct query_env *env;
	struct wire_out out; /* over q->pkt; room for OPT is kept free */
	size_t opt_len;
	uint16_t answers, authorities, additional;
	uint16_t owner; /* where in the reply the records' name stands */
	uint8_t
	    address;  /* octets of one of the type asked for; 0: no address */
	uint32_t ttl; /* of this answer */
	/* Whose facts answer; see reply_start(). */
	uint32_t network;
	struct label of; /* the app's name there */
	/* The name begins with _PORT._PROTO or _PROTO; then: */
	bool is_service;
	struct wire_in ports; /* of ports_of, as its app's fact has them */
	struct label ports_of;
	struct label shown; /* the app's name in targets; or its own */
	/* The fact behind the name, where its form reads one. */
	struct app app;
	struct instance instance;
};

/*
 * packet -> question and its name.  Whether it deserves a reply is in q->next;
 * q->rcode is NOERROR, or what to refuse it with.
 */
void query_parse(struct query *, special_set ordinary);

/* Of a question that has a cookie: is it ours; and the reply's. */
void query_check_cookie(struct query *, const struct query_env *);

/* Whose question is it; q->network, q->ttl and q->why. */
void query_find_network(struct query *, struct query_env *);

/* The asker is of a network, or may have names forwarded. */
static inline bool
is_known(const struct query *q)
{
	return q->network != NETWORK_NONE || q->why == WHY_ALLOWED;
}

/* A question of class CH. */
enum query_next query_chaos(struct query *, struct query_env *);

/* forward.allow holds the source. */
bool query_is_allowed(const struct query *, const struct query_env *);

/*
 * form.c: where the fact that answers will be looked for (see lookup.h), as
 * soon as network and name are known; and the answer, in a reply that has
 * begun, where CNAMEs have led here, or (NULL) in one of its own.
 */
uint64_t form_place(const struct query *);
enum query_next form_answer(
    struct query *, struct query_env *, struct reply *begun);

/*
 * zone.c: the name is in a zone of the asker's network, and is a NAME_RECORD
 * then; and the answer.
 */
bool zone_holds(struct query *, struct query_env *);
enum query_next zone_answer(struct query *, struct query_env *);

/* Room that is kept free for the OPT of who has EDNS. */
size_t reply_opt_len(const struct query *, const struct query_env *);

/* Of the asker's own network, until an alias or an export leads elsewhere. */
static inline void
reply_start(struct reply *r, struct query *q, struct query_env *env)
{
	r->q = q;
	r->env = env;
	r->ttl = q->ttl;
	r->answers = r->authorities = r->additional = 0;
	r->owner = DNS_HEADER;
	r->network = q->network;
	r->is_service = false;
	r->address = q->qtype == TYPE_AAAA ? 16 : q->qtype == TYPE_A ? 4 : 0;
	r->opt_len = q->edns ? reply_opt_len(q, env) : 0;
	wire_out_start(&r->out, q->pkt, query_reply_max(q, env) - r->opt_len);
	(void)wire_room(&r->out, DNS_HEADER + q->question_len);
}

/* Header, OPT; q->len is the reply's. */
enum query_next reply_finish(struct reply *, enum dns_rcode);

/*
 * A record that the owner has, up to its data, of which there are LEN octets;
 * where it begins.  Its end then: their number is as written, or there was no
 * room, and the record is taken back and the reply marked.
 */
size_t reply_record(struct reply *, uint16_t type, uint16_t len);
bool reply_record_end(struct reply *, size_t start);
bool reply_rdata(struct reply *, uint16_t type, const void *rdata, size_t len);
/* The server's name, as rdata. */
#define SERVER     "\004_api\010internal"
#define SERVER_LEN sizeof(SERVER)
/*
 * COUNT records from START on, of an owner that stands before REPLY_POINTERS:
 * they are in the additional section, or taken back where there was no room,
 * which TC does not tell (RFC 2181, 9).
 */
#define REPLY_POINTERS 0x4000 /* RFC 1035, 4.1.4: how far they reach */
bool reply_additional(struct reply *, size_t start, int count);
/* COUNT addresses of the question's type, from START on and around. */
void reply_addresses(struct reply *, const uint8_t *const *address,
    unsigned count, unsigned start);
/* Of a zone itself: SOA and NS are made up from the network. */
enum query_next reply_zone(struct reply *);
enum query_next reply_nodata(struct reply *);
enum query_next reply_nxdomain(struct reply *);

/*
 * The one TXT record of a list: strings that are cut before a separator
 * only.  What does not fit is left out and the reply is marked.
 */
struct txt {
	struct reply *reply;
	size_t start;  /* of the record */
	size_t string; /* of the string being filled: its length octet */
	bool any, full;
};

void txt_start(struct txt *, struct reply *);
/* SEPARATOR is left out before the first; false: the list is full. */
bool txt_item(struct txt *, char separator, const void *item, size_t len);
/* As the store has them; after these no txt_item(). */
bool txt_strings(struct txt *, char separator, struct wire_in strings);
enum query_next txt_finish(struct txt *);

static inline void
watch_fact(const struct query_env *env, const char *kind, struct label app,
    struct label id, enum query_fate fate)
{
	if (__builtin_expect(env->watch != NULL, false))
		env->watch->fact(env->watch, kind, app, id, fate);
}

/* For people; only where somebody watches. */
APART void watch_note(const struct query_env *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static inline void
watch_instance(
    const struct reply *r, const struct instance *i, enum query_fate fate)
{
	watch_fact(r->env, "instance", i->app, i->id, fate);
}

static inline bool
is_expired(int64_t expires, int64_t now)
{
	return expires != 0 && expires <= now;
}

/*
 * Never past an expiry, which is still to come.  The second that NOW names has
 * begun, so only those behind it are whole.
 */
static inline void
reply_expires(struct reply *r, int64_t expires)
{
	if (expires != 0 && expires - r->env->now <= r->ttl)
		r->ttl = (uint32_t)(expires - r->env->now - 1);
}

/*
 * What answers a form of names, by its row in form.c.  A file a family:
 * app.c, nearest.c, list.c, single.c, apn.c, reverse.c.
 */
enum query_next answer_app(struct reply *);
enum query_next answer_region(struct reply *);
enum query_next answer_instance(struct reply *);
enum query_next answer_set(struct reply *);
enum query_next answer_metadata_key(struct reply *);
enum query_next answer_nearest(struct reply *);
enum query_next answer_vms(struct reply *);
enum query_next answer_regions(struct reply *);
enum query_next answer_apps(struct reply *);
enum query_next answer_peers(struct reply *);
enum query_next answer_instances(struct reply *);
enum query_next answer_peer(struct reply *);
enum query_next answer_api(struct reply *);
enum query_next answer_flycast(struct reply *);
enum query_next answer_localhost(struct reply *);
enum query_next answer_loopback(struct reply *);
enum query_next answer_apn(struct reply *);
enum query_next answer_reverse(struct reply *);

/* Whose export has answered. */
void watch_import(const struct reply *, struct label as, const struct import *);
/* An app's flycast addresses, or an exported one's; false: there is no such. */
bool single_flycast(
    const struct reply *, struct label name, struct instance *out);

/* Whether a peer is told of, or why not. */
enum query_fate single_peer_fate(
    const struct query_env *, struct label name, int64_t expires);
/* An app's private domain; its name where none was put. */
struct label single_domain(const struct reply *, struct label app);

static inline struct addr
instance_addr(const struct instance *i, unsigned n)
{
	struct addr a;

	if (n >= i->six_count)
		return addr_from_v4(i->four + 4 * (n - i->six_count));
	memcpy(a.ip, i->six + 16 * n, 16);
	return a;
}

/* A reverse name that is ours to answer; finds its zone, name.apex. */
bool reverse_is_private(struct query *, struct snapshot *);

/* What a peer that asks sees, or why it is refused. */
void view_find(struct query *, const struct query_env *);
bool view_has(const struct query *, struct label app);
/* The asker is to see some apps only. */
static inline bool
view_is_limited(const struct query *q)
{
	return (q->uses & USES(USE_PEERS)) != 0 && wire_left(&q->apps) > 0;
}

static inline bool
is_seen(const struct query *q, struct label app)
{
	return !view_is_limited(q) || view_has(q, app);
}

/* Of a limited view: its apps in their order, the first behind no label. */
bool view_next(const struct query *, struct label *app);

/* The name is private, or special: nobody else's. */
static inline bool
is_ours(struct query *q, const struct query_env *env)
{
	return q->name.kind != NAME_OTHER &&
	    (q->name.kind != NAME_REVERSE ||
		reverse_is_private(q, env->snapshot));
}

/* The asker, if it is an instance or a peer: its region and app. */
bool query_asker(
    const struct query *, const struct query_env *, struct claim *);

/* A collection of addresses of the type asked for. */
struct picked {
	struct reply *reply;
	unsigned count;
	bool exists; /* some instance has the name, with whatever address */
	uint16_t priority; /* of SRV records */
};

void pick_start(struct picked *, struct reply *);
/* FATE_TAKEN, or FATE_NO_ADDRESS of the type asked for. */
enum query_fate pick_add(struct picked *, const struct instance *);
enum query_next pick_answer(struct picked *); /* rotated; or NODATA */
/* Records of more than this fit no reply. */
unsigned pick_most(const struct reply *);
/* Of the type that is asked for; of records, for SRV. */
unsigned pick_has(struct reply *, const struct instance *);

/* How well the best of the range is; false: nobody is there. */
bool pick_best(struct range *, enum tier *best);
/* Those of TIER, until a packet is full: FROM one on, or UNTIL one. */
void pick_range(struct picked *, struct range *, enum tier,
    const struct instance *from, const struct instance *until);
/* Those of the best tier, which becomes *set; false: nobody is there. */
bool pick_set(struct picked *, struct range *, enum tier *set);
/*
 * To who watches: why each of a range or (NULL) of the app is in the set that
 * SET answers, or not.
 */
APART void pick_watch(const struct picked *, struct range *, enum tier set);
#define TIER_ANY ((enum tier)(TIERS + 1)) /* however well they are */

/* Those of TIER with a port of the name, of their own; in REGION, or in all. */
void pick_ports(struct picked *, struct label region, enum tier);

/* How well the best is: an app's instances in REGION, or all. */
enum tier app_tier(const struct app *, struct label region);

/*
 * run.c: of the app that was found, the runs of REGION, or of all where
 * region.at is NULL, in the order of regions; how many, in env->scratch.
 */
unsigned run_find(const struct reply *, struct label region, enum tier);
/* Of COUNT runs up to WANT records, from anywhere on and around. */
void run_pick(
    struct picked *, const struct run *, unsigned count, unsigned want);
/* One of them, all being as likely; false: there is none. */
bool run_draw(
    struct reply *, const struct run *, unsigned count, struct instance *);

/* service.c: SRV records, where the name asks for them. */
void service_start(struct reply *);
APART enum query_fate service_add(struct picked *, const struct instance *);
bool service_has(struct reply *, const struct instance *);
/* The app of the name has the port, itself or by an instance. */
bool service_exists(struct reply *);
bool service_is_apps(struct reply *, struct label app); /* then all its do */
/* pick_range() of a SET that is where it begins, and of up to WANT records. */
APART void service_range(struct picked *, struct range *set, enum tier,
    const struct instance *until, unsigned want);
APART enum query_next service_answer(struct picked *);

#endif
