/*
 * list.c - peers, a line each.
 */
#include <stdio.h>
#include <time.h>

#include "base/addr_text.h"
#include "base/log.h"
#include "impl.h"
#include "zones/store/write/facts.h"

static const char *
or_dash(const char *text)
{
	return text == NULL ? "-" : text;
}

static bool
peer_list(void *arg, const struct fact *f, bool implied)
{
	static const char *const roles[] = { "observer", "developer", "admin",
		"owner" };
	char address[ADDR_TEXT], end[LEASE_TEXT];

	(void)arg;
	(void)implied;
	(void)printf("%s/%s  %s  %s  %s  %s  %s\n", f->network, f->id,
	    or_dash(f->gateway), or_dash(f->region),
	    addr_text(&f->addresses[0], address), roles[f->role],
	    lease_text(f->expires, time(NULL), end));
	return !ferror(stdout);
}

bool
wireguard_list(const struct wireguard_options *o)
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
		    snapshot, FACT_PEER, o->network, peer_list, NULL);
	if (err != E_OK)
		log_error("store %s: %s", o->store, err_str(err));
	snapshot_close(snapshot);
	store_close(store);
	return err == E_OK && fflush(stdout) == 0;
}
