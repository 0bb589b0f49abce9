/*
 * create.c - peers that come to be, and that get other keys.
 *
 *	keys -> book -> name -> file -> gateway, address -> configuration
 *	     -> on the disk -> commit -> the file has its name -> shown
 *
 * Who dies before the commit leaves no fact, and who dies after it a file
 * whose key is the peer's: the next try finds it and gives it its name.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/letters.h"
#include "base/log.h"
#include "base/secret.h"
#include "impl.h"
#include "zones/facts/field.h"

#define TRIES       1000 /* of who is always the slower one */
#define LEASE_USUAL "24h"
#define GUEST       "interactive-"
#define GUEST_CHARS 3 /* so that an interface can have the name */
#define STDOUT      "-"

/* What both commands that make a configuration have. */
struct making {
	const struct wireguard_options *o;
	struct keys keys;
	struct text text, left;
	struct pending file, png;
	char name[64], path[PATH_MAX];
	bool found; /* an earlier try had all but its file's name */
};

typedef bool peer_choose(struct making *, struct book *, struct fact *);

/* --- the name */

/* Three letters of a fair choice, which nobody in the network has. */
static void
guest_name(const struct book *b, char out[64])
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
	struct secret secret = { .left = 0 };

	do {
		size_t len = strlen(GUEST);

		memcpy(out, GUEST, len);
		for (unsigned i = 0; i < GUEST_CHARS; i++)
			out[len++] = letters[secret_next(&secret) % 32];
		out[len] = '\0';
	} while (facts_find(&b->read[FACT_PEER], out) != NULL);
}

/* NAME.conf, unless another was said; the name's own rules come later. */
static bool
names_choose(struct making *m, const struct book *b)
{
	const struct wireguard_options *o = m->o;

	if (o->name == NULL)
		guest_name(b, m->name);
	else if (strlen(o->name) >= sizeof(m->name))
		log_error("%s: is too long", o->name);
	else
		memcpy(m->name, o->name, strlen(o->name) + 1);
	text_lower(m->name);
	if (o->file == NULL)
		(void)snprintf(m->path, sizeof(m->path), "%s.conf", m->name);
	else if (strlen(o->file) >= sizeof(m->path))
		log_error("%s: is too long", o->file);
	else
		memcpy(m->path, o->file, strlen(o->file) + 1);
	return m->name[0] != '\0' && m->path[0] != '\0' &&
	    (strcmp(m->path, STDOUT) == 0 || output_check(m->path));
}

/* --- the peer */

/* By its name, by its region, or the only one there is. */
static const struct fact *
gateway_choose(const struct book *b)
{
	const struct facts *all = &b->read[FACT_GATEWAY];
	const struct wireguard_options *o = b->o;

	for (size_t i = 0; i < all->count; i++)
		if (o->gateway != NULL ? strcmp(o->gateway, all->at[i].id) == 0
			: o->region != NULL
			? strcmp(o->region, all->at[i].region) == 0
			: all->count == 1)
			return &all->at[i];
	if (o->gateway != NULL)
		log_error("--gateway %s: there is no such gateway", o->gateway);
	else if (o->region != NULL)
		log_error("--region %s: no gateway is there", o->region);
	else
		log_error("there are %zu gateways: say --region or --gateway",
		    all->count);
	return NULL;
}

/* "a,b" as the fact has it; the book's memory. */
static bool
apps_read(struct book *b, struct fact *peer)
{
	const char **list;
	char *at, *rest;

	if (b->o->apps == NULL)
		return true;
	rest = arena_text(&b->arena, b->o->apps);
	text_lower(rest);
	list = arena_take(&b->arena, FACT_LIST_MAX * sizeof(*list));
	while ((at = strsep(&rest, ",")) != NULL) {
		if (peer->app_count == FACT_LIST_MAX) {
			log_error("--apps: at most %d", FACT_LIST_MAX);
			return false;
		}
		list[peer->app_count++] = at;
	}
	peer->apps = list;
	return true;
}

