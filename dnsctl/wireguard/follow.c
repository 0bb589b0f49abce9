/*
 * follow.c - the device of a gateway is what the store says.
 *
 *	store changed, or a lease ended -> who shall be -> what differs -> wg
 *
 * At the start, and after a failure, the device itself says what it has.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/array.h"
#include "base/log.h"
#include "device.h"
#include "host/notify.h"
#include "impl.h"
#include "zones/store/write/facts.h"
#include "zones/store/write/journal.h"

#define LOOK_MS 10 /* between two looks at the store */
#define AGAIN_S 10 /* after a failure, where nothing is committed */

struct network_role {
	const char *id;
	uint8_t role;
};

struct follow {
	const struct wireguard_options *o;
	struct snapshot *snapshot;
	struct device_peers has, shall;
	struct device_peers kept; /* in the store, but for no device of ours */
	bool known;               /* has is what the device has */
	uint64_t seen;            /* commits */
	int64_t next;             /* when to look again, whatever; 0: never */
	enum err err;             /* of the store, as it was said */

	/* While peers are read. */
	struct network_role *role;
	size_t role_count, role_room;
	int64_t now;
};

/* --- who shall be */

static bool
network_take(void *arg, const struct fact *f, bool implied)
{
	struct follow *w = arg;

	(void)implied;
	w->role =
	    array_grow(w->role, w->role_count, &w->role_room, sizeof(*w->role));
	w->role[w->role_count++] =
	    (struct network_role){ arena_text(&w->shall.arena, f->network),
		    f->role };
	return true;
}

static int
roles_compare(const void *a, const void *b)
{
	const struct network_role *x = a, *y = b;

	return strcmp(x->id, y->id);
}

static bool
may_connect(const struct follow *w, const struct fact *f)
{
	const struct network_role wanted = { .id = f->network };
	const struct network_role *network = w->role_count == 0
	    ? NULL
	    : bsearch(&wanted, w->role, w->role_count, sizeof(*w->role),
		  roles_compare);

	return network != NULL && f->role >= network->role;
}

static void
look_at(struct follow *w, int64_t when)
{
	if (w->next == 0 || when < w->next)
		w->next = when;
}

static bool
peer_take(void *arg, const struct fact *f, bool implied)
{
	struct follow *w = arg;
	bool is_ours;

	(void)implied;
	if (f->public_key == NULL)
		return true;
	is_ours = f->gateway != NULL &&
	    strcmp(f->gateway, w->o->gateway) == 0 && may_connect(w, f) &&
	    (f->expires == 0 || f->expires > w->now);
	if (is_ours)
		device_peers_add(&w->shall, f);
	else if (w->o->keep_others)
		device_peers_add(&w->kept, f);
	if (is_ours && f->expires != 0)
		look_at(w, f->expires);
	return true;
}

static enum err
shall_read(struct follow *w)
{
	enum err err;

	device_peers_release(&w->shall);
	device_peers_release(&w->kept);
	w->role_count = 0;
	w->now = time(NULL);
	w->next = 0;
	err = snapshot_facts(w->snapshot, FACT_NETWORK, NULL, network_take, w);
	if (w->role_count > 0)
		qsort(w->role, w->role_count, sizeof(*w->role), roles_compare);
	if (err == E_OK)
		err =
		    snapshot_facts(w->snapshot, FACT_PEER, NULL, peer_take, w);
	device_peers_sort(&w->shall);
	device_peers_sort(&w->kept);
	return err;
}

/* --- whether to look */

struct since {
	uint64_t seen;
	bool found, changed;
};

static bool
lease_entry_take(void *arg, const struct journal_entry *entry)
{
	struct since *since = arg;

	since->found = entry->meta.commits <= since->seen;
	for (enum store_change c = 0; !since->found && c < STORE_CHANGES; c++)
		if (entry->changes.count[c][FACT_PEER] != 0 ||
		    entry->changes.count[c][FACT_NETWORK] != 0)
			since->changed = true;
	return !since->found && !since->changed;
}

