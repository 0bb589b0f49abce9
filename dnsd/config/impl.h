/*
 * impl.h - what the sources of the configuration share.
 *
 * A table of options says what a mapping may hold.  The reader (load.c)
 * walks the document and the table together and stores each value where its
 * row says; it knows no option by name.
 */
#ifndef DNSD_CONFIG_IMPL_H
#define DNSD_CONFIG_IMPL_H

#include "dnsd/config/config.h"

struct config_option;

/* A scalar of the document, and the row that it was found for. */
struct config_value {
	const char *text; /* no zero octet inside */
	unsigned line;
	const struct config_option *option;
	struct config_block **owned; /* what is pointed to is taken from it */
};

/* Stores the value at TO; E_INPUT where it is not what is allowed. */
typedef enum err config_set(void *to, const struct config_value *);

enum config_shape {
	SHAPE_VALUE,   /* one scalar, at AT */
	SHAPE_VALUES,  /* a list of scalars: an array, pointed to from AT */
	SHAPE_SECTION, /* a mapping with the same target; AT: bool, was there */
	SHAPE_SECTIONS /* a list of mappings: an array, pointed to from AT */
};

#define CONFIG_WORDS 5

struct config_option {
	const char *key; /* NULL ends the table */
	enum config_shape shape;
	bool required;
	size_t at;                        /* offset in the target */
	size_t size;                      /* octets of a value or an element */
	size_t count_at;                  /* lists: offset of the count */
	config_set *set;                  /* VALUE, VALUES */
	const struct config_option *keys; /* SECTION, SECTIONS */
	uint64_t least, most;             /* numbers: from, to; texts: octets */
	bool units;                       /* numbers: also with KiB, ... */
	const char *words[CONFIG_WORDS];  /* of an enum, in its order */
	const char *preset;  /* the value where the key is absent, as text */
	const char *absent;  /* no such value: what is then, for people */
	const char *allowed; /* other values: what may stand there */
	const char *help;    /* Markdown; bounds of numbers come behind it */
};

/* options.c: what a whole file may hold. */
extern const struct config_option config_options[];

/* memory.c: what a configuration points to. */
void *config_take(struct config_block **owned, size_t n); /* zeroed, or NULL */
char *config_copy(struct config_block **owned, const char *text);

/*
 * load.c: fills TARGET from TEXT by config_options.  An array in it is NULL
 * where its key was absent.  Elements of SECTIONS begin with their line.
 */
enum err config_load(void *target, struct config_block **owned,
    const char *file, const char *text, size_t len,
    char why[CONFIG_WHY]) MUST_CHECK;

/* Writes "FILE:LINE: " and the text into WHY; returns E_INPUT. */
enum err config_complain(char why[CONFIG_WHY], const char *file, unsigned line,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* value.c: what values may be. */
config_set config_set_text, config_set_label, config_set_region,
    config_set_dnstap, config_set_number, config_set_word, config_set_prefix,
    config_set_suffix, config_set_special, config_set_secret;

/* address.c: where to listen and whom to ask. */
config_set config_set_listen, config_set_upstream;
/* "192.0.2.1" or "fe80::2%eth0": without a link it means nothing. */
bool config_address(struct addr *, struct config_link *, char *text);

/* check.c: what options ask of each other. */
enum err config_check(const struct config *, char why[CONFIG_WHY]) MUST_CHECK;
/* A question sent there would come back to a listener of ours. */
bool config_is_ourselves(const struct config *, const struct config_upstream *);

/* resolv.c: the nameservers of a resolv.conf become the upstreams. */
enum err config_resolv(struct config *, const char *file) MUST_CHECK;

#endif
