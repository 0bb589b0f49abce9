/*
 * list.c - peers, a line each.
 */
#include <stdio.h>
#include <time.h>

#include "base/addr_text.h"
#include "base/log.h"
#include "device.h"
#include "impl.h"
#include "zones/store/write/facts.h"

static const char *
or_dash(const char *text)
{
	return text == NULL ? "-" : text;
}

struct list {
	const struct device_peers *device; /* NULL: nobody asked */
	int64_t now;
};

/* Not on the device: "-". */
static void
seen_print(const struct list *list, const struct fact *f)
{
	const struct device_peer *peer = f->public_key == NULL
	    ? NULL
	    : device_peers_find(list->device, f->public_key);
	char ago[LEASE_TEXT];

	(void)printf(
	    "  %s", peer == NULL ? "-" : lease_ago(peer->seen, list->now, ago));
}

static bool
peer_list(void *arg, const struct fact *f, bool implied)
{
	static const char *const roles[] = { "observer", "developer", "admin",
		"owner" };
	const struct list *list = arg;
	char address[ADDR_TEXT], end[LEASE_TEXT];

	(void)implied;
	(void)printf("%s/%s  %s  %s  %s  %s  %s", f->network, f->id,
	    or_dash(f->gateway), or_dash(f->region),
	    addr_text(&f->addresses[0], address), roles[f->role],
	    lease_text(f->expires, list->now, end));
	if (list->device != NULL)
		seen_print(list, f);
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
		err = snapshot_facts(
		    snapshot, FACT_PEER, o->network, peer_list, list);
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
