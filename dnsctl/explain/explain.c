/*
 * explain.c - see explain.h.
 */
#include "dnsctl/explain/explain.h"

#include <assert.h>
#include <ldns/ldns.h>
#include <string.h>

#include "base/addr_parse.h"
#include "base/clock.h"
#include "impl.h"

struct question {
	const struct explain_question *asked;
	ldns_rdf *name;
	ldns_rr_type type;
	struct addr from, to;                 /* zero: nobody, nowhere */
	const struct config_listen *listener; /* that it arrives at */
	uint8_t pkt[DNS_TCP_MAX];
	size_t len;
};

/* What a name is mostly asked for; addresses where it is none. */
static ldns_rr_type
type_of(const struct explain_question *q)
{
	struct dname dname;
	struct name name;

	if (q->type != NULL)
		return ldns_get_rr_type_by_name(q->type);
	if (!dname_parse(&dname, q->name))
		return LDNS_RR_TYPE_AAAA;
	name_read(&name, &dname, 0);
	return (ldns_rr_type)query_form_type(name.kind);
}

static enum err
explain_refuse(char why[EXPLAIN_WHY], const char *what, const char *rule)
{
	(void)snprintf(why, EXPLAIN_WHY, "%s: %s", what, rule);
	return E_INPUT;
}

static enum err
question_read(struct question *q, const struct explain_question *asked,
    char why[EXPLAIN_WHY])
{
	memset(q, 0, sizeof(*q));
	q->asked = asked;
	if (asked->name == NULL)
		return explain_refuse(why, "explain", "which name?");
	if (asked->network == NULL && asked->from == NULL)
		return explain_refuse(why, "explain",
		    "whose question is it? -n NETWORK or --from ADDRESS tells");
	if (asked->to != NULL && !addr_parse(&q->to, asked->to))
		return explain_refuse(
		    why, asked->to, "must be an IPv6 or IPv4 address");
	if (asked->to != NULL && asked->config != NULL &&
	    (q->listener = explain_listener(asked->config, &q->to)) == NULL)
		return explain_refuse(
		    why, asked->to, "the server listens on no such address");
	if (asked->from != NULL && !addr_parse(&q->from, asked->from))
		return explain_refuse(
		    why, asked->from, "must be an IPv6 or IPv4 address");
	q->type = type_of(asked);
	if (q->type == 0)
		return explain_refuse(
		    why, asked->type, "not a type of the DNS");
	q->name = ldns_dname_new_frm_str(asked->name);
	if (q->name == NULL)
		return explain_refuse(
		    why, asked->name, "not a name of the DNS");
	return E_OK;
}

/* With EDNS, so that a refusal says its reason. */
static bool
asked_write(struct question *q)
{
	ldns_pkt *pkt = ldns_pkt_query_new(
	    ldns_rdf_clone(q->name), q->type, LDNS_RR_CLASS_IN, LDNS_RD);
	uint8_t *wire = NULL;
	size_t len = 0;

	if (pkt == NULL)
		return false;
	ldns_pkt_set_edns_udp_size(pkt, 1232);
	if (ldns_pkt2wire(&wire, pkt, &len) == LDNS_STATUS_OK &&
	    len <= sizeof(q->pkt)) {
		memcpy(q->pkt, wire, len);
		q->len = len;
	}
	free(wire);
	ldns_pkt_free(pkt);
	return q->len > 0;
}

/* What is told while the path reads: first what it knew before. */
struct telling {
	struct query_watch watch; /* first: a telling is a watch */
	const struct query *query;
	struct snapshot *snapshot;
	FILE *out;
	bool began;
};

static void
part_print(FILE *out, const char *before, struct label l)
{
	if (l.at != NULL)
		(void)fprintf(
		    out, "%s%.*s", before, (int)l.len, (const char *)l.at);
}

static void
network_print(const struct telling *t)
{
	const struct query *q = t->query;
	struct network_facts facts;

	(void)fputs("network   ", t->out);
	if (q->network != NETWORK_NONE &&
	    lookup_network_facts(t->snapshot, q->network, &facts))
		part_print(t->out, "", facts.id);
	else
		(void)fputs("none", t->out);
	(void)fprintf(t->out, ": %s\n", query_why_str(q->why));
}

static void
name_print(FILE *out, const struct name *name)
{
	(void)fprintf(out, "name      %s", query_form_str(name->kind));
	part_print(out, ", app ", name->app);
	part_print(out, ", ", name->arg);
	part_print(out, " = ", name->value);
	(void)putc('\n', out);
}

static void
telling_begin(struct telling *t)
{
	if (t->began)
		return;
	t->began = true;
	network_print(t);
	name_print(t->out, &t->query->name);
}

static const char *
fate_str(enum query_fate fate)
{
	static const char *const phrase[] = {
		[FATE_TAKEN] = "taken",
		[FATE_NOTHING_ELSE] = "taken: nothing else is healthy",
		[FATE_STOPPED] = "left out: stopped",
		[FATE_CRITICAL] = "left out: critical, others are healthy",
		[FATE_DRAINING] = "left out: draining, others are not",
		[FATE_OTHER_REGION] = "left out: another region",
		[FATE_FARTHER] = "left out: farther than those taken",
		[FATE_EXPIRED] = "left out: expired",
		[FATE_INTERACTIVE] = "left out: an interactive peer",
		[FATE_OTHER_APP] =
		    "left out: another app's; the asker's own has one",
		[FATE_HIDDEN] = "left out: the asker does not see its app",
		[FATE_NO_ADDRESS] = "no address of this type",
		[FATE_NO_PORT] = "left out: no such port",
	};

	static_assert(sizeof(phrase) / sizeof(phrase[0]) == FATE_COUNT_,
	    "one phrase a fate");
	assert(fate < FATE_COUNT_);
	return phrase[fate];
}

