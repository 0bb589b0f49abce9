/*
 * dname.c - see dname.h.
 */
#include "zones/names/dname.h"

#include "base/letters.h"

typedef uint8_t octets __attribute__((vector_size(16)));

/*
 * Lower case, sixteen octets at a time.  Length octets are below 64 and 'A'
 * is 65, so a whole name can be folded without looking at its labels.
 */
static inline octets
fold16(uint8_t *to, const uint8_t *from)
{
	octets v;

	memcpy(&v, from, sizeof(v));
	v |= (octets)(v - 'A' < 26) & 0x20;
	memcpy(to, &v, sizeof(v));
	return v;
}

static inline bool
any(octets mask)
{
	uint64_t half[2];

	memcpy(half, &mask, sizeof(half));
	return (half[0] | half[1]) != 0;
}

/* Folds; true where there is a zero among the octets. */
static bool
fold_short(uint8_t *to, const uint8_t *from, size_t len)
{
	bool zero = false;

	for (size_t i = 0; i < len; i++) {
		to[i] = letter_lower(from[i]);
		zero |= to[i] == 0;
	}
	return zero;
}

/*
 * The last sixteen once more with what is before them: a copy of unknown
 * length by itself costs more than all of this.
 */
static bool
fold(uint8_t *to, const uint8_t *from, size_t len)
{
	octets zero;

	if (len < sizeof(octets))
		return fold_short(to, from, len);
	zero = fold16(to + len - 16, from + len - 16) == 0;
	for (size_t i = 0; i + 16 < len; i += 16)
		zero |= fold16(to + i, from + i) == 0;
	return any(zero);
}

bool
dname_get(struct dname *d, struct wire_in *in)
{
	const uint8_t *start = in->buf + in->pos;
	size_t most = wire_left(in), len = 0;
	unsigned labels = 0;
	uint8_t label;

	if (most > DNS_NAME_MAX)
		most = DNS_NAME_MAX;
	do {
		label = len < most ? start[len] : UINT8_MAX;
		if (label > DNS_LABEL_MAX) {
			in->bad = true;
			d->len = d->labels = 0;
			return false;
		}
		d->at[labels++] = (uint8_t)len;
		len += 1U + label;
	} while (label != 0);
	in->pos += len;
	d->has_zero = fold(d->wire, start, len - 1);
	d->wire[len - 1] = 0;
	d->len = (uint8_t)len;
	d->labels = (uint8_t)(labels - 1);
	return true;
}

/* One character of text, escapes undone; -1 where it is none. */
static int
parse_octet(const char **text)
{
	const char *t = *text;
	int v;

	if (t[0] != '\\') {
		*text = t + 1;
		return (uint8_t)t[0];
	}
	if (t[1] < '0' || t[1] > '9') {
		*text = t + (t[1] == '\0' ? 1 : 2);
		return t[1] == '\0' ? -1 : (uint8_t)t[1];
	}
	v = 0;
	for (int i = 1; i <= 3; i++) {
		if (t[i] < '0' || t[i] > '9')
			return -1;
		v = v * 10 + (t[i] - '0');
	}
	*text = t + 4;
	return v > 255 ? -1 : v;
}

bool
dname_parse(struct dname *d, const char *text)
{
	uint8_t buf[DNS_NAME_MAX];
	struct wire_out out = wire_out(buf, sizeof(buf));
	struct wire_in in;

	d->len = d->labels = 0;
	if (text[0] == '.' && text[1] == '\0')
		text++;
	while (*text != '\0') {
		uint8_t *len = wire_room(&out, 1);
		unsigned n = 0;

		for (; *text != '\0' && *text != '.'; n++) {
			int octet = parse_octet(&text);

			if (octet < 0)
				return false;
			wire_put8(&out, (uint8_t)octet);
		}
		if (len == NULL || n == 0 || n > DNS_LABEL_MAX)
			return false;
		*len = (uint8_t)n;
		if (*text == '.')
			text++;
	}
	wire_put8(&out, 0);
	if (out.bad)
		return false;
	in = wire_in(buf, out.len);
	return dname_get(d, &in);
}

static char *
text_octet(char *out, uint8_t c)
{
	if (c <= ' ' || c >= 0x7f) {
		*out++ = '\\';
		*out++ = (char)('0' + c / 100);
		*out++ = (char)('0' + c / 10 % 10);
		*out++ = (char)('0' + c % 10);
		return out;
	}
	if (strchr(".\\\"();@$", c) != NULL)
		*out++ = '\\';
	*out++ = (char)c;
	return out;
}

const char *
dname_text(const struct dname *d, char out[DNAME_TEXT])
{
	char *to = out;

	for (unsigned i = 0; i < d->labels; i++) {
		struct label l = dname_label(d, i);

		if (i > 0)
			*to++ = '.';
		for (unsigned j = 0; j < l.len; j++)
			to = text_octet(to, l.at[j]);
	}
	if (d->labels == 0)
		*to++ = '.';
	*to = '\0';
	return out;
}

bool
dname_is_below(const struct dname *d, const struct dname *other)
{
	int left = d->labels - other->labels;

	/* The tail must start where a label starts: labels hold any octet. */
	return left >= 0 && d->at[left] == d->len - other->len &&
	    memcmp(d->wire + d->at[left], other->wire, other->len) == 0;
}
