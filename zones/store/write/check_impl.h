/*
 * check_impl.h - what the parts of a check share.
 *
 * A check goes through all keys.  A fact says which keys, or entries of lists
 * in their values, it makes (check_facts.c); a summary says which it is, or
 * has (check_summaries.c).  The sums of both are one where the summaries are
 * what the facts make, nothing less and nothing else.  Where they are not, all
 * keys are gone through again, and what differs is named.
 */
#ifndef ZONES_STORE_WRITE_CHECK_IMPL_H
#define ZONES_STORE_WRITE_CHECK_IMPL_H

#include "impl.h"
#include "zones/store/write/check.h"

/* What a value is, and so what a check holds against the facts. */
enum key_value {
	VALUE_FACT,    /* a fact: what is in it */
	VALUE_OWN,     /* the store's own, which no fact makes */
	VALUE_JOURNAL, /* an entry at its place */
	VALUE_LEFT,    /* a fact that no summary has */
	VALUE_SUMMARY, /* key and value are what one fact makes */
	VALUE_PACK,    /* entries, each of a fact's making */
	VALUE_NAMES,   /* the same */
	VALUE_CLAIMS   /* the same */
};

struct key_row {
	const char *name; /* for people; NULL: there is no such kind */
	enum key_value value;
};

/* check_kinds.c */
struct key_row key_row(enum key_kind);

enum check_pass {
	CHECK_SUM,    /* of what is made and what is there */
	CHECK_GATHER, /* what is made */
	CHECK_NAME    /* what is there and not among it */
};

struct check {
	struct snapshot *snapshot;
	const struct check_report *report;
	uint64_t keys, all; /* that were read, and are to be */
	enum check_pass pass;
	bool damaged;

	/* Whose the keys are that are gone through. */
	uint32_t number;
	bool has_network; /* it is there */
	uint32_t uses[NETWORK_USES];
	char network[DNS_LABEL_MAX + 1];

	struct label last; /* of the list of pages at hand */
	uint64_t made_sum, there_sum;
	struct arena arena;      /* of a fact */
	struct arena made_arena; /* of what is made */
	struct table made;
};

/* A line about what is wrong, or only strange where it is no DAMAGE. */
__attribute__((format(printf, 3, 4))) void check_say(
    struct check *, bool damage, const char *format, ...);
/* A key or an entry, and what is wrong with it. */
void check_say_key(struct check *, const struct store_key *, const char *why);

/* The network that the next keys are of. */
void check_enter(struct check *, uint32_t number);
/* False where the key is not there. */
bool check_get(struct check *, struct store_key *, MDB_val *);

/*
 * A key and its value that a fact makes, and those that are there.
 * The key of an entry is the list's, and behind it what it is known by.
 */
void check_expect(
    struct check *, const struct store_key *, const void *value, size_t);
void check_meet(
    struct check *, const struct store_key *, const void *value, size_t);
/* Names what is made and was not met. */
void check_missing(struct check *);
/* What a claim is known by, behind the key of its address. */
void check_claim_key(struct store_key *, const struct claim *);

/* What a fact makes; IMPLIED: an app that its instances have made. */
void check_fact(struct check *, const struct fact *, bool implied);
/* What all regions and distances make. */
enum err check_ranks(struct check *);

void check_count(struct check *, const MDB_val *k, struct wire_in page);
void check_end(struct check *, const MDB_val *k, const MDB_val *v);

/* What is in a summary. */
void check_summary(
    struct check *, enum key_value, const MDB_val *k, const MDB_val *v);

#endif
