/*
 * txt.c - the one TXT record of a list.
 */
#include "impl.h"

#include "base/txt_strings.h"

void
txt_start(struct txt *t, struct reply *r)
{
	t->reply = r;
	t->start = r->out.len;
	t->any = t->full = false;
	reply_record(r, TYPE_TXT);
	wire_put16(&r->out, 0);
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
	size_t len = wire_get8(&strings), n;
	const uint8_t *at = wire_take(&strings, len);

	while (at != NULL && 1 + len <= out->cap - out->len) {
		wire_put8(out, (uint8_t)len);
		wire_put(out, at, len);
		len = wire_get8(&strings);
		at = wire_take(&strings, len);
	}
	if (at == NULL || out->len == out->cap)
		return;
	for (n = out->cap - out->len - 1; n > 0 && at[n] != separator;)
		n--;
	if (n == 0)
		return;
	wire_put8(out, (uint8_t)n);
	wire_put(out, at, n);
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

/* A list of peers knows its TTL when it has seen them all. */
static void
patch_ttl(struct reply *r, size_t start)
{
	struct wire_out ttl = wire_out(r->out.buf + start + 6, 4);

	wire_put32(&ttl, r->ttl);
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
	patch_ttl(r, t->start);
	dns_put16(
	    r->out.buf + t->start + 10, (uint16_t)(r->out.len - t->start - 12));
	r->answers++;
	return reply_finish(r, RCODE_NOERROR);
}
