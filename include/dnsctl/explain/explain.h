/*
 * explain.h - a question that is made up, and how it is answered, and why.
 *
 * Runs the server's own query path on a snapshot and writes a line for each
 * of its decisions: a word, blanks up to the 11th column, and what was
 * decided.  Behind an empty line stands the reply, as dig shows one.
 */
#ifndef DNSCTL_EXPLAIN_EXPLAIN_H
#define DNSCTL_EXPLAIN_EXPLAIN_H

#include <stdio.h>

#include "base/err.h"
#include "zones/store/read/store.h"

#define EXPLAIN_WHY 512

struct config;

/* As the operator wrote them; NULL: not given. */
struct explain_question {
	const char *name;
	const char *type;    /* else what the name is mostly asked for */
	const char *network; /* this or FROM must be given */
	const char *from;    /* an address */
	const char *to;      /* an address of the host that is asked */
	const char *region;  /* where the node stands that is asked */
	const struct config *config; /* the server's that is asked; or NULL */
};

/* E_INPUT: WHY says what is wrong with the question, without an end. */
enum err explain(FILE *out, struct snapshot *, const struct explain_question *,
    char why[EXPLAIN_WHY]) MUST_CHECK;

/* The same as one object: "steps", [word, text] each, and "reply". */
enum err explain_json(FILE *out, struct snapshot *,
    const struct explain_question *, char why[EXPLAIN_WHY]) MUST_CHECK;

#endif