static bool
role_read(const struct wireguard_options *o, uint8_t *role)
{
	const struct field *field = fact_fields(FACT_PEER);

	*role = ROLE_DEVELOPER;
	if (o->role == NULL)
		return true;
	while (strcmp(field->key, "role") != 0)
		field++;
	for (*role = 0; field->words[*role] != NULL; ++*role)
		if (strcmp(field->words[*role], o->role) == 0)
			return true;
	log_error(
	    "--role %s: must be observer, developer, admin or owner", o->role);
	return false;
}

static bool
rank_check(const struct book *b, const struct fact *peer)
{
	if (peer->role >= b->network->role)
		return true;
	log_error("network %s gives no configuration to a role below its own",
	    b->network->network);
	return false;
}

/* A guest's end comes by itself. */
static bool
lease_read(const struct wireguard_options *o, struct fact *peer)
{
	const char *lease = o->lease != NULL ? o->lease
	    : o->name == NULL                ? LEASE_USUAL
					     : NULL;

	if (lease != NULL)
		peer->expires = lease_end(lease, time(NULL));
	return lease == NULL || peer->expires != 0;
}

static bool
peer_make(struct making *m, struct book *b, struct fact *peer)
{
	static const struct fact none = { .number = 0 };
	const struct fact *gateway = &none;

	if (facts_find(&b->read[FACT_PEER], m->name) != NULL) {
		log_error("peer %s/%s is there: rekey, renew or remove it",
		    m->o->network, m->name);
		return false;
	}
	if ((!m->o->mesh || m->o->gateway != NULL) &&
	    (gateway = gateway_choose(b)) == NULL)
		return false;
	*peer = (struct fact){ .kind = FACT_PEER,
		.network = m->o->network,
		.id = m->name,
		.region = gateway == &none ? m->o->region : gateway->region,
		.gateway = gateway->id,
		.public_key = m->keys.public };
	return apps_read(b, peer) && lease_read(m->o, peer) &&
	    role_read(m->o, &peer->role) && rank_check(b, peer) &&
	    address_choose(b, gateway, peer);
}

/* The peer that is there, with other keys. */
static bool
peer_rekey(struct making *m, struct book *b, struct fact *peer)
{
	const struct fact *old = book_peer(b, m->name);

	if (old == NULL)
		return false;
	*peer = *old;
	peer->public_key = m->keys.public;
	return rank_check(b, peer);
}

/* --- its files */

/* With --print nobody has the peer yet: a file is for who asks for one. */
static bool
has_file(const struct making *m)
{
	return strcmp(m->path, STDOUT) != 0 &&
	    (!m->o->print || m->o->file != NULL);
}

static bool
files_open(struct making *m)
{
	struct text png_left = { NULL, 0, 0 };
	bool good =
	    (!has_file(m) || pending_open(&m->file, m->path, &m->left)) &&
	    (m->o->png == NULL || pending_open(&m->png, m->o->png, &png_left));

	text_release(&png_left);
	return good;
}

/* A picture that cannot hold all is said and left out: the file is there. */
static bool
files_write(struct making *m)
{
	struct text png = { NULL, 0, 0 };
	bool good = m->file.path == NULL || pending_write(&m->file, &m->text);

	if (good && m->png.path != NULL) {
		if (qr_png(&m->text, &png))
			good = pending_write(&m->png, &png);
		else
			pending_undo(&m->png);
	}
	text_release(&png);
	return good;
}

static void
files_undo(struct making *m)
{
	pending_undo(&m->file);
	pending_undo(&m->png);
}

/* What an earlier try left has the key that the peer has. */
static bool
is_left(struct making *m, const struct book *b)
{
	static const char word[] = "PrivateKey = ";
	const struct fact *peer = facts_find(&b->read[FACT_PEER], m->name);
	const char *at = m->left.at == NULL ? NULL : strstr(m->left.at, word);
	struct keys keys = { .private = "" };
	bool same = peer != NULL && peer->public_key != NULL && at != NULL &&
	    keys_read(&keys, at + strlen(word)) &&
	    strcmp(keys.public, peer->public_key) == 0;

	explicit_bzero(&keys, sizeof(keys));
	return same;
}

/* --- all of it */

