/*
 * cmd_explain.c - explain: the server's own query path, on a question that
 * is made up here, with each of its decisions told.
 */
#include <ldns/ldns.h>
#include <stdio.h>
#include <string.h>

#include "base/addr_text.h"
#include "base/clock.h"
#include "base/log.h"
#include "dnsctl/ctl.h"
#include "zones/query/query.h"

struct question {
	const char *text;
	ldns_rdf *name;
	ldns_rr_type type;
	struct addr from; /* zero: nobody */
	uint8_t pkt[DNS_TCP_MAX];
	size_t len;
};

/* What a name is mostly asked for; addresses where it is none. */
static ldns_rr_type
type_of(const struct ctl *ctl)
{
	struct dname dname;
	struct name name;

	if (ctl->arg_count > 1)
		return ldns_get_rr_type_by_name(ctl->args[1]);
	if (!dname_parse(&dname, ctl->args[0]))
		return LDNS_RR_TYPE_AAAA;
	name_read(&name, &dname);
	return (ldns_rr_type)query_form_type(name.kind);
}

/* False, and it was said why. */
static bool
question_read(struct question *q, const struct ctl *ctl)
{
	memset(q, 0, sizeof(*q));
	q->text = ctl->args[0];
	if (ctl->network == NULL && ctl->from == NULL) {
		log_error("explain: whose question is it? -n NETWORK or"
			  " --from ADDRESS tells");
		return false;
	}
	if (ctl->from != NULL && !addr_parse(&q->from, ctl->from)) {
		log_error(
		    "--from %s: must be an IPv6 or IPv4 address", ctl->from);
		return false;
	}
	q->type = type_of(ctl);
	if (q->type == 0) {
		log_error("%s: not a type of the DNS", ctl->args[1]);
		return false;
	}
	q->name = ldns_dname_new_frm_str(q->text);
	if (q->name == NULL)
		log_error("%s: not a name of the DNS", q->text);
	return q->name != NULL;
}

/* With EDNS, so that a refusal says its reason. */
static bool
question_write(struct question *q)
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

static void
label_print(const char *before, struct label l)
{
	if (l.at != NULL)
		(void)printf("%s%.*s", before, (int)l.len, (const char *)l.at);
}

static void
network_print(const struct query *q, struct snapshot *snapshot)
{
	struct network_facts facts;

	(void)fputs("network   ", stdout);
	if (q->network != NETWORK_NONE &&
	    lookup_network_facts(snapshot, q->network, &facts))
		label_print("", facts.id);
	else
		(void)fputs("none", stdout);
	(void)printf(": %s\n", query_why_str(q->why));
}

static void
name_print(const struct query *q)
{
	(void)printf("name      %s", query_form_str(q->name.kind));
	label_print(", app ", q->name.app);
	label_print(", ", q->name.arg);
	label_print(" = ", q->name.value);
	(void)putchar('\n');
}

/* What is told while the path reads: first what it knew before. */
struct telling {
	struct query_watch watch; /* first: a telling is a watch */
	const struct query *query;
	struct snapshot *snapshot;
	bool began;
};

static void
telling_begin(struct telling *t)
{
	if (t->began)
		return;
	t->began = true;
	network_print(t->query, t->snapshot);
	name_print(t->query);
}

static void
fact_print(struct query_watch *watch, const char *kind, struct label app,
    struct label id, enum query_fate fate)
{
	telling_begin((struct telling *)watch);
	(void)printf("fact      %s", kind);
	label_print(" ", app);
	label_print(app.at == NULL ? " " : "/", id);
	(void)printf(": %s\n", query_fate_str(fate));
}

static enum exit_status
reply_print(const struct query *q)
{
	ldns_pkt *pkt;

	switch (q->next) {
	case QUERY_DROP:
		(void)puts("outcome   dropped, without an answer");
		return ctl_flushed();
	case QUERY_FORWARD:
		(void)puts("outcome   forwarded to the upstreams");
		return ctl_flushed();
	case QUERY_SEND:
		break;
	}
	if (ldns_wire2pkt(&pkt, q->pkt, q->len) != LDNS_STATUS_OK) {
		log_error("the answer cannot be read");
		return CTL_FAILED;
	}
	(void)puts("outcome   answered:\n");
	ldns_pkt_set_timestamp(
	    pkt, (struct timeval){ .tv_sec = clock_seconds(CLOCK_REALTIME) });
	ldns_pkt_print(stdout, pkt);
	ldns_pkt_free(pkt);
	return ctl_flushed();
}

static enum exit_status
question_answer(
    struct question *made, const struct ctl *ctl, struct snapshot *snapshot)
{
	struct query q = {
		.pkt = made->pkt,
		.len = made->len,
		.cap = sizeof(made->pkt),
		.from = made->from,
		.bound = ctl->network,
		.tcp = true,
	};
	struct telling telling = { { fact_print }, &q, snapshot, false };
	struct query_env env = {
		.snapshot = snapshot,
		.now = clock_seconds(CLOCK_REALTIME),
		.region = ctl->region == NULL ? "" : ctl->region,
		.max_udp_size = 8192,
		.forwards = true,
		.rng = { 1 },
		.watch = &telling.watch,
	};
	struct query *const all[] = { &q };

	if (query_env_init(&env) != E_OK) {
		log_error("%s", err_str(E_NOMEM));
		return CTL_FAILED;
	}
	query_answer(all, 1, &env);
	telling_begin(&telling);
	query_env_release(&env);
	return reply_print(&q);
}

enum exit_status
cmd_explain(const struct ctl *ctl)
{
	enum exit_status status = CTL_FAILED;
	struct ctl_view view;
	struct question q;

	if (!question_read(&q, ctl))
		return CTL_USAGE;
	if (!question_write(&q))
		log_error("%s: no question can be made of it", q.text);
	else if (ctl_view_open(&view, ctl)) {
		status = question_answer(&q, ctl, view.snapshot);
		ctl_view_close(&view);
	}
	ldns_rdf_deep_free(q.name);
	return status;
}
