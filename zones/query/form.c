/*
 * form.c - the forms of names: what each stands for, and what answers it.
 */
#include "impl.h"

#include <assert.h>

/* The fact behind a name, where the name alone says which one it is. */
enum reads { NOTHING, APP, INSTANCE };

/*
 * A row a form: the fact that is read first, without which the name does not
 * exist; the type that it is mostly asked for, which for TXT is the only one
 * that it has; what answers it; its text, for people.
 *
 * To add a form: its kind in name.h, its rule in name.c, its row here.
 */
static const struct form {
	enum reads reads;
	enum dns_type type;
	enum query_next (*answer)(struct reply *);
	const char *text;
} forms[] = {
	/* clang-format off */
	[NAME_OTHER] = { NOTHING, TYPE_AAAA, reply_nxdomain,
	    "somebody else's name" },
	[NAME_NEVER] = { NOTHING, TYPE_AAAA, reply_nxdomain,
	    "a special-use name that is never forwarded" },
	[NAME_EMPTY] = { NOTHING, TYPE_AAAA, reply_nodata,
	    "a special-use name without records" },
	[NAME_LOCALHOST] = { NOTHING, TYPE_AAAA, answer_localhost,
	    "localhost" },
	[NAME_LOOPBACK] = { NOTHING, TYPE_PTR, answer_loopback,
	    "the reverse name of a loopback address" },
	[NAME_UNKNOWN] = { NOTHING, TYPE_AAAA, reply_nxdomain,
	    "below a private zone, but no name form" },
	[NAME_ZONE] = { NOTHING, TYPE_SOA, reply_zone,
	    "a private zone itself" },
	[NAME_APP] = { APP, TYPE_AAAA, answer_app, "APP.internal" },
	[NAME_REGION] = { APP, TYPE_AAAA, answer_region,
	    "REGION.APP.internal" },
	[NAME_NEAREST] = { APP, TYPE_AAAA, answer_nearest,
	    "topN.nearest.of.APP.internal" },
	[NAME_INSTANCE] = { INSTANCE, TYPE_AAAA, answer_instance,
	    "ID.vm.APP.internal" },
	[NAME_GROUP] = { APP, TYPE_AAAA, answer_set,
	    "GROUP.process.APP.internal" },
	[NAME_METADATA] = { APP, TYPE_AAAA, answer_set,
	    "VALUE.KEY.kv._metadata.APP.internal" },
	[NAME_METADATA_KEY] = { APP, TYPE_AAAA, answer_metadata_key,
	    "KEY.kv._metadata.APP.internal (empty non-terminal)" },
	[NAME_BELOW_APP] = { APP, TYPE_AAAA, reply_nodata,
	    "an empty non-terminal below APP.internal" },
	[NAME_VMS] = { APP, TYPE_TXT, answer_vms, "vms.APP.internal" },
	[NAME_ALL_VMS] = { APP, TYPE_TXT, answer_vms, "all.vms.APP.internal" },
	[NAME_REGIONS] = { APP, TYPE_TXT, answer_regions,
	    "regions.APP.internal" },
	[NAME_ALL_REGIONS] = { APP, TYPE_TXT, answer_regions,
	    "all.regions.APP.internal" },
	[NAME_APPS] = { NOTHING, TYPE_TXT, answer_apps, "_apps.internal" },
	[NAME_PEERS] = { NOTHING, TYPE_TXT, answer_peers, "_peer.internal" },
	[NAME_PEER] = { NOTHING, TYPE_AAAA, answer_peer,
	    "PEER._peer.internal" },
	[NAME_INSTANCES] = { NOTHING, TYPE_TXT, answer_instances,
	    "_instances.internal" },
	[NAME_ALL_INSTANCES] = { NOTHING, TYPE_TXT, answer_instances,
	    "all._instances.internal" },
	[NAME_API] = { NOTHING, TYPE_AAAA, answer_api, "_api.internal" },
	[NAME_APN] = { NOTHING, TYPE_AAAA, answer_apn,
	    "SERVER.apn, SERVER.DOMAIN.apn or DOMAIN.apn" },
	[NAME_FLYCAST] = { NOTHING, TYPE_AAAA, answer_flycast, "APP.flycast" },
	[NAME_REVERSE] = { NOTHING, TYPE_PTR, answer_reverse,
	    "the reverse name of an address" },
	[NAME_RECORD] = { NOTHING, TYPE_AAAA, reply_nxdomain,
	    "in a zone of the network's own" },
	/* clang-format on */
};

