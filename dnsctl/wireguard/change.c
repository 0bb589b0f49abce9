/*
 * change.c - peers that are there: longer leases, their end, what they were
 * given; and addresses of apps.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/addr_text.h"
#include "base/log.h"
#include "impl.h"

#define TRIES       1000
#define LEASE_USUAL "24h"

typedef bool peer_change(struct book *, const struct fact *);

static enum book_end
change_once(const struct wireguard_options *o, peer_change *how)
{
	enum book_end end = BOOK_FAILED;
	struct book b;

	if (book_open(&b, o, true, BOOK_KIND(FACT_PEER))) {
		const struct fact *peer = book_peer(&b, o->name);

		if (peer != NULL && how(&b, peer))
			end = book_commit(&b);
	}
	book_close(&b);
	return end;
}

static bool
said(enum book_end end, const struct wireguard_options *o)
{
	if (end == BOOK_AGAIN)
		log_error("network %s changes too fast", o->network);
	if (end == BOOK_UNKNOWN)
		log_error("nobody said whether it was done: try again");
	return end == BOOK_DONE && fflush(stdout) == 0;
}

static bool
book_peer_change(const struct wireguard_options *o, peer_change *how)
{
	enum book_end end = BOOK_AGAIN;

	for (unsigned i = 0; i < TRIES && end == BOOK_AGAIN; i++)
		end = change_once(o, how);
	return said(end, o);
}

static bool
peer_renew(struct book *b, const struct fact *peer)
{
	const char *lease = b->o->lease == NULL ? LEASE_USUAL : b->o->lease;
	struct fact renewed = *peer;

	renewed.expires = lease_end(lease, time(NULL));
	if (renewed.expires == 0)
		return false;
	book_put(b, &renewed);
	return true;
}

static bool
peer_remove(struct book *b, const struct fact *peer)
{
	book_delete(b, peer);
	return true;
}

bool
wireguard_renew(const struct wireguard_options *o)
{
	return book_peer_change(o, peer_renew);
}

bool
wireguard_remove(const struct wireguard_options *o)
{
	return book_peer_change(o, peer_remove);
}

/* --- what is there */

static bool
peer_show(struct book *b, const struct fact *peer)
{
	const struct keys none = { .private = "" };
	struct text text = { NULL, 0, 0 };
	bool good = config_write(b, peer, &none, &text) && text_write(&text, 1);

	if (good && b->o->qr)
		good = qr_print(&text);
	text_release(&text);
	return good && fflush(stdout) == 0;
}

bool
wireguard_show(const struct wireguard_options *o)
{
	bool good = false;
	struct book b;

	if (book_open(&b, o, false,
		BOOK_KIND(FACT_PEER) | BOOK_KIND(FACT_GATEWAY) |
		    (o->mesh ? BOOK_KIND(FACT_INSTANCE) : 0))) {
		const struct fact *peer = book_peer(&b, o->name);

		good = peer != NULL && peer_show(&b, peer);
	}
	book_close(&b);
	return good;
}

/* --- flycast */

/* The fact that is to have another address: an app, or its export. */
static struct fact
flycast_owner(const struct book *b, const struct wireguard_options *o)
{
	enum fact_kind kind = o->lease == NULL ? FACT_APP : FACT_EXPORT;
	struct fact none = { .kind = kind,
		.network = o->network,
		.app = o->name,
		.domain = kind == FACT_APP ? o->name : NULL,
		.to = o->lease,
		.as = kind == FACT_EXPORT ? o->name : NULL };

	for (size_t i = 0; i < b->read[kind].count; i++) {
		const struct fact *f = &b->read[kind].at[i];

		if (strcmp(f->app, none.app) == 0 &&
		    strcmp(f->network, none.network) == 0 &&
		    (kind == FACT_APP || strcmp(f->to, none.to) == 0))
			return *f;
	}
	return none;
}

static bool
flycast_put(struct book *b, const struct wireguard_options *o, struct addr *a)
{
	struct fact owner = flycast_owner(b, o);
	struct addr *list =
	    arena_take(&b->arena, (owner.address_count + 1) * sizeof(*list));

	if (!address_flycast(b, a))
		return false;
	if (owner.address_count > 0)
		memcpy(
		    list, owner.addresses, owner.address_count * sizeof(*list));
	list[owner.address_count++] = *a;
	owner.addresses = list;
	book_put(b, &owner);
	return true;
}

/* An export's address is one of the network that it goes to. */
bool
flycast_allocate(const struct wireguard_options *o)
{
	struct wireguard_options there = *o;
	enum book_end end = BOOK_AGAIN;
	char text[ADDR_TEXT];
	struct book b;
	struct addr a;

	if (o->lease != NULL)
		there.network = o->lease;
	for (unsigned i = 0; i < TRIES && end == BOOK_AGAIN; i++) {
		end = BOOK_FAILED;
		if (book_open(&b, &there, true, BOOK_ADDRESSES) &&
		    flycast_put(&b, o, &a))
			end = book_commit(&b);
		book_close(&b);
	}
	if (end == BOOK_DONE && !o->print)
		(void)puts(addr_text(&a, text));
	return said(end, &there);
}
