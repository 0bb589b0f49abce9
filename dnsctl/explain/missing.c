/*
 * missing.c - why a name does not exist: which of its labels is not there.
 */
#include "base/near.h"
#include "impl.h"
#include "zones/store/write/facts.h"

enum of { OF_NOTHING, OF_ID, OF_GROUP, OF_KEY, OF_SERVER };

/* What the label is that stands in name->arg, and among which it is looked. */
static const struct row {
	const char *what;
	enum fact_kind kind;
	enum of of;
} rows[NAME_KINDS] = {
	[NAME_REGION] = { "region", FACT_REGION, OF_ID },
	[NAME_INSTANCE] = { "instance", FACT_INSTANCE, OF_ID },
	[NAME_GROUP] = { "process group", FACT_INSTANCE, OF_GROUP },
	[NAME_METADATA] = { "metadata", FACT_INSTANCE, OF_KEY },
	[NAME_METADATA_KEY] = { "metadata", FACT_INSTANCE, OF_KEY },
	[NAME_PEER] = { "peer", FACT_PEER, OF_ID },
	[NAME_APN] = { "server", FACT_INSTANCE, OF_SERVER },
};

struct search {
	struct near near;
	char written[DNS_LABEL_MAX + 1];
	char found[DNS_LABEL_MAX + 1]; /* facts do not stay */
	struct label app;              /* instances of this one only; or none */
	enum of of;
	bool there; /* the label itself */
};

static void
word_try(struct search *s, const char *word)
{
	unsigned before = s->near.distance;

	if (word == NULL)
		return;
	s->there = s->there || strcmp(word, s->written) == 0;
	near_try(&s->near, word);
	if (s->near.distance < before)
		(void)snprintf(s->found, sizeof(s->found), "%s", word);
}

static bool
near_fact_try(void *arg, const struct fact *f, bool implied)
{
	struct search *s = arg;

	(void)implied;
	if (f->kind == FACT_INSTANCE && s->app.at != NULL &&
	    (strlen(f->app) != s->app.len ||
		memcmp(f->app, s->app.at, s->app.len) != 0))
		return true;
	switch (s->of) {
	case OF_NOTHING:
		break;
	case OF_ID:
		word_try(s, f->kind == FACT_APP ? f->app : f->id);
		break;
	case OF_GROUP:
		word_try(s, f->group);
		break;
	case OF_KEY:
		for (unsigned i = 0; i < f->metadata_count; i++)
			word_try(s, f->metadata[i].key);
		break;
	case OF_SERVER:
		word_try(s, f->name);
		break;
	}
	return true;
}

/* True: the label is not there, and that was said. */
static bool
label_say(FILE *out, struct snapshot *snapshot, const char *network,
    const struct row *row, struct label label, struct label app)
{
	struct search s = { .app = app, .of = row->of };

	(void)snprintf(s.written, sizeof(s.written), "%.*s", (int)label.len,
	    (const char *)label.at);
	near_start(&s.near, s.written);
	if (snapshot_facts(snapshot, row->kind,
		row->kind == FACT_REGION ? NULL : network, near_fact_try,
		&s) != E_OK ||
	    s.there)
		return false;
	(void)fprintf(out, "missing   there is no %s %s", row->what, s.written);
	if (s.found[0] != '\0')
		(void)fprintf(out, "; %s is near", s.found);
	(void)putc('\n', out);
	return true;
}

void
explain_missing(FILE *out, struct snapshot *snapshot, const struct query *q)
{
	static const struct row apps = { "app", FACT_APP, OF_ID };
	const struct label none = { .at = NULL };
	const struct name *name = &q->name;
	const struct row *row = &rows[name->kind];
	struct label arg = name->arg, app = name->app;
	struct network_facts facts;
	char network[DNS_LABEL_MAX + 1];

	if (q->network == NETWORK_NONE ||
	    !lookup_network_facts(snapshot, q->network, &facts))
		return;
	(void)snprintf(network, sizeof(network), "%.*s", (int)facts.id.len,
	    (const char *)facts.id.at);
	if (app.at != NULL)
		(void)lookup_alias(snapshot, q->network, app, &app);
	if (app.at != NULL &&
	    label_say(out, snapshot, network, &apps, app, none))
		return;
	if (name->kind == NAME_APN)
		arg = dname_label(&q->qname, 0);
	if (row->what != NULL && arg.at != NULL)
		(void)label_say(out, snapshot, network, row, arg, app);
}