/* Most commits are of instances, and no peer's concern. */
static enum err
is_changed(struct follow *w, bool *changed)
{
	struct since since = { .seen = w->seen };
	struct store_meta meta;
	enum err err = snapshot_meta(w->snapshot, &meta);

	if (err == E_OK && meta.commits != w->seen)
		err = snapshot_journal(w->snapshot, lease_entry_take, &since);
	*changed = err == E_OK && meta.commits != w->seen &&
	    (since.changed || !since.found);
	if (err == E_OK)
		w->seen = meta.commits;
	return err;
}

/* --- what the device has */

/* Peers that nobody in the store is are as if they were not there. */
static void
others_forget(struct follow *w)
{
	size_t kept = 0;

	for (size_t i = 0; i < w->has.count; i++)
		if (device_peers_find(&w->shall, w->has.at[i].key) != NULL ||
		    device_peers_find(&w->kept, w->has.at[i].key) != NULL)
			w->has.at[kept++] = w->has.at[i];
	w->has.count = kept;
}

static bool
bring_about(struct follow *w)
{
	bool anew = !w->known;

	w->known = false;
	if (anew) {
		device_peers_release(&w->has);
		if (!device_read(&w->has, w->o->device))
			return false;
		if (w->o->keep_others)
			others_forget(w);
	}
	if (!device_change(w->o->device, &w->has, &w->shall, anew))
		return false;
	device_peers_release(&w->has);
	w->has = w->shall;
	memset(&w->shall, 0, sizeof(w->shall));
	w->known = true;
	return true;
}

static void
store_say(struct follow *w, enum err err)
{
	if (err != w->err && err != E_OK)
		log_error("store %s: %s; it is looked at again", w->o->store,
		    err_str(err));
	w->err = err;
}

/* True: the device is what the store says. */
static bool
leases_look(struct follow *w)
{
	bool changed = false, due = w->next != 0 && w->next <= time(NULL);
	enum err err = snapshot_refresh(w->snapshot);

	if (err == E_OK)
		err = is_changed(w, &changed);
	changed = changed || due;
	if (err == E_OK && changed)
		err = shall_read(w);
	snapshot_rest(w->snapshot);
	store_say(w, err);
	if (err != E_OK)
		w->seen = 0;
	if (err != E_OK || !changed)
		return err == E_OK && w->known;
	if (!bring_about(w)) {
		log_warn("device %s: is tried again at the next commit, or in"
			 " %d s",
		    w->o->device, AGAIN_S);
		look_at(w, time(NULL) + AGAIN_S);
	}
	notify("READY=1\nSTATUS=%s: %zu peers%s", w->o->device, w->has.count,
	    w->known ? "" : ", not all of them known");
	return w->known;
}

static bool
follow_until_stop(struct follow *w)
{
	const struct timespec pause = { 0, LOOK_MS * 1000000L };

	while (!*w->o->stop) {
		bool good = leases_look(w);

		if (w->o->once)
			return good;
		(void)nanosleep(&pause, NULL);
	}
	return true;
}

bool
wireguard_follow(const struct wireguard_options *o)
{
	struct follow w = { .o = o };
	struct store *store = NULL;
	bool good = false;
	enum err err;

	if (o->gateway == NULL) {
		log_error("wireguard follow needs --gateway");
		return false;
	}
	err = store_open_reader(&store, o->store);
	if (err == E_OK)
		err = snapshot_open(store, &w.snapshot);
	if (err == E_OK)
		good = follow_until_stop(&w);
	else
		log_error("store %s: %s", o->store, err_str(err));
	snapshot_close(w.snapshot);
	store_close(store);
	device_peers_release(&w.has);
	device_peers_release(&w.shall);
	device_peers_release(&w.kept);
	free(w.role);
	return good;
}