static enum book_end
peer_write(struct making *m, struct book *b, peer_choose *choose)
{
	struct fact peer;

	if (is_left(m, b)) {
		log_warn("%s: an earlier try ended before its file was there:"
			 " here it is",
		    m->path);
		text_add_octets(&m->text, m->left.at, m->left.len);
		return files_write(m) ? BOOK_DONE : BOOK_FAILED;
	}
	if (!choose(m, b, &peer) || !config_write(b, &peer, &m->keys, &m->text))
		return BOOK_FAILED;
	book_put(b, &peer);
	return !b->failed && files_write(m) ? book_commit(b) : BOOK_FAILED;
}

static enum book_end
try_once(struct making *m, peer_choose *choose)
{
	enum book_end end = BOOK_FAILED;
	struct book book;

	text_release(&m->text);
	text_release(&m->left);
	if (book_open(
		&book, m->o, true, BOOK_ADDRESSES | BOOK_KIND(FACT_GATEWAY)) &&
	    names_choose(m, &book) && files_open(m))
		end = peer_write(m, &book, choose);
	if (end == BOOK_UNKNOWN)
		log_error("nobody said whether it was done; try again: what"
			  " was made is in %s.new",
		    m->path);
	else if (end != BOOK_DONE)
		files_undo(m);
	book_close(&book);
	return end;
}

static bool
pending_show(struct pending *p, const char *more, FILE *out)
{
	const char *path = p->path;

	if (path == NULL)
		return true;
	if (!pending_finish(p))
		return false;
	(void)fprintf(out, "wrote %s%s\n", path, more);
	return true;
}

/* Standard output is the configuration's, or the feed's, where one goes there.
 */
static bool
show(struct making *m)
{
	bool is_ours = !m->o->print && strcmp(m->path, STDOUT) == 0;
	bool has_png = m->o->png == NULL || m->png.path != NULL;
	FILE *out = m->o->print || is_ours ? stderr : stdout;
	bool good = pending_show(&m->file,
	    m->o->public_key != NULL
		? " (put the private key in it)"
		: " (it holds the private key, which cannot be shown again)",
	    out);

	good = pending_show(&m->png, "", out) && good && has_png;
	if (is_ours)
		good = text_write(&m->text, 1) && good;
	if (m->o->qr)
		good = qr_print(&m->text) && good;
	return fflush(stdout) == 0 && good;
}

static bool
keys_take(struct making *m)
{
	const char *given = m->o->public_key;

	if (given == NULL)
		return keys_make(&m->keys);
	if (strlen(given) != FACT_PUBLIC_KEY) {
		log_error("--public-key %s: must have %d letters, as wg pubkey"
			  " writes it",
		    given, FACT_PUBLIC_KEY);
		return false;
	}
	memcpy(m->keys.public, given, FACT_PUBLIC_KEY + 1);
	return true;
}

/* The line, the file: what is shown has one place each. */
static bool
print_check(const struct wireguard_options *o)
{
	bool to_stdout = o->file != NULL && strcmp(o->file, STDOUT) == 0;

	if (o->print && (to_stdout || o->qr))
		log_error("--print has standard output for itself");
	else if (o->print && o->file == NULL && o->public_key == NULL)
		log_error("--print makes no file unless FILE is said, and the"
			  " key would be lost: say FILE, or --public-key");
	else
		return true;
	return false;
}

static bool
configure(const struct wireguard_options *o, peer_choose *choose)
{
	struct making m = { .o = o };
	enum book_end end = BOOK_AGAIN;
	bool good = print_check(o);

	keys_guard();
	if (!good || !keys_take(&m))
		return false;
	for (unsigned i = 0; i < TRIES && end == BOOK_AGAIN; i++)
		end = try_once(&m, choose);
	if (end == BOOK_AGAIN)
		log_error("network %s changes too fast to choose an address",
		    o->network);
	good = end == BOOK_DONE && show(&m);
	text_release(&m.text);
	text_release(&m.left);
	explicit_bzero(&m, sizeof(m));
	return good;
}

bool
wireguard_create(const struct wireguard_options *o)
{
	return configure(o, peer_make);
}

bool
wireguard_rekey(const struct wireguard_options *o)
{
	return configure(o, peer_rekey);
}
