/*
 * list.c - peers, a line each.
 */
#include <jansson.h>
#include <stdio.h>
#include <time.h>

#include "base/addr_text.h"
#include "base/log.h"
#include "device.h"
#include "impl.h"
#include "zones/facts/time_text.h"
#include "zones/store/write/facts.h"

static const char *
or_dash(const char *text)
{
	return text == NULL ? "-" : text;
}

static const char *const roles[] = { "observer", "developer", "admin",
	"owner" };

struct list {
	const struct device_peers *device; /* NULL: nobody asked */
	int64_t now;
};

/* When the device heard it; -1: it is not there. */
static int64_t
seen_find(const struct list *list, const struct fact *f)
{
	const struct device_peer *peer = f->public_key == NULL
	    ? NULL
	    : device_peers_find(list->device, f->public_key);

	return peer == NULL ? -1 : peer->seen;
}

static bool
peer_list(void *arg, const struct fact *f, bool implied)
{
	const struct list *list = arg;
	char address[ADDR_TEXT], text[LEASE_TEXT];
	int64_t seen;

	(void)implied;
	(void)printf("%s/%s  %s  %s  %s  %s  %s", f->network, f->id,
	    or_dash(f->gateway), or_dash(f->region),
	    addr_text(&f->addresses[0], address), roles[f->role],
	    lease_text(f->expires, list->now, text));
	if (list->device != NULL) {
		seen = seen_find(list, f);
		(void)printf(
		    "  %s", seen < 0 ? "-" : lease_ago(seen, list->now, text));
	}
	(void)putchar('\n');
	return !ferror(stdout);
}

/* The same for programs; "seen" is 0 where it never was, null where it is not.
 */
static bool
peer_list_json(void *arg, const struct fact *f, bool implied)
{
	const struct list *list = arg;
	char address[ADDR_TEXT], end[TIME_TEXT];
	json_t *o = json_pack("{s:s, s:s, s:s?, s:s?, s:s, s:s, s:s?}",
	    "network", f->network, "name", f->id, "gateway", f->gateway,
	    "region", f->region, "address",
	    addr_text(&f->addresses[0], address), "role", roles[f->role],
	    "expires", f->expires == 0 ? NULL : time_text(f->expires, end));
	int64_t seen;

	(void)implied;
	if (o == NULL)
		no_memory();
	if (list->device != NULL) {
		seen = seen_find(list, f);
		(void)json_object_set_new(
		    o, "seen", seen < 0 ? json_null() : json_integer(seen));
	}
	(void)json_dumpf(o, stdout, JSON_COMPACT);
	json_decref(o);
	(void)putchar('\n');
	return !ferror(stdout);
}

static enum err
store_list(const struct wireguard_options *o, struct list *list)
{
	struct snapshot *snapshot = NULL;
	struct store *store;
	enum err err = store_open_reader(&store, o->store);

	if (err == E_OK)
		err = snapshot_open(store, &snapshot);
	if (err == E_OK)
		err = snapshot_refresh(snapshot);
	if (err == E_OK)
		err = snapshot_facts(snapshot, FACT_PEER, o->network,
		    o->json ? peer_list_json : peer_list, list);
	if (err != E_OK)
		log_error("store %s: %s", o->store, err_str(err));
	snapshot_close(snapshot);
	store_close(store);
	return err;
}

bool
wireguard_list(const struct wireguard_options *o)
{
	struct device_peers device = { .count = 0 };
	struct list list = { .device = o->device == NULL ? NULL : &device,
		.now = time(NULL) };
	bool good = (o->device == NULL || device_read(&device, o->device)) &&
	    store_list(o, &list) == E_OK && fflush(stdout) == 0;

	device_peers_release(&device);
	return good;
}
