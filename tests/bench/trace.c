/*
 * trace.c - the query path on a fixed list of questions, without sockets.
 *
 *	trace STORE NETWORK QUESTIONS [ROUNDS]
 *
 * Every question is answered ROUNDS times, 32 to a snapshot as a loaded
 * worker does it.  The report is one line of JSON: nanoseconds a question.
 * Under callgrind only the answering is counted, from the second round on,
 * when all pages have been seen.
 */
#include "load.h"

#include "zones/query.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <valgrind/callgrind.h>

#define BATCH      32
#define PACKET_MAX 4096

void
load_fail(const char *what)
{
	fprintf(stderr, "trace: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t
processor_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

static void
answer(const struct questions *qs, size_t i, const char *network,
    struct query_env *env)
{
	static uint8_t pkt[PACKET_MAX];
	const struct question *q = &qs->all[i];
	struct query query = {
		.pkt = pkt, .len = q->len, .cap = sizeof(pkt), .bound = network
	};

	memcpy(pkt, qs->bytes + q->at, q->len);
	memcpy(query.from.ip, &q->source, sizeof(query.from.ip));
	if (query_answer(&query, env) != QUERY_SEND ||
	    (unsigned)query.rcode != q->rcode ||
	    (pkt[6] << 8 | pkt[7]) != q->answers) {
		fprintf(stderr, "trace: question %zu: rcode %d, %d answers\n",
		    i, (int)query.rcode, pkt[6] << 8 | pkt[7]);
		exit(1);
	}
}

static void
round_run(
    const struct questions *qs, const char *network, struct query_env *env)
{
	for (size_t i = 0; i < qs->count; i++) {
		if (i % BATCH == 0)
			env->store = snapshot_refresh(env->snapshot);
		answer(qs, i, network, env);
		if (i % BATCH == BATCH - 1)
			snapshot_rest(env->snapshot);
	}
	snapshot_rest(env->snapshot);
}

static void
rounds_run(const struct questions *qs, const char *network,
    struct query_env *env, unsigned long rounds)
{
	uint64_t begun;

	round_run(qs, network, env);
	begun = processor_ns();
	CALLGRIND_TOGGLE_COLLECT;
	for (unsigned long i = 0; i < rounds; i++)
		round_run(qs, network, env);
	CALLGRIND_TOGGLE_COLLECT;
	printf("{\"questions\":%zu,\"ns\":%.1f}\n", qs->count * rounds,
	    (double)(processor_ns() - begun) / (double)(qs->count * rounds));
}

int
main(int argc, char **argv)
{
	struct questions qs = { 0 };
	struct query_env env = { .max_udp_size = 1232,
		.region = "iad",
		.now = time(NULL),
		.rng = { 1 } };
	struct store *store;

	if (argc < 4) {
		fputs(
		    "usage: trace store network questions [rounds]\n", stderr);
		return 2;
	}
	questions_read(&qs, argv[3]);
	if (store_open_reader(&store, argv[1]) != E_OK ||
	    snapshot_open(store, &env.snapshot) != E_OK ||
	    query_env_init(&env) != E_OK)
		load_fail(argv[1]);
	rounds_run(
	    &qs, argv[2], &env, argc > 4 ? strtoul(argv[4], NULL, 10) : 1);
	query_env_release(&env);
	snapshot_close(env.snapshot);
	store_close(store);
	free(qs.all);
	free(qs.bytes);
	return 0;
}
