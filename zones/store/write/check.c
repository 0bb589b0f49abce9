/*
 * check.c - is every summary what its facts make, and nothing else?
 */
#include "zones/store/write/check.h"

#include "check_impl.h"

#include "base/addr_text.h"

/* Two facts with one address, two networks with one prefix: no damage. */
static void
tell_claims(struct check *c, const MDB_val *k, struct wire_in in)
{
	char text[ADDR_TEXT];
	struct claim first, claim;
	struct addr a = { 0 };
	unsigned n = 0;

	in.bad = !key_addr(k, &a);
	for (; claim_next(&in, &claim); n++)
		if (n == 0)
			first = claim;
	c->found[KEY_CLAIMS] += n;
	if (n > 1)
		check_say(c, false,
		    "address %s has %u owners: the newest, %s %.*s%s%.*s, "
		    "owns its reverse name",
		    addr_text(&a, text), n, first.is_peer ? "peer" : "instance",
		    first.app.len, (const char *)first.app.at,
		    first.is_peer ? "" : "/", first.id.len,
		    (const char *)first.id.at);
	if (in.bad)
		check_say(c, true, "claims to %s cannot be read",
		    addr_text(&a, text));
}

static void
tell_prefix(struct check *c, const MDB_val *k, const MDB_val *v)
{
	const uint8_t *key = k->mv_data;
	size_t n = v->mv_size / 4;
	char text[PREFIX_TEXT];
	struct prefix p;

	c->found[KEY_PREFIX] += n;
	if (n < 2 || k->mv_size != 22)
		return;
	memcpy(p.addr.ip, key + 6, 16);
	p.len = key[5];
	check_say(c, false, "prefix %s is that of %zu networks",
	    prefix_text(&p, text), n);
}

static size_t
count_entries(struct wire_in page)
{
	struct pack_entry e;
	size_t n = 0;

	(void)pack_head(&page);
	while (pack_next(&page, &e))
		n++;
	return page.bad ? SIZE_MAX : n;
}

static bool
is_app(struct check *c, const MDB_val *k, struct label name)
{
	struct store_key key;
	MDB_val v;

	key.out = wire_out(key.buf, sizeof(key.buf));
	key_bytes(&key, k->mv_data, 4);
	wire_put8(&key.out, KEY_INSTANCES);
	key_bytes(&key, name.at, name.len);
	return check_get(c, &key, &v);
}

/*
 * The list of apps names apps, in order; as there are as many, it names
 * each.  Written again, a page is what it was.
 */
static void
check_names(struct check *c, const MDB_val *k, struct wire_in page)
{
	struct label first = { (const uint8_t *)k->mv_data + KEY_START,
		(uint8_t)(k->mv_size - KEY_START) };
	struct names_in in = { .page = page };
	uint8_t buf[NAMES_FULL];
	struct wire_out out = wire_out(buf, sizeof(buf));
	size_t string = names_start(&out);
	bool any = first.len > 0;
	struct label name;

	if (!any)
		c->name = (struct label){ 0 };
	for (; names_next(&in, &name); any = true, c->name = name) {
		c->found[KEY_NAMES]++;
		if (label_compare(c->name, name) >= 0 ||
		    label_compare(first, name) > 0 || !is_app(c, k, name))
			check_say(c, true,
			    "the list of apps has %.*s by mistake", name.len,
			    (const char *)name.at);
		string = names_add(&out, string, any, name);
	}
	if (in.page.bad || out.bad || out.len != page.len ||
	    memcmp(buf, page.buf, page.len) != 0)
		check_say(c, true, "a list of apps is not as it is written");
}

static void
count_key(struct check *c, const MDB_val *k, const MDB_val *v)
{
	enum key_kind kind = key_kind(k->mv_data);
	struct wire_in in = val_in(v);

	switch (key_row(kind).value) {
	case VALUE_CLAIMS:
		tell_claims(c, k, in);
		break;
	case VALUE_COUNT:
		c->found[kind] += wire_get32(&in);
		break;
	case VALUE_PACK:
		c->found[kind] += count_entries(in);
		break;
	case VALUE_NUMBERS:
		tell_prefix(c, k, v);
		break;
	case VALUE_NAMES:
		check_names(c, k, in);
		break;
	case VALUE_FACT:
	case VALUE_SUMMARY:
	case VALUE_OWN:
		c->found[kind]++;
	}
}

/* Apps are the one kind of fact that has to be found by its summary. */
static bool
is_counted(enum key_kind kind)
{
	struct key_row row = key_row(kind);

	return row.name != NULL && row.value != VALUE_OWN &&
	    (row.value != VALUE_FACT || kind == KEY_APP);
}

static enum err
count_keys(struct check *c)
{
	MDB_val k, v;
	int rc = mdb_cursor_get(c->snapshot->walk, &k, &v, MDB_FIRST);

	for (; rc == 0;
	     rc = mdb_cursor_get(c->snapshot->walk, &k, &v, MDB_NEXT)) {
		if (k.mv_size < KEY_START)
			return E_DAMAGED;
		count_key(c, &k, &v);
	}
	for (unsigned i = 0; i < KEY_KINDS; i++)
		if (is_counted((enum key_kind)i) &&
		    c->found[i] != c->expected[i])
			check_say(c, true,
			    "%s: %llu in the store, of which facts make %llu",
			    key_row((enum key_kind)i).name,
			    (unsigned long long)c->found[i],
			    (unsigned long long)c->expected[i]);
	return rc == MDB_NOTFOUND ? E_OK : store_err(rc);
}

enum err
snapshot_check(struct snapshot *s,
    void (*report)(void *arg, bool damage, const char *line), void *arg)
{
	struct check c = { .snapshot = s, .report = report, .arg = arg };
	enum err err = check_facts(&c);

	if (err == E_OK)
		err = count_keys(&c);
	return err == E_OK && c.damaged ? E_DAMAGED : err;
}