static void
fate_print(struct query_watch *watch, const char *kind, struct label app,
    struct label id, enum query_fate fate)
{
	struct telling *t = (struct telling *)watch;

	telling_begin(t);
	(void)fprintf(t->out, "fact      %s", kind);
	part_print(t->out, " ", app);
	part_print(t->out, app.at == NULL ? " " : "/", id);
	(void)fprintf(t->out, ": %s\n", fate_str(fate));
}

static void
note_print(struct query_watch *watch, const char *text)
{
	struct telling *t = (struct telling *)watch;

	telling_begin(t);
	(void)fprintf(t->out, "note      %s\n", text);
}

/* What is asked for: the name, or what CNAMEs of the network lead to. */
static struct dname
asked_for(const struct telling *t)
{
	const struct query *q = t->query;
	struct wire_in in = wire_in(q->pkt, q->len);
	struct dname name;
	char text[DNAME_TEXT];

	if (q->name.kind != NAME_RECORD || q->led == 0)
		return q->qname;
	in.pos = q->led_to;
	(void)!dname_get(&name, &in);
	(void)fprintf(t->out, "led to    %s\n", dname_text(&name, text));
	return name;
}

static void
forward_print(const struct telling *t, const struct config *config)
{
	struct network_facts facts = { .id = { .at = NULL } };
	struct dname name = asked_for(t);

	if (config == NULL) {
		(void)fputs("outcome   forwarded to the upstreams\n", t->out);
		return;
	}
	if (t->query->network != NETWORK_NONE)
		(void)!lookup_network_facts(
		    t->snapshot, t->query->network, &facts);
	explain_route(t->out, config, &name, facts.id);
}

static enum err
reply_print(
    const struct telling *t, const struct config *config, char why[EXPLAIN_WHY])
{
	const struct query *q = t->query;
	FILE *out = t->out;
	ldns_pkt *pkt;

	switch (q->next) {
	case QUERY_DROP:
		(void)fputs("outcome   dropped, without an answer\n", out);
		return E_OK;
	case QUERY_FORWARD:
		forward_print(t, config);
		return E_OK;
	case QUERY_SEND:
		break;
	}
	if (ldns_wire2pkt(&pkt, q->pkt, q->len) != LDNS_STATUS_OK)
		return explain_refuse(
		    why, "explain", "the answer cannot be read");
	if (q->rcode == RCODE_NXDOMAIN)
		explain_missing(out, t->snapshot, q);
	(void)fputs("outcome   answered:\n\n", out);
	ldns_pkt_set_timestamp(
	    pkt, (struct timeval){ .tv_sec = clock_seconds(CLOCK_REALTIME) });
	ldns_pkt_print(out, pkt);
	ldns_pkt_free(pkt);
	return E_OK;
}

/* As the server has it, save for what is no answer's business: limits. */
static void
env_configure(struct query_env *env, const struct config *c)
{
	if (env->region[0] == '\0' && c->region != NULL)
		env->region = c->region;
	env->id = c->id;
	env->forwards = c->upstream_count > 0 || c->zone_count > 0;
	env->allow = c->allow;
	env->allow_count = c->allow_count;
	for (unsigned i = 0; i < c->ordinary_count; i++)
		env->ordinary |= c->ordinary[i];
}

static enum err
question_answer(FILE *out, struct question *made, struct snapshot *snapshot,
    char why[EXPLAIN_WHY])
{
	const struct explain_question *asked = made->asked;
	struct query q = {
		.pkt = made->pkt,
		.len = made->len,
		.cap = sizeof(made->pkt),
		.from = made->from,
		.to = made->to,
		.bound = asked->network,
		.tcp = true,
	};
	struct telling telling = { .watch = { fate_print, note_print },
		.query = &q,
		.snapshot = snapshot,
		.out = out };
	struct query_env env = {
		.snapshot = snapshot,
		.now = clock_seconds(CLOCK_REALTIME),
		.region = asked->region == NULL ? "" : asked->region,
		.max_udp_size = 8192,
		.forwards = true,
		.rng = { 1 },
		.watch = &telling.watch,
	};
	struct query *const all[] = { &q };
	enum err err = query_env_init(&env);

	if (err != E_OK)
		return err;
	if (asked->config != NULL)
		env_configure(&env, asked->config);
	if (q.bound == NULL && made->listener != NULL)
		q.bound = made->listener->network;
	query_answer(all, 1, &env);
	telling_begin(&telling);
	query_env_release(&env);
	return reply_print(&telling, asked->config, why);
}

enum err
explain(FILE *out, struct snapshot *snapshot,
    const struct explain_question *asked, char why[EXPLAIN_WHY])
{
	struct question q;
	enum err err = question_read(&q, asked, why);

	if (err != E_OK)
		return err;
	if (asked_write(&q))
		err = question_answer(out, &q, snapshot, why);
	else
		err = explain_refuse(
		    why, asked->name, "no question can be made of it");
	ldns_rdf_deep_free(q.name);
	return err;
}
