/*
 * list.c - TXT lists of what there is.
 */
#include "impl.h"

#include "base/addr_text.h"
#include "zones/store/read/brief.h"

static size_t
item_text(char *out, size_t at, const char *text)
{
	size_t len = strlen(text);

	memcpy(out + at, text, len);
	return at + len;
}

static size_t
item_label(char *out, size_t at, struct label l)
{
	memcpy(out + at, l.at, l.len);
	return at + l.len;
}

/* How well they are does not matter. */
static bool
is_listed(const struct instance *i, bool all)
{
	return all || i->tier != TIER_STOPPED;
}

static bool
is_anywhere(const struct tally *t)
{
	return t->tier[TIER_WELL].instances > 0 ||
	    t->tier[TIER_CRITICAL].instances > 0 ||
	    t->tier[TIER_DRAINING].instances > 0;
}

/* ID REGION */
enum query_next
answer_vms(struct reply *r)
{
	bool all = r->q->name.kind == NAME_ALL_VMS;
	char item[2 * DNS_LABEL_MAX + 1];
	struct instance i;
	struct txt txt;

	txt_start(&txt, r);
	while (app_instance(&r->app, &i)) {
		size_t len = item_label(item, 0, i.id);

		watch_instance(
		    r, &i, is_listed(&i, all) ? FATE_TAKEN : FATE_STOPPED);
		if (!is_listed(&i, all))
			continue;
		item[len++] = ' ';
		len = item_label(item, len, i.region);
		if (!txt_item(&txt, ',', item, len))
			break;
	}
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
		if ((all || is_anywhere(&t)) &&
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

static enum query_fate
peer_fate(const struct peer *p, int64_t now)
{
	if (peer_is_interactive(p->name))
		return FATE_INTERACTIVE;
	return is_expired(p->expires, now) ? FATE_EXPIRED : FATE_TAKEN;
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
		    peer_fate(&peer, r->env->now));
}

enum query_next
answer_peers(struct reply *r)
{
	struct wire_in page;
	struct range range;
	struct label name;
	int64_t expires;
	struct txt txt;

	watch_peers(r);
	txt_start(&txt, r);
	range_peer_names(&range, r->env->snapshot, r->q->network);
	while (!txt.full && range_peer_page(&range, r->env->now, &page))
		while (peer_name_next(&page, &name, &expires)) {
			if (is_expired(expires, r->env->now))
				continue;
			reply_expires(r, expires);
			if (!txt_item(&txt, ',', name.at, name.len))
				break;
		}
	return txt_finish(&txt);
}

static size_t
first_address(const struct instance *i, char *out, size_t at)
{
	char text[ADDR_TEXT] = "";
	struct addr a;

	if (i->six_count + i->four_count == 0)
		return at;
	if (i->six_count == 0 ||
	    ((i->flags & BRIEF_V4_FIRST) != 0 && i->four_count > 0))
		a = addr_from_v4(i->four);
	else
		memcpy(a.ip, i->six, 16);
	return item_text(out, at, addr_text(&a, text));
}

/* instance=ID,app=APP,ip=ADDR,region=REGION: 254 octets at most. */
static size_t
describe(const struct instance *i, char *out)
{
	size_t len = item_text(out, 0, "instance=");

	len = item_label(out, len, i->id);
	len = item_text(out, len, ",app=");
	len = item_label(out, len, i->app);
	len = item_text(out, len, ",ip=");
	len = first_address(i, out, len);
	len = item_text(out, len, ",region=");
	return item_label(out, len, i->region);
}

/* False: the list is full. */
static bool
describe_all(struct txt *txt, struct app *app)
{
	struct reply *r = txt->reply;
	bool all = r->q->name.kind == NAME_ALL_INSTANCES;
	char item[9 + 5 + 4 + 8 + 3 * DNS_LABEL_MAX + ADDR_TEXT];
	struct instance i;

	while (app_instance(app, &i)) {
		watch_instance(
		    r, &i, is_listed(&i, all) ? FATE_TAKEN : FATE_STOPPED);
		if (is_listed(&i, all) &&
		    !txt_item(txt, ';', item, describe(&i, item)))
			return false;
	}
	return true;
}

enum query_next
answer_instances(struct reply *r)
{
	struct label name = { NULL, 0 };
	struct snapshot *s = r->env->snapshot;
	bool some = view_is_limited(r->q);
	struct range range;
	struct app app;
	struct txt txt;

	txt_start(&txt, r);
	range_instances(&range, s, r->q->network);
	while (some ? view_next(r->q, &name) : range_any_app(&range, &app))
		if ((!some || lookup_app(s, r->network, name, &app)) &&
		    !describe_all(&txt, &app))
			break;
	return txt_finish(&txt);
}
