/*
 * device.c - see device.h.
 */
#include "device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr_text.h"
#include "base/array.h"
#include "base/log.h"
#include "impl.h"

#define PEERS_A_CALL 200
#define ARGS         (8 + 4 * PEERS_A_CALL)
#define BLOCKS_MAX   256 /* of a peer that others made; ours has 64 */
#define ALLOWED_MAX  (FACT_LIST_MAX * (PREFIX_TEXT + 1))

void
device_peers_release(struct device_peers *p)
{
	free(p->at);
	arena_release(&p->arena);
	memset(p, 0, sizeof(*p));
}

static int
texts_compare(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

static int
peers_compare(const void *a, const void *b)
{
	const struct device_peer *x = a, *y = b;

	return strcmp(x->key, y->key);
}

void
device_peers_sort(struct device_peers *p)
{
	if (p->count > 0)
		qsort(p->at, p->count, sizeof(*p->at), peers_compare);
}

const struct device_peer *
device_peers_find(const struct device_peers *p, const char *key)
{
	const struct device_peer wanted = { .key = key };

	return p->count == 0
	    ? NULL
	    : bsearch(&wanted, p->at, p->count, sizeof(*p->at), peers_compare);
}

/* "b,a" as "a,b"; "(none)" as "". */
static const char *
sorted(struct arena *arena, const char *allowed)
{
	char *copy = arena_text(arena, allowed), *at;
	char *out = arena_text(arena, allowed), *end = out;
	const char *block[BLOCKS_MAX];
	size_t n = 0;

	if (strcmp(allowed, "(none)") == 0)
		return "";
	while ((at = strsep(&copy, ",")) != NULL && n < BLOCKS_MAX)
		block[n++] = at;
	qsort(block, n, sizeof(*block), texts_compare);
	*end = '\0';
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			*end++ = ',';
		end = stpcpy(end, block[i]);
	}
	return out;
}

static void
peer_add(
    struct device_peers *p, const char *key, const char *allowed, int64_t seen)
{
	p->at = array_grow(p->at, p->count, &p->room, sizeof(*p->at));
	p->at[p->count++] = (struct device_peer){ .key = arena_copy(&p->arena,
						      key, strlen(key)),
		.allowed = sorted(&p->arena, allowed),
		.seen = seen };
}

void
device_peers_add(struct device_peers *p, const struct fact *f)
{
	char text[PREFIX_TEXT], allowed[ALLOWED_MAX];
	size_t len = 0;

	allowed[0] = '\0';
	for (unsigned i = 0; i < f->address_count; i++) {
		const struct prefix block = { addr_masked(&f->addresses[i],
						  f->blocks[i]),
			f->blocks[i] };

		len += (size_t)snprintf(allowed + len, sizeof(allowed) - len,
		    "%s%s", i == 0 ? "" : ",", prefix_text(&block, text));
	}
	peer_add(p, f->public_key, allowed, 0);
}

/*
 * The first line is the device's own, its private key in front: it is
 * skipped, unread.  Then key, preshared key, endpoint, allowed, handshake, ...
 */
bool
device_dump_read(struct device_peers *p, char *dump)
{
	char *line = strchr(dump, '\n'), *next;

	if (line == NULL)
		return false;
	explicit_bzero(dump, (size_t)(line - dump));
	for (line++; *line != '\0'; line = next) {
		char *field[5] = { NULL };

		next = strchrnul(line, '\n');
		if (*next != '\0')
			*next++ = '\0';
		for (int i = 0; i < 5; i++)
			field[i] = strsep(&line, "\t");
		if (line == NULL || strlen(field[0]) != FACT_PUBLIC_KEY)
			return false;
		peer_add(p, field[0], field[3], strtoll(field[4], NULL, 10));
	}
	device_peers_sort(p);
	return true;
}

bool
device_read(struct device_peers *p, const char *device)
{
	const char *const argv[] = { "wg", "show", device, "dump", NULL };
	const struct program show = { .argv = argv };
	struct text dump = { NULL, 0, 0 };
	bool good = program_run(&show, &dump);

	if (good && (dump.at == NULL || !device_dump_read(p, dump.at))) {
		log_error("wg show %s dump: cannot be read", device);
		good = false;
	}
	text_release(&dump);
	return good;
}

/* --- peers, as many a call as it takes */

