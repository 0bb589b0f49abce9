/*
 * book.c - facts where they are kept, read and then changed as one.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "impl.h"
#include "zones/facts/field.h"
#include "zones/facts/json.h"
#include "zones/facts/stored.h"
#include "zones/store/write/facts.h"

static void
fact_add(struct book *b, const struct fact *f)
{
	struct facts *list = &b->read[f->kind];

	if (list->count == list->room) {
		size_t more = list->room * 2 + 16;
		struct fact *bigger =
		    arena_take(&b->arena, more * sizeof(*bigger));

		if (list->count > 0)
			memcpy(bigger, list->at, list->count * sizeof(*bigger));
		list->at = bigger;
		list->room = more;
	}
	list->at[list->count++] = *f;
}

/* One that is valid during a call: its fields live on as stored ones do. */
static bool
fact_keep(void *arg, const struct fact *f, bool implied)
{
	struct book *b = arg;
	struct fact kept = { .kind = f->kind,
		.network = arena_text(&b->arena, f->network),
		.app = arena_text(&b->arena, f->app),
		.id = arena_text(&b->arena, f->id),
		.to = arena_text(&b->arena, f->to) };
	static uint8_t buf[FACT_STORED_MAX];
	struct wire_out out = wire_out(buf, sizeof(buf));

	if (implied)
		return true;
	fact_encode(f, f->age, &out);
	if (fact_decode(&kept, wire_in(buf, out.len), &b->arena))
		fact_add(b, &kept);
	return true;
}

static void
fact_take(void *arg, const struct fact *f)
{
	fact_add(arg, f);
}

static bool
store_failed(struct book *b, enum err err)
{
	log_error("store %s: %s%s%s", b->o->store, err_str(err),
	    err == E_SYSTEM ? ": " : "",
	    err == E_SYSTEM ? strerror(errno) : "");
	b->failed = true;
	return false;
}

/* A store that follows a source would lose what it did not get from there. */
static bool
source_check(struct book *b)
{
	struct store_meta meta;
	enum err err = store_txn_meta(b->txn, &meta);

	if (err != E_OK)
		return store_failed(b, err);
	if (meta.source[0] == '\0')
		return true;
	log_error("store %s follows %s: write there with --to, or have the"
		  " line for who does with --print",
	    b->o->store, meta.source);
	return false;
}

static bool
writer_start(struct book *b)
{
	const struct store_options options = { .path = b->o->store,
		.no_sync = b->o->no_sync };
	enum err err = store_open_writer(&b->store, &options);

	if (err != E_OK)
		return store_failed(b, err);
	store_begin(b->store, &b->txn);
	return source_check(b);
}

static bool
reader_start(struct book *b)
{
	enum err err = store_open_reader(&b->store, b->o->store);

	if (err == E_OK)
		err = snapshot_open(b->store, &b->snapshot);
	if (err == E_OK)
		err = snapshot_refresh(b->snapshot);
	return err == E_OK || store_failed(b, err);
}

static bool
book_start(struct book *b, bool writes)
{
	if (b->o->to.source != NULL)
		return (b->edit = etcd_edit_open(&b->o->to)) != NULL;
	return writes && !b->o->print ? writer_start(b) : reader_start(b);
}

static bool
entry_kind_read(struct book *b, enum fact_kind kind)
{
	const char *network = kind != FACT_EXPORT && fact_kind_has_network(kind)
	    ? b->o->network
	    : NULL;
	enum err err;

	if (b->edit != NULL)
		return etcd_edit_read(
		    b->edit, kind, network, &b->arena, fact_take, b);
	err = b->txn != NULL
	    ? store_facts(b->txn, kind, network, fact_keep, b)
	    : snapshot_facts(b->snapshot, kind, network, fact_keep, b);
	return err == E_OK || store_failed(b, err);
}

struct fact *
facts_find(const struct facts *list, const char *id)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct fact *f = &list->at[i];
		const char *own = f->kind == FACT_NETWORK ? f->network
		    : f->kind == FACT_APP                 ? f->app
							  : f->id;

		if (strcmp(own, id) == 0)
			return &list->at[i];
	}
	return NULL;
}

