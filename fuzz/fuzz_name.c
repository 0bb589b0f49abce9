/*
 * fuzz_name.c - any octets as a name, and as the text of one.
 *
 * What is read as a name is written as text that is read as the same name;
 * what its form borrows lies within it.
 */
#include "zones/names/name.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static bool
lies_inside(struct label l, const struct dname *d)
{
	return l.at == NULL ||
	    (l.at > d->wire && l.at + l.len < d->wire + d->len &&
		l.at[-1] == l.len && l.len > 0);
}

static void
check_reverse(const struct name *n, const struct dname *d)
{
	struct addr m = addr_masked(&n->reverse.addr, n->reverse.len);

	assert(n->reverse.len <= 128 && n->reverse.len % 4 == 0);
	assert(addr_is_same(&m, &n->reverse.addr));
	assert(d->labels >= 3);
}

static void
check_form(const struct dname *d)
{
	struct name n = { 0 };

	name_read(&n, d, 0);
	assert(n.kind < NAME_KINDS);
	assert(lies_inside(n.app, d));
	assert(lies_inside(n.arg, d));
	assert(lies_inside(n.value, d));
	if (n.kind == NAME_NEAREST)
		assert(n.top > 0);
	if (n.kind == NAME_REVERSE)
		check_reverse(&n, d);
	if (n.kind != NAME_OTHER)
		assert(d->labels > 0);
}

static void
check_labels(const struct dname *d)
{
	unsigned at = 0;

	assert(d->len >= 1 && d->wire[d->len - 1] == 0);
	for (unsigned i = 0; i < d->labels; i++) {
		struct label l = dname_label(d, i);

		assert(d->at[i] == at && l.len > 0 && l.len <= DNS_LABEL_MAX);
		for (unsigned j = 0; j < l.len; j++)
			assert(l.at[j] < 'A' || l.at[j] > 'Z');
		at += 1U + l.len;
	}
	assert(at + 1 == d->len);
}

static void
check_name(const struct dname *d)
{
	char text[DNAME_TEXT];
	struct dname again;

	check_labels(d);
	assert(dname_parse(&again, dname_text(d, text)));
	assert(again.len == d->len && again.labels == d->labels);
	assert(memcmp(again.wire, d->wire, d->len) == 0);
	assert(dname_is_below(d, &again));
	check_form(d);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_in in = wire_in(data, size);
	char text[1024];
	struct dname d;

	if (dname_get(&d, &in)) {
		assert(in.pos == d.len);
		check_name(&d);
	} else {
		assert(in.bad && d.len == 0 && d.labels == 0);
	}
	if (size >= sizeof(text))
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (dname_parse(&d, text))
		check_name(&d);
	else
		assert(d.len == 0 && d.labels == 0);
	return 0;
}