struct calls {
	const char *device;
	const char *argv[ARGS];
	size_t argc, peers;
	bool failed;
};

static void
calls_flush(struct calls *c)
{
	const struct program set = { .argv = c->argv };

	c->argv[c->argc] = NULL;
	if (c->peers > 0)
		c->failed = !program_run(&set, NULL) || c->failed;
	c->argv[0] = "wg";
	c->argv[1] = "set";
	c->argv[2] = c->device;
	c->argc = 3;
	c->peers = 0;
}

/* ALLOWED NULL: it goes. */
static void
peer_set(struct calls *c, const char *key, const char *allowed)
{
	if (c->peers == PEERS_A_CALL || c->argc == 0)
		calls_flush(c);
	c->argv[c->argc++] = "peer";
	c->argv[c->argc++] = key;
	c->argv[c->argc++] = allowed == NULL ? "remove" : "allowed-ips";
	if (allowed != NULL)
		c->argv[c->argc++] = allowed;
	c->peers++;
}

/* What is gone first, so that its blocks are free for another key. */
static bool
peers_change(const char *device, const struct device_peers *has,
    const struct device_peers *shall)
{
	struct calls c = { .device = device };

	for (size_t i = 0; i < has->count; i++)
		if (device_peers_find(shall, has->at[i].key) == NULL)
			peer_set(&c, has->at[i].key, NULL);
	for (size_t i = 0; i < shall->count; i++) {
		const struct device_peer *s = &shall->at[i];
		const struct device_peer *h = device_peers_find(has, s->key);

		if (h == NULL || strcmp(h->allowed, s->allowed) != 0)
			peer_set(&c, s->key, s->allowed);
	}
	calls_flush(&c);
	return !c.failed;
}

/* --- routes to their blocks */

struct blocks {
	const char **at; /* sorted */
	size_t count, room;
};

static struct blocks
blocks_read(const struct device_peers *p, struct arena *arena)
{
	struct blocks b = { NULL, 0, 0 };

	for (size_t i = 0; i < p->count; i++) {
		const char *allowed = p->at[i].allowed;
		char *rest = arena_text(arena, allowed), *at;

		while ((at = strsep(&rest, ",")) != NULL) {
			b.at =
			    array_grow(b.at, b.count, &b.room, sizeof(*b.at));
			b.at[b.count] = at;
			b.count += *at != '\0';
		}
	}
	if (b.count > 0)
		qsort(b.at, b.count, sizeof(*b.at), texts_compare);
	return b;
}

static void
routes_add(struct text *batch, const char *verb, const struct blocks *of,
    const struct blocks *but, const char *device)
{
	size_t j = 0;

	for (size_t i = 0; i < of->count; i++) {
		while (j < but->count && strcmp(but->at[j], of->at[i]) < 0)
			j++;
		if (j == but->count || strcmp(but->at[j], of->at[i]) != 0)
			text_add(batch, "route %s %s dev %s\n", verb, of->at[i],
			    device);
	}
}

static bool
batch_run(struct text *batch, bool may_fail)
{
	static const char *const all[] = { "ip", "-force", "-batch", "-",
		NULL };
	const struct program ip = { .argv = all,
		.input = batch->at,
		.input_len = batch->len,
		.may_fail = may_fail };
	bool good = batch->len == 0 || program_run(&ip, NULL);

	text_release(batch);
	return good;
}

/* One that is to go may be gone: with its address, by another's hand. */
static bool
routes_change(const char *device, const struct device_peers *has,
    const struct device_peers *shall, bool anew)
{
	const struct blocks none = { NULL, 0, 0 };
	struct text goes = { NULL, 0, 0 }, comes = { NULL, 0, 0 };
	struct arena arena = { NULL };
	struct blocks h = blocks_read(has, &arena);
	struct blocks s = blocks_read(shall, &arena);
	bool good;

	routes_add(&goes, "del", &h, &s, device);
	routes_add(&comes, "replace", &s, anew ? &none : &h, device);
	good = batch_run(&goes, true);
	good = batch_run(&comes, false) && good;
	free(h.at);
	free(s.at);
	arena_release(&arena);
	return good;
}

bool
device_change(const char *device, const struct device_peers *has,
    const struct device_peers *shall, bool anew)
{
	return peers_change(device, has, shall) &&
	    routes_change(device, has, shall, anew);
}
