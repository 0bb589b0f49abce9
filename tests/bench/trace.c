/*
 * trace.c - the query path on a fixed list of questions, without sockets.
 *
 *	trace STORE NETWORK QUESTIONS [ROUNDS [QUESTIONS ...]]
 *
 * NETWORK is whose listener it is, or `-`: the asker's address tells.
 * Every question is answered ROUNDS times, 64 side by side as a loaded
 * worker does it.  The report is a line of JSON for each file: nanoseconds a
 * question.  Under callgrind only the answering is counted, from the second
 * round on, when all pages have been seen; of each file by itself.
 */
#include "load.h"

#include "zones/query/query.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <valgrind/callgrind.h>

#define BATCH      QUERY_BATCH
#define PACKET_MAX 4096
#define ANY_NUMBER UINT16_MAX /* of answers */

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

struct slot {
	struct query query;
	const struct question *question;
	uint8_t pkt[PACKET_MAX + 64]; /* not all in the same lines of a cache */
};

static void
slot_fill(
    struct slot *s, const struct questions *qs, size_t i, const char *network)
{
	const struct question *q = &qs->all[i];

	s->question = q;
	memcpy(s->pkt, qs->bytes + q->at, q->len);
	s->query.pkt = s->pkt;
	s->query.len = q->len;
	s->query.cap = PACKET_MAX;
	s->query.bound = strcmp(network, "-") == 0 ? NULL : network;
	memcpy(s->query.from.ip, &q->source, sizeof(s->query.from.ip));
}

static void
slot_end(const struct questions *qs, const struct slot *s)
{
	const struct question *q = s->question;

	if (s->query.next == QUERY_SEND &&
	    (unsigned)s->query.rcode == q->rcode &&
	    (q->answers == ANY_NUMBER ||
		(s->pkt[6] << 8 | s->pkt[7]) == q->answers))
		return;
	fprintf(stderr, "trace: rcode %d, %d answers to question %ld\n",
	    (int)s->query.rcode, s->pkt[6] << 8 | s->pkt[7],
	    (long)(q - qs->all));
	exit(1);
}

static void
batch_run(const struct questions *qs, size_t first, size_t n,
    const char *network, struct query_env *env)
{
	static struct slot slots[BATCH];
	struct query *queries[BATCH];

	for (size_t i = 0; i < n; i++) {
		slot_fill(&slots[i], qs, first + i, network);
		queries[i] = &slots[i].query;
	}
	env->store = snapshot_refresh(env->snapshot);
	query_answer(queries, (unsigned)n, env);
	for (size_t i = 0; i < n; i++)
		slot_end(qs, &slots[i]);
	snapshot_rest(env->snapshot);
}

static void
round_run(
    const struct questions *qs, const char *network, struct query_env *env)
{
	for (size_t i = 0; i < qs->count; i += BATCH)
		batch_run(qs, i, qs->count - i < BATCH ? qs->count - i : BATCH,
		    network, env);
}

static void
file_run(const char *path, const char *network, struct query_env *env,
    unsigned long rounds)
{
	struct questions qs = { 0 };
	uint64_t begun;

	questions_read(&qs, path);
	round_run(&qs, network, env);
	begun = processor_ns();
	CALLGRIND_TOGGLE_COLLECT;
	for (unsigned long i = 0; i < rounds; i++)
		round_run(&qs, network, env);
	CALLGRIND_TOGGLE_COLLECT;
	printf("{\"questions\":%zu,\"ns\":%.1f}\n", qs.count * rounds,
	    (double)(processor_ns() - begun) / (double)(qs.count * rounds));
	free(qs.all);
	free(qs.bytes);
}

int
main(int argc, char **argv)
{
	struct query_env env = { .max_udp_size = 1232,
		.region = "iad",
		.bound_stays = true,
		.now = time(NULL),
		.rng = { 1 } };
	/* Where it stands it costs the same, whatever the environment is. */
	static char network[DNS_LABEL_MAX + 1];
	unsigned long rounds = argc > 4 ? strtoul(argv[4], NULL, 10) : 1;
	struct store *store;

	if (argc < 4) {
		fputs("usage: trace store network questions "
		      "[rounds [questions ...]]\n",
		    stderr);
		return 2;
	}
	(void)snprintf(network, sizeof(network), "%s", argv[2]);
	/* Kept as a server's is, it looks at no file and no clock. */
	if (store_open_reader(&store, argv[1]) != E_OK ||
	    store_keep(store) != E_OK ||
	    snapshot_open(store, &env.snapshot) != E_OK ||
	    query_env_init(&env) != E_OK)
		load_fail(argv[1]);
	file_run(argv[3], network, &env, rounds);
	for (int i = 5; i < argc; i++) {
		CALLGRIND_DUMP_STATS; /* of the one before */
		file_run(argv[i], network, &env, rounds);
	}
	query_env_release(&env);
	snapshot_close(env.snapshot);
	store_close(store);
	return 0;
}
