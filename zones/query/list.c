/*
 * list.c - TXT lists of what there is.
 */
#include "impl.h"

#include "base/addr_text.h"
#include "zones/store/read/brief.h"

static size_t
item_put(char *out, size_t at, struct label l)
{
	memcpy(out + at, l.at, l.len);
	return at + l.len;
}

static size_t
put_first_address(const struct instance *i, char *out, size_t at)
{
	bool four = (i->flags & BRIEF_V4_FIRST) != 0 && i->four_count > 0;
	char text[ADDR_TEXT] = "";
	struct addr a;

	if (i->six_count + i->four_count == 0)
		return at;
	a = instance_addr(i, four ? i->six_count : 0);
	return item_put(out, at, label_of(addr_text(&a, text)));
}

/* instance=ID,app=APP,ip=ADDR,region=REGION: 254 octets at most. */
static size_t
describe_whole(const struct instance *i, char *out)
{
	size_t len = item_put(out, 0, label_of("instance="));

	len = item_put(out, len, i->id);
	len = item_put(out, len, label_of(",app="));
	len = item_put(out, len, i->app);
	len = item_put(out, len, label_of(",ip="));
	len = put_first_address(i, out, len);
	len = item_put(out, len, label_of(",region="));
	return item_put(out, len, i->region);
}

/* ID REGION */
static size_t
describe(const struct instance *i, char *out)
{
	size_t len = item_put(out, 0, i->id);

	out[len++] = ' ';
	return item_put(out, len, i->region);
}

static bool
is_all(enum name_kind kind)
{
	return kind == NAME_ALL_VMS || kind == NAME_ALL_INSTANCES;
}

/* The next of them, so many at most; false: the list is full. */
static HOT_INLINE bool
list_some(struct txt *txt, struct app *app, bool whole, uint32_t most)
{
	struct reply *r = txt->reply;
	bool all = is_all(r->q->name.kind);
	char item[9 + 5 + 4 + 8 + 3 * DNS_LABEL_MAX + ADDR_TEXT];
	struct instance i;

	for (; most > 0 && app_instance(app, &i); most--) {
		/* How well they are does not matter. */
		bool listed = all || i.tier != TIER_STOPPED;

		watch_instance(r, &i, listed ? FATE_TAKEN : FATE_STOPPED);
		if (listed &&
		    !txt_item(txt, whole ? ';' : ',', item,
			whole ? describe_whole(&i, item) : describe(&i, item)))
			return false;
	}
	return true;
}

/* Of a large app without a look at those that are not listed. */
static HOT_INLINE bool
list_app(struct txt *txt, struct app *found, bool whole)
{
	bool all = is_all(txt->reply->q->name.kind);
	struct wire_in in = found->regions;
	uint32_t first = 0, stands = UINT32_MAX;
	struct label region;
	struct app app;
	struct tally t;

	if (!found->many)
		return list_some(txt, found, whole, UINT32_MAX);
	for (; app_region(&in, &region, &t); first += tally_all(&t)) {
		uint32_t listed = tally_all(&t) - (all ? 0 : t.stopped);

		if (listed == 0)
			continue;
		if (stands != first)
			app_seek(found, first, &app);
		stands = first + listed;
		if (!list_some(txt, &app, whole, listed))
			return false;
	}
	return true;
}

enum query_next
answer_vms(struct reply *r)
{
	struct txt txt;

	txt_start(&txt, r);
	(void)list_app(&txt, &r->app, false);
	return txt_finish(&txt);
}

enum query_next
answer_regions(struct reply *r)
{
	bool all = r->q->name.kind == NAME_ALL_REGIONS;
	struct wire_in in = r->app.regions;
	struct label region;
	struct tally t;
	struct txt txt;

	txt_start(&txt, r);
	while (app_region(&in, &region, &t))
		if ((all || tally_all(&t) > t.stopped) &&
		    !txt_item(&txt, ',', region.at, region.len))
			break;
	return txt_finish(&txt);
}

static enum query_next
answer_seen_apps(struct txt *txt)
{
	struct reply *r = txt->reply;
	struct label name = { NULL, 0 };

	while (view_next(r->q, &name))
		if (lookup_app(r->env->snapshot, r->network, name, &r->app) &&
		    !txt_item(txt, ',', name.at, name.len))
			break;
	return txt_finish(txt);
}

enum query_next
answer_apps(struct reply *r)
{
	struct wire_in strings;
	struct range range;
	struct txt txt;

	txt_start(&txt, r);
	if (view_is_limited(r->q))
		return answer_seen_apps(&txt);
	range_names(&range, r->env->snapshot, r->q->network);
	while (range_name_strings(&range, &strings) &&
	    txt_strings(&txt, ',', strings))
		;
	return txt_finish(&txt);
}

/* The next name of a list in pages whose number is above LEAST. */
static bool
next_name(struct range *range, struct wire_in *page, int64_t least,
    struct label *name, int64_t *is)
{
	do {
		while (page_next(page, name, is))
			if (*is > least)
				return true;
	} while (range_page(range, least, page));
	return false;
}

static void
watch_peers(const struct reply *r)
{
	const struct label none = { NULL, 0 };
	struct range range;
	struct peer peer;

	range_peers(&range, r->env->snapshot, r->q->network);
	while (r->env->watch != NULL && range_peer(&range, &peer))
		watch_fact(r->env, "peer", none, peer.name,
		    single_peer_fate(r->env, peer.name, peer.expires));
}

enum query_next
answer_peers(struct reply *r)
{
	struct wire_in page = wire_in(NULL, 0);
	struct range range;
	struct label name;
	int64_t expires;
	struct txt txt;

	watch_peers(r);
	txt_start(&txt, r);
	range_peer_names(&range, r->env->snapshot, r->q->network);
	while (next_name(&range, &page, r->env->now, &name, &expires)) {
		reply_expires(r, expires);
		if (!txt_item(&txt, ',', name.at, name.len))
			break;
	}
	return txt_finish(&txt);
}

enum query_next
answer_instances(struct reply *r)
{
	bool limited = view_is_limited(r->q);
	int64_t least = r->q->name.kind == NAME_INSTANCES, is;
	struct label name = { NULL, 0 };
	struct snapshot *s = r->env->snapshot;
	struct wire_in page = wire_in(NULL, 0);
	struct range range;
	struct app app;
	struct txt txt;

	txt_start(&txt, r);
	range_filled(&range, s, r->q->network);
	while (limited ? view_next(r->q, &name)
		       : next_name(&range, &page, least, &name, &is))
		if (lookup_app(s, r->network, name, &app) &&
		    !list_app(&txt, &app, true))
			break;
	return txt_finish(&txt);
}
