/*
 * txt.c - the one TXT record of a list.
 */
#include "impl.h"

#include "base/txt_strings.h"

void
txt_start(struct txt *t, struct reply *r)
{
	t->reply = r;
	t->start = reply_record(r, TYPE_TXT, 0);
	t->any = t->full = false;
	t->string = r->out.len;
	wire_put8(&r->out, 0);
}

bool
txt_item(struct txt *t, char separator, const void *item, size_t len)
{
	struct wire_out *out = &t->reply->out;
	size_t mark = out->len, string;

	if (t->full || out->bad)
		return false;
	string = txt_strings_add(out, t->string, t->any, separator, item, len);
	if (out->bad) {
		out->bad = false;
		out->len = mark;
		t->full = t->reply->q->truncated = true;
		return false;
	}
	t->string = string;
	t->any = true;
	return true;
}

/* What fits: whole strings, and of the next one whole items. */
static void
put_some(struct wire_out *out, char separator, struct wire_in strings)
{
	bool cut;

	do {
		struct label l = wire_get_label(&strings);
		size_t room = out->cap - out->len;

		cut = 1U + l.len > room;
		if (cut)
			l.len = (uint8_t)(room > 0 ? room - 1 : 0);
		while (cut && l.len > 0 && l.at[l.len] != separator)
			l.len--;
		if (l.len > 0)
			wire_put_label(out, l.at, l.len);
	} while (!cut && !strings.bad);
}

bool
txt_strings(struct txt *t, char separator, struct wire_in strings)
{
	struct wire_out *out = &t->reply->out;

	if (!t->any)
		out->len = t->string; /* the first comes with its length */
	t->full = strings.len > out->cap - out->len;
	if (t->full) {
		t->reply->q->truncated = true;
		put_some(out, separator, strings);
	} else {
		wire_put(out, strings.buf, strings.len);
	}
	t->any = out->len > t->string;
	return !t->full;
}

enum query_next
txt_finish(struct txt *t)
{
	struct reply *r = t->reply;

	if (!t->any) {
		r->out.len = t->start;
		r->out.bad = false;
		if (r->q->truncated)
			return reply_finish(r, RCODE_NOERROR);
		return reply_nodata(r);
	}
	/* A list of peers knows its TTL when it has seen them all. */
	dns_put32(r->out.buf + t->start + 6, r->ttl);
	(void)reply_record_end(r, t->start);
	return reply_finish(r, RCODE_NOERROR);
}
