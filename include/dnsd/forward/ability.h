/*
 * ability.h - what an upstream can do, as far as it has shown.
 *
 *	unknown -> yes   a reply had what our question had
 *	unknown -> no    a good reply lacked it, or one came only without it
 *	yes -> no        the same over TCP, which nobody forges from afar
 *	any -> unknown   its end: YES is renewed by each reply that shows it
 *	yes, doubted     ends within a minute, where TCP cannot settle it
 *
 * Nothing is learnt for life, and what replies lack over UDP never lowers
 * what is asked of them: whoever sends such replies may be a forger.
 */
#ifndef DNSD_FORWARD_ABILITY_H
#define DNSD_FORWARD_ABILITY_H

#include <stdbool.h>
#include <stdint.h>

enum able {
	ABLE_EDNS,    /* RFC 6891 */
	ABLE_DO,      /* returns DO: RFC 3225 */
	ABLE_COOKIES, /* RFC 7873 */
	ABLE_LETTERS, /* repeats the case of letters */
	ABLE_UDP,
	ABLE_TCP,
	ABLE_COUNT_
};

enum learnt { LEARNT_NOTHING, LEARNT_YES, LEARNT_NO };

/* Why it is thought so. */
enum evidence {
	EVIDENCE_NONE,
	EVIDENCE_SHOWN,    /* a reply had it */
	EVIDENCE_LACKED,   /* a good reply lacked it */
	EVIDENCE_REFUSED,  /* an error with it, an answer without */
	EVIDENCE_SILENT,   /* nothing came with it, an answer without */
	EVIDENCE_NO_STREAM /* no connection, or it broke */
};

struct ability {
	enum learnt is;
	enum evidence why;
	bool stream; /* seen over TCP */
	int64_t since_us, until_us;
};

enum learnt ability_is(const struct ability *, int64_t now_us);
void ability_show(struct ability *, bool stream, int64_t now_us);
/* Changes a YES only where STREAM. */
void ability_lack(struct ability *, enum evidence, bool stream, int64_t now_us);
/* A reply contradicts a YES, and TCP cannot settle it. */
void ability_doubt(struct ability *, int64_t now_us);

const char *able_str(enum able);
const char *evidence_str(enum evidence);

#endif
