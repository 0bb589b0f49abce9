/*
 * journal.c - see journal.h.
 */
#include "zones/store/write/journal.h"

#include "impl.h"

static void
journal_key(struct store_key *key, uint64_t commit)
{
	key_init(key, NETWORK_NONE, KEY_JOURNAL);
	wire_put32(&key->out, (uint32_t)(commit % JOURNAL_LENGTH));
}

void
text_put(struct wire_out *out, const char *text)
{
	wire_put16(out, (uint16_t)strlen(text));
	wire_put(out, text, strlen(text));
}

void
journal_write(struct store_txn *t)
{
	const struct store_meta *meta = &t->head.meta;
	uint8_t buf[JOURNAL_MAX];
	struct wire_out out = wire_out(buf, sizeof(buf));
	struct store_key key;

	wire_put64(&out, meta->commits);
	wire_put64(&out, (uint64_t)meta->committed_ms);
	wire_put64(&out, mdb_txn_id(t->txn));
	text_put(&out, meta->cursor);
	text_put(&out, meta->source);
	for (int i = 0; i < STORE_CHANGES; i++)
		for (int kind = 0; kind < FACT_KINDS; kind++)
			wire_put32(&out, t->changes.count[i][kind]);
	journal_key(&key, meta->commits);
	txn_put(t, &key, buf, out.len);
}

/* False where another program has written it, with other kinds of facts. */
static bool
read_entry(struct journal_entry *e, const MDB_val *v)
{
	struct wire_in in = val_in(v);

	*e = (struct journal_entry){ .meta = { .commits = wire_get64(&in) } };
	e->meta.committed_ms = (int64_t)wire_get64(&in);
	e->txnid = wire_get64(&in);
	store_text(&in, e->meta.cursor, sizeof(e->meta.cursor));
	store_text(&in, e->meta.source, sizeof(e->meta.source));
	for (int i = 0; i < STORE_CHANGES; i++)
		for (int kind = 0; kind < FACT_KINDS; kind++)
			e->changes.count[i][kind] = wire_get32(&in);
	return !in.bad && wire_left(&in) == 0;
}

int
journal_copy(MDB_txn *txn, MDB_dbi dbi, uint64_t *commit, struct wire_out *out)
{
	struct store_head head = { .meta = { .commits = *commit } };
	struct store_key key;
	MDB_val k, v;
	int rc = 0;

	key_init(&key, NETWORK_NONE, KEY_HEAD);
	k = key_val(&key);
	if (*commit == 0 && (rc = mdb_get(txn, dbi, &k, &v)) == 0 &&
	    store_head_read(&head, &v) != E_OK)
		rc = MDB_CORRUPTED;
	*commit = head.meta.commits;
	journal_key(&key, *commit);
	k = key_val(&key);
	if (rc == 0 && (rc = mdb_get(txn, dbi, &k, &v)) == 0)
		wire_put(out, v.mv_data, v.mv_size);
	return rc;
}

bool
journal_holds(const MDB_val *k, const MDB_val *v)
{
	struct journal_entry entry;
	struct store_key key;

	if (!read_entry(&entry, v))
		return false;
	journal_key(&key, entry.meta.commits);
	return key_is(&key, k);
}

enum err
snapshot_journal(struct snapshot *s, journal_each *each, void *arg)
{
	struct journal_entry entry;
	struct store_meta now;
	struct store_key key;
	enum err err = snapshot_meta(s, &now);
	MDB_val k, v;
	int rc = 0;

	for (uint64_t i = now.commits; err == E_OK && rc == 0 && i > 0; i--) {
		journal_key(&key, i);
		k = key_val(&key);
		rc = guard_find(s->txn, s->env->dbi, &k, &v);
		if (rc == 0 &&
		    (!read_entry(&entry, &v) || entry.meta.commits != i ||
			!each(arg, &entry)))
			break;
	}
	return err != E_OK || rc == MDB_NOTFOUND ? err : store_err(rc);
}
