/*
 * dname.h - a domain name as it travels, in lower case, with its labels.
 */
#ifndef ZONES_NAMES_DNAME_H
#define ZONES_NAMES_DNAME_H

#include "base/dns.h"
#include "base/err.h"
#include "base/wire.h"
#include "zones/names/label.h"

struct dname {
	uint8_t len;                /* octets of wire, with the root's zero */
	uint8_t labels;             /* without the root */
	bool has_zero;              /* some label holds a zero octet */
	uint8_t at[DNS_LABELS_MAX]; /* where each label's length octet is */
	uint8_t wire[DNS_NAME_MAX]; /* lower case */
};

static inline struct label
dname_label(const struct dname *d, unsigned i)
{
	const uint8_t *p = d->wire + d->at[i];

	assert(i < d->labels);
	return (struct label){ .at = p + 1, .len = p[0] };
}

/*
 * Reads an uncompressed name: a question's name has nothing before it that
 * a pointer could mean (RFC 1035, 4.1.4).  False, with the cursor bad,
 * where it is none.
 */
bool dname_get(struct dname *, struct wire_in *) MUST_CHECK;

/*
 * From text as people write it, with or without the last dot; \. and \DDD
 * as in RFC 1035 5.1.  False where it is no name.
 */
bool dname_parse(struct dname *, const char *text) MUST_CHECK;

/* Master file text without the last dot ("." for the root). */
#define DNAME_TEXT (4 * DNS_NAME_MAX + 1)
const char *dname_text(const struct dname *, char out[DNAME_TEXT]);

/* D is OTHER or below it.  */
bool dname_is_below(const struct dname *d, const struct dname *other);

#endif
