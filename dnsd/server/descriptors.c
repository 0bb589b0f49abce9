/*
 * descriptors.c - see impl.h.
 */
#include "impl.h"

#include <sys/resource.h>

#include "base/log.h"

/*
 * The process's own: files of the configuration and of the store, logs, the
 * control socket with its clients, what the main thread waits with.
 */
#define RESERVE 64
/* What a worker waits and is woken with, its store's files, one to spare. */
#define OF_WORKER 6
/* Over all workers: 12 bits of each family's ports are hard to guess. */
#define SOCKETS 8192
/* Of a worker: with fewer it is better not to start. */
#define LEAST 64

enum { LISTENING, WORKERS, STREAMS, SOCKETS_OUT, CONNECTIONS, PARTS };

/* What a generation wants of a kind, and what it cannot do without. */
struct part {
	unsigned long wanted, least, got;
	const char *name;
};

unsigned long
descriptors_raise(void)
{
	struct rlimit limit = { 0, 0 };

	(void)getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	(void)getrlimit(RLIMIT_NOFILE, &limit);
	return limit.rlim_cur;
}

/* WANTED of the name, at least up to LEAST. */
static struct part
part(const char *name, unsigned long wanted, unsigned long least)
{
	return (
	    struct part){ wanted, wanted < least ? wanted : least, 0, name };
}

/* The table: a new kind of descriptors is a row. */
static void
parts_fill(struct part p[PARTS], const struct config *c, unsigned listening)
{
	unsigned long workers = c->workers;
	unsigned long upstreams = config_upstream_count(c);

	p[LISTENING] = part("sockets that listen", listening, listening);
	p[WORKERS] = part("workers", workers * OF_WORKER, workers * OF_WORKER);
	p[STREAMS] = part(
	    "streams to upstreams", workers * upstreams, workers * upstreams);
	p[SOCKETS_OUT] = part("sockets for questions to upstreams",
	    upstreams > 0 ? SOCKETS : 0, workers * LEAST);
	p[CONNECTIONS] =
	    part("TCP connections", c->tcp_connections, workers * LEAST);
}

/* What goes beyond the least: as much of SPARE for each as for those behind. */
static void
spare_divide(struct part p[PARTS], unsigned long spare, unsigned long beyond)
{
	for (unsigned i = 0; i < PARTS; i++) {
		unsigned long more = p[i].wanted - p[i].least, most = spare / 2;

		beyond -= more;
		if (spare > beyond && most < spare - beyond)
			most = spare - beyond;
		if (more > most)
			more = most;
		p[i].got = p[i].least + more;
		spare -= more;
	}
}

enum err
descriptors_divide(struct descriptors *d, const struct config *c,
    unsigned long limit, unsigned listening)
{
	unsigned long wanted = 0, least = 0;
	struct part p[PARTS];

	*d = (struct descriptors){ 0, 0 };
	parts_fill(p, c, listening);
	for (unsigned i = 0; i < PARTS; i++) {
		wanted += p[i].wanted;
		least += p[i].least;
	}
	if (limit < RESERVE + 2 * least) {
		log_error("the limit of open files is %lu; it must be %lu at "
			  "least, and %lu carries all",
		    limit, RESERVE + 2 * least, RESERVE + 2 * wanted);
		return E_SYSTEM;
	}
	spare_divide(p, (limit - RESERVE) / 2 - least, wanted - least);
	for (unsigned i = 0; i < PARTS; i++)
		if (p[i].got < p[i].wanted)
			log_warn("the limit of open files, %lu, carries %lu of "
				 "%lu %s; LimitNOFILE=%lu carries all",
			    limit, p[i].got, p[i].wanted, p[i].name,
			    RESERVE + 2 * wanted);
	d->sockets = (unsigned)(p[SOCKETS_OUT].got / c->workers);
	d->connections = (unsigned)(p[CONNECTIONS].got / c->workers);
	if (d->connections == 0)
		d->connections = 1;
	return E_OK;
}
