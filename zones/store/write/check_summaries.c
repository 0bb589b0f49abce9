/*
 * check_summaries.c - what is in a summary, to be held against what facts make.
 *
 * Each check_X() is for one kind of value, and says what is wrong with it that
 * facts have no part in, or NULL.
 */
#include "base/addr_text.h"
#include "check_impl.h"
#include "left_impl.h"

static const char nothing[] = "holds nothing";
static const char unread[] = "cannot be read";
static const char disorder[] = "is not in order";

void
check_claim_key(struct store_key *key, const struct claim *c)
{
	char title[FACT_TITLE];

	claim_title(c, title);
	*strchr(title, ' ') = '\0';
	key_text(key, title);
	key_end_part(key);
	key_bytes(key, c->app.at, c->app.len);
	if (c->app.len > 0 && c->id.len > 0)
		key_end_part(key);
	key_bytes(key, c->id.at, c->id.len);
}

/* Two facts with one address: no damage. */
static void
say_owners(struct check *c, const MDB_val *k, const struct claim *newest,
    size_t owners)
{
	char text[ADDR_TEXT], title[FACT_TITLE];
	struct addr a;

	if (owners < 2 || c->pass != CHECK_SUM || !key_addr(k, &a))
		return;
	check_say(c, false,
	    "address %s has %zu owners: the newest, %s, owns its reverse name",
	    addr_text(&a, text), owners, claim_title(newest, title));
}

static const char *
check_claims(struct check *c, const MDB_val *k, struct wire_in in)
{
	struct claim newest = { 0 }, claim;
	size_t n = 0, start = 0;
	struct store_key key;

	for (; claim_next(&in, &claim); n++, start = in.pos) {
		newest = n == 0 ? claim : newest;
		key_copy(&key, k->mv_data, k->mv_size);
		check_claim_key(&key, &claim);
		check_meet(c, &key, in.buf + start, in.pos - start);
	}
	say_owners(c, k, &newest, n);
	return in.bad ? unread : n == 0 ? nothing : NULL;
}

/*
 * Of a list in pages: entries are in order, and none is before START, which
 * the key of a page that is not the first ends with.
 */
static bool
is_next(struct check *c, struct label start, struct label entry)
{
	bool is = (c->last.at == NULL || label_compare(c->last, entry) < 0) &&
	    label_compare(start, entry) <= 0;

	c->last = entry;
	return is;
}

/* Only an app's first page may be without entries. */
static const char *
check_pack(struct check *c, const MDB_val *k, struct wire_in page)
{
	struct wire_in rest = key_rest(k);
	size_t app = strnlen((const char *)rest.buf, rest.len), n = 0;
	struct label start = { 0 };
	struct store_key key;
	struct pack_entry e;
	bool ordered = true;

	if (app < rest.len)
		start = (struct label){ rest.buf + app + 1,
			(uint8_t)(rest.len - app - 1) };
	else
		c->last = start;
	(void)pack_head(&page);
	for (; pack_next(&page, &e); n++) {
		struct label entry = { e.key, (uint8_t)e.key_len };

		ordered = is_next(c, start, entry) && ordered;
		key_copy(&key, k->mv_data, KEY_START + app);
		key_end_part(&key);
		key_bytes(&key, e.key, e.key_len);
		check_meet(c, &key, e.payload, e.payload_len);
	}
	if (page.bad)
		return unread;
	return !ordered                  ? disorder
	    : n == 0 && start.at != NULL ? nothing
					 : NULL;
}

/* Written again, a page is what it was. */
static const char *
check_names(struct check *c, const MDB_val *k, struct wire_in page)
{
	enum key_kind kind = key_kind(k->mv_data);
	const struct paged_codec *codec = names_codec(kind);
	size_t len = names_prefix(k->mv_data, k->mv_size);
	struct label start = { (const uint8_t *)k->mv_data + len,
		(uint8_t)(k->mv_size > len ? k->mv_size - len : 0) };
	struct page_in in = { .page = page };
	uint8_t buf[NAMES_PAGE];
	struct page_out again = { .out = wire_out(buf, sizeof(buf)),
		.any = start.len > 0 };
	struct store_key key;
	struct pack_entry e;
	bool ordered = true;
	size_t n = 0;

	if (start.len == 0)
		c->last = (struct label){ 0 };
	for (; codec->get(&in, &e); n++) {
		struct label name = { e.key, (uint8_t)e.key_len };

		ordered = is_next(c, start, name) && ordered;
		codec->put(&again, &e);
		key_copy(&key, k->mv_data, len < k->mv_size ? len : k->mv_size);
		key_bytes(&key, e.key, e.key_len);
		check_meet(c, &key, e.payload, e.payload_len);
	}
	if (n == 0)
		return nothing;
	if (in.page.bad || again.out.len != page.len ||
	    memcmp(buf, page.buf, page.len) != 0)
		return "is not as it is written";
	return ordered ? NULL : disorder;
}

static const char *
check_value_alone(struct check *c, const MDB_val *k, const MDB_val *v)
{
	struct store_key key;

	key_copy(&key, k->mv_data, k->mv_size);
	check_meet(c, &key, v->mv_data, v->mv_size);
	return NULL;
}

static const char *
check_value(
    struct check *c, enum key_value value, const MDB_val *k, const MDB_val *v)
{
	switch (value) {
	case VALUE_CLAIMS:
		return check_claims(c, k, val_in(v));
	case VALUE_PACK:
		return check_pack(c, k, val_in(v));
	case VALUE_NAMES:
		return check_names(c, k, val_in(v));
	case VALUE_SUMMARY:
		return check_value_alone(c, k, v);
	case VALUE_OWN: /* there is one of each */
		return k->mv_size == KEY_START ? NULL
					       : check_value_alone(c, k, v);
	case VALUE_JOURNAL:
		return journal_holds(k, v) ? NULL : "is no entry of its place";
	case VALUE_LEFT:
		return left_holds(k, v, &c->arena) ? NULL : "cannot be read";
	case VALUE_FACT:
		break;
	}
	return NULL;
}

/* A page of a pack that has several is counted. */
void
check_count(struct check *c, const MDB_val *k, struct wire_in page)
{
	bool more;
	uint8_t buf[NAMES_COUNT];
	struct wire_out count = wire_out(buf, sizeof(buf));
	struct store_key key;
	struct pack_entry e;
	uint16_t n = 0;

	names_page(&key, k->mv_data, k->mv_size);
	(void)pack_head_of(&page, &more);
	while (pack_next(&page, &e))
		n++;
	wire_put16(&count, n);
	if (n > 0 && (more || key.out.len == k->mv_size))
		check_expect(c, &key, buf, count.len);
}

/* When a later page ends is told apart. */
void
check_end(struct check *c, const MDB_val *k, const MDB_val *v)
{
	struct store_key key;

	if (v->mv_size >= 8 && names_end(&key, k->mv_data, k->mv_size))
		check_expect(c, &key, v->mv_data, 8);
}

void
check_summary(
    struct check *c, enum key_value value, const MDB_val *k, const MDB_val *v)
{
	const char *why = check_value(c, value, k, v);
	struct store_key key;

	if (why == NULL || c->pass != CHECK_SUM)
		return;
	key_copy(&key, k->mv_data, k->mv_size);
	check_say_key(c, &key, why);
}