static_assert(sizeof(forms) / sizeof(forms[0]) == NAME_KINDS, "one row a kind");

uint64_t
form_place(const struct query *q)
{
	const struct name *n = &q->name;

	if (q->network == NETWORK_NONE)
		return LOOKUP_NO_PLACE;
	switch (forms[n->kind].reads) {
	case NOTHING:
		break;
	case APP:
		return lookup_place_app(q->network, n->app);
	case INSTANCE:
		return lookup_place_instance(q->network, n->app, n->arg);
	}
	return LOOKUP_NO_PLACE;
}

/* Compiled into the path of every question: a call costs 20 instructions. */
static inline __attribute__((always_inline)) bool
find_fact(struct reply *r, enum reads reads, uint64_t place)
{
	struct snapshot *s = r->env->snapshot;

	assert(reads == NOTHING || r->network != NETWORK_NONE);
	if (reads != NOTHING && r->network == r->q->network &&
	    !is_seen(r->q, r->of)) {
		watch_fact(r->env, "app", r->of, (struct label){ NULL, 0 },
		    FATE_HIDDEN);
		return false;
	}
	switch (reads) {
	case NOTHING:
		break;
	case APP:
		return lookup_app_at(s, place, r->network, r->of, &r->app);
	case INSTANCE:
		return lookup_instance_at(
		    s, place, r->network, r->of, r->q->name.arg, &r->instance);
	}
	return true;
}

static void
watch_other(const struct reply *r, const char *what)
{
	struct label name = r->q->name.app;

	if (r->env->watch != NULL)
		watch_note(r->env, "%.*s is %s %.*s", name.len,
		    (const char *)name.at, what, r->of.len,
		    (const char *)r->of.at);
}

/* An alias means an app, never another alias, so that no two can go round. */
static bool
find_alias(struct reply *r)
{
	struct snapshot *s = r->env->snapshot;
	struct app app;

	if (!lookup_alias(s, r->network, r->of, &r->of))
		return false;
	watch_other(r, "an alias of");
	if (!lookup_app(s, r->network, r->of, &app))
		r->q->ede = EDE_INVALID_DATA;
	return true;
}

/* Nor does an export: what it leads to is an app of its network. */
static bool
find_import(struct reply *r)
{
	struct import import;

	if ((r->q->uses & USES(USE_IMPORTS)) == 0 || !is_seen(r->q, r->of) ||
	    !lookup_import(r->env->snapshot, r->network, r->of, &import) ||
	    !import.instances)
		return false;
	r->network = import.network;
	r->of = import.app;
	r->shown = r->q->name.app;
	watch_import(r, r->shown, &import);
	return true;
}

/*
 * Once more, where the name is an alias or an export.  An app of the name comes
 * first, also where it lacks the instance.
 */
APART static bool
read_other(struct reply *r, enum reads reads)
{
	struct app own;

	if (reads == INSTANCE && is_seen(r->q, r->of) &&
	    lookup_app(r->env->snapshot, r->network, r->of, &own))
		return false;
	return (find_alias(r) || find_import(r)) &&
	    find_fact(r, reads, LOOKUP_NO_PLACE);
}

enum query_next
form_answer(struct query *q, struct query_env *env, struct reply *begun)
{
	const struct form *form = &forms[q->name.kind];
	struct reply own, *r = begun;

	if (r == NULL) {
		r = &own;
		reply_start(r, q, env);
	}
	r->of = q->name.app;
	if (q->name.skip > 0)
		service_start(r);
	if (!find_fact(r, form->reads, q->place) &&
	    ((q->uses & (USES(USE_ALIASES) | USES(USE_IMPORTS))) == 0 ||
		!read_other(r, form->reads)))
		return reply_nxdomain(r);
	if (form->type == TYPE_TXT && q->qtype != TYPE_TXT)
		return reply_nodata(r);
	return form->answer(r);
}

const char *
query_form_str(enum name_kind kind)
{
	assert(kind < NAME_KINDS);
	return forms[kind].text;
}

enum dns_type
query_form_type(enum name_kind kind)
{
	assert(kind < NAME_KINDS);
	return forms[kind].type;
}
