/*
 * err.h - why a function failed.  Zero is success.
 *
 * A DNS rcode is another type: it is an answer, not an error.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <assert.h>

#define MUST_CHECK __attribute__((warn_unused_result))

enum err {
	E_OK,
	E_SYSTEM,  /* a system call failed; errno says why */
	E_NOMEM,   /* no memory */
	E_ABSENT,  /* the store is not there, or never saw a commit */
	E_FULL,    /* the disk or the map is full */
	E_FORMAT,  /* the store is of another version of the program */
	E_DAMAGED, /* bytes that we did not write so */
	E_READERS, /* no reader slot is free */
	E_LOCK,    /* the store's lock file does not tell what the store does */
	E_MOVED,   /* another store was put where this one was written */
	E_INPUT,   /* what was read breaks a rule; it has been reported */
	E_NOTFOUND, /* no such fact */
	E_REFUSED,  /* nothing was stored; it was said why */
	ERR_COUNT_
};

static inline const char *
err_str(enum err e)
{
	static const char *const phrase[] = {
		[E_OK] = "success",
		[E_SYSTEM] = "system call failed",
		[E_NOMEM] = "out of memory",
		[E_ABSENT] = "no store there yet",
		[E_FULL] = "no space left for the store",
		[E_FORMAT] = "store has another format than this program",
		[E_DAMAGED] = "store is damaged",
		[E_READERS] = "too many readers have the store open",
		[E_LOCK] = "lock.mdb does not fit it: remove lock.mdb",
		[E_MOVED] = "another store was put in its place: start again",
		[E_INPUT] = "bad input",
		[E_NOTFOUND] = "no such fact",
		[E_REFUSED] = "refused",
	};

	static_assert(sizeof(phrase) / sizeof(phrase[0]) == ERR_COUNT_,
	    "one phrase an error");
	return phrase[e];
}

#endif