const struct fact *
book_peer(const struct book *b, const char *name)
{
	const struct fact *peer = facts_find(&b->read[FACT_PEER], name);

	if (peer == NULL)
		log_error("%s/%s: there is no such peer", b->o->network, name);
	return peer;
}

bool
book_open(struct book *b, const struct wireguard_options *o, bool writes,
    unsigned kinds)
{
	memset(b, 0, sizeof(*b));
	b->o = o;
	if (!book_start(b, writes) || !entry_kind_read(b, FACT_NETWORK))
		return false;
	b->network = facts_find(&b->read[FACT_NETWORK], o->network);
	if (b->network == NULL) {
		log_error("%s: there is no such network", o->network);
		return false;
	}
	for (enum fact_kind kind = 0; kind < FACT_KINDS; kind++)
		if (kind != FACT_NETWORK && (kinds >> kind & 1) != 0 &&
		    !entry_kind_read(b, kind))
			return false;
	return true;
}

void
book_close(struct book *b)
{
	store_abort(b->txn);
	snapshot_close(b->snapshot);
	store_close(b->store);
	etcd_edit_close(b->edit);
	arena_release(&b->arena);
	memset(b, 0, sizeof(*b));
}

static void
book_line_print(const struct fact *f, bool is)
{
	if (is)
		fact_json_print(stdout, f);
	else
		(void)printf(
		    "{\"delete\":\"%s\",\"network\":\"%s\",\"name\":\"%s\"}",
		    fact_kind_str(f->kind), f->network, f->id);
	(void)putchar('\n');
}

static enum err
change_note(
    struct book *b, const struct fact *f, bool is, struct complaint *why)
{
	if (b->txn != NULL)
		return (is ? store_put : store_delete)(b->txn, f, why);
	if (b->o->print)
		book_line_print(f, is);
	else
		(is ? etcd_edit_put : etcd_edit_delete)(b->edit, f);
	return E_OK;
}

/* As if a control plane had written it, so that all its rules hold. */
static enum err
written_check(struct book *b, const struct fact *f, struct complaint *why)
{
	struct fact read = { .kind = f->kind };
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	json_t *object;
	enum err err;

	if (out == NULL)
		no_memory();
	fact_json_print(out, f);
	(void)fclose(out);
	object = json_loadb(text, len, 0, NULL);
	free(text);
	if (object == NULL)
		return complain(why, "name", "must be UTF-8", f->id);
	err = fact_json_read(&read, &b->arena, object, "put", why);
	json_decref(object);
	return err;
}

static void
book_change(struct book *b, const struct fact *f, bool is)
{
	struct complaint why;
	char title[FACT_TITLE];
	enum err err = is ? written_check(b, f, &why) : E_OK;

	if (b->failed)
		return;
	if (err == E_OK)
		err = change_note(b, f, is, &why);
	if (err == E_INPUT)
		log_error("%s: %s: %s: \"%s\"", fact_title(f, title), why.field,
		    why.rule, why.value);
	else if (err != E_OK)
		(void)store_failed(b, err);
	b->failed = err != E_OK;
}

void
book_put(struct book *b, const struct fact *f)
{
	book_change(b, f, true);
}

void
book_delete(struct book *b, const struct fact *f)
{
	book_change(b, f, false);
}

static enum book_end
store_end(struct book *b)
{
	struct store_txn *txn = b->txn;
	enum err err;

	b->txn = NULL;
	err = store_commit(txn);
	if (err == E_OK)
		return BOOK_DONE;
	(void)store_failed(b, err);
	return BOOK_FAILED;
}

enum book_end
book_commit(struct book *b)
{
	if (b->failed)
		return BOOK_FAILED;
	if (b->txn != NULL)
		return store_end(b);
	if (b->o->print)
		return fflush(stdout) == 0 ? BOOK_DONE : BOOK_FAILED;
	switch (etcd_edit_commit(b->edit)) {
	case ETCD_EDITED:
		return BOOK_DONE;
	case ETCD_EDIT_AGAIN:
		return BOOK_AGAIN;
	case ETCD_EDIT_UNKNOWN:
		return BOOK_UNKNOWN;
	case ETCD_EDIT_FAILED:
		break;
	}
	return BOOK_FAILED;
}
