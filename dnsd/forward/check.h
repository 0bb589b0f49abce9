/*
 * check.h - is this the reply to what was asked?
 *
 * RFC 5452, 9: id, port, sender and question; beyond it the case of
 * letters and cookies, where the upstream is known to return them.
 */
#ifndef DNSD_FORWARD_CHECK_H
#define DNSD_FORWARD_CHECK_H

#include "pending.h"

enum forward_drop {
	DROP_NOT,
	DROP_SHORT,
	DROP_NOT_RESPONSE,
	DROP_ID,
	DROP_SENDER,
	DROP_QUESTION,
	DROP_LETTERS,
	DROP_COOKIE,
	DROP_MALFORMED,
	DROP_COUNT_
};

/* All but the cookie, which is behind the records. */
enum forward_drop forward_check(const struct attempt *,
    const struct sockaddr *from, const uint8_t *pkt, size_t len);
enum forward_drop forward_check_cookie(
    const struct attempt *, const struct answer_reply *);
/* One that has no question: what it is, and whether that can be believed. */
enum forward_drop forward_check_short(
    const struct attempt *, const uint8_t *pkt, struct answer_reply *);
/* An accepted reply teaches what the upstream can: see ability.h. */
void forward_learn(const struct attempt *, const uint8_t *pkt, size_t len,
    const struct answer_reply *, int64_t now_us);
const char *forward_drop_str(enum forward_drop);

#endif
