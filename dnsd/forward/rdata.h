/*
 * rdata.h - writing records anew, and what stands in the rdata of each type.
 *
 * What a record's type says is all that may stand in it: octets of a fixed
 * number, names, strings, and nothing behind them.  Types that are not in
 * the table are octets (RFC 3597, 3).
 *
 * A record that is written stands behind a question, means the same at its
 * new place, and has the asker's letters where the question's name is in it:
 * whatever ends as that does is a pointer to it.
 */
#ifndef DNSD_FORWARD_RDATA_H
#define DNSD_FORWARD_RDATA_H

#include "dnsd/forward/message.h"

#define NAMES_KEPT 64

/* Records that are being written, and names in them to point to. */
struct rewrite {
	struct wire_out out; /* bad: there was no room, or bad rdata */
	const struct dname *qname;
	bool same;   /* the records come from behind the same question */
	size_t base; /* where OUT begins in its message */
	unsigned count;
	struct {
		uint16_t at; /* in the message */
		uint8_t len; /* octets of the whole name from there on */
	} known[NAMES_KEPT];
};

void rewrite_start(struct rewrite *, uint8_t *room, size_t cap,
    const struct dname *qname, bool same);
void rewrite_record(
    struct rewrite *, const uint8_t *pkt, const struct record *);

#endif
