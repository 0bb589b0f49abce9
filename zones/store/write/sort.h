/*
 * sort.h - what a transaction wrote, put into the order of keys.
 *
 * A load has a million keys to sort and then to write.  Many are sorted from
 * the front, in a thread of its own, and the writer follows close behind:
 * what it waits for is the first few.
 */
#ifndef ZONES_STORE_WRITE_SORT_H
#define ZONES_STORE_WRITE_SORT_H

#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct overlay_entry;

/*
 * The key's first octets as numbers: with these, few comparisons touch the
 * keys, which are all over the memory.
 */
#define SORT_WORDS 3

struct sorted {
	uint64_t word[SORT_WORDS];
	struct overlay_entry *entry;
};

struct sort {
	struct sorted *all; /* borrowed; keys differ */
	size_t count, ready;
	size_t told; /* the thread's */
	bool threaded;
	pthread_t thread;
	sem_t step;
};

struct sorted sorted_of(struct overlay_entry *);

void sort_start(struct sort *, struct sorted *all, size_t count);
/*
 * How many stand where they belong, from the front: more than AT, which is
 * less than COUNT.  The others are not to be looked at yet.
 */
size_t sort_ready(struct sort *, size_t at);
void sort_end(struct sort *);

#endif
