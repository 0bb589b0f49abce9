/*
 * field_list.h - what types share that hold more than one value.
 *
 * They differ in what an entry is.  To add a list: its entry, and its type.
 */
#ifndef ZONES_FACTS_FIELD_LIST_H
#define ZONES_FACTS_FIELD_LIST_H

#include "field_type.h"

#define ENTRY_TEXT 64 /* an entry's name, for a complaint */

struct field_entry {
	size_t size;
	const char *rule;  /* what it must be */
	const char *twice; /* what no two may be */
	bool (*parse)(void *entry, struct arena *, const struct span *);
	const char *(*name)(const void *entry, char out[ENTRY_TEXT]);
	/* NULL: that it can be parsed is all. */
	enum err (*check)(
	    const void *entry, const struct field *, struct complaint *);
	/* NULL: octet by octet. */
	bool (*is_same)(const void *entry, const void *other);
	/* NULL: its name. */
	void (*print)(const struct field_printing *, const void *entry);
	void (*put)(struct wire_out *, const void *entry);
	void (*get)(struct wire_in *, void *entry, struct arena *);
};

struct list {
	const void *at;
	unsigned count;
	size_t size; /* of an entry */
};

static inline struct list
list_of(const struct fact *f, const struct field *field)
{
	struct list l = { .size = field->type->entry->size };

	member_get(f, field->at, &l.at, sizeof(l.at));
	member_get(f, field->count, &l.count, sizeof(l.count));
	return l;
}

void list_set(
    struct fact *, const struct field *, const void *at, unsigned count);

/* See struct field_type. */
enum err list_take(struct fact_reading *, const struct field *,
    const struct field_value *) MUST_CHECK;
enum err list_check(
    const struct fact *, const struct field *, struct complaint *) MUST_CHECK;
bool list_is_set(const struct fact *, const struct field *);
void list_print(
    const struct field_printing *, const struct fact *, const struct field *);
/* u8 count, then each entry. */
void list_put(struct wire_out *, const struct fact *, const struct field *);
void list_get(
    struct wire_in *, struct fact *, const struct field *, struct arena *);

/* In a type's initializer; put and get are to be added. */
#define FIELD_LIST(of)                                                         \
	.take = list_take, .check = list_check, .is_set = list_is_set,         \
	.print = list_print, .entry = &(of)

#endif
