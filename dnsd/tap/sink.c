/*
 * sink.c - see impl.h.
 *
 *	away -> writes   writer_open(), once a second at most
 *	writes -> away   frame_send(), the reader has gone
 */
#include "impl.h"

#include <fstrm.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"

#define CONTENT    "protobuf:dnstap.Dnstap"
#define SOCKET     "unix:"
#define PAUSE_MS   10   /* between looks into empty rings */
#define RETRY_MS   1000 /* between tries to reach a reader */
#define FAREWELL_S 1    /* that a reader has when we end */

struct sink {
	const struct config *config;
	struct ring *rings;
	struct tap_network names;
	struct fstrm_writer *writer; /* NULL: away */
	int64_t retry_ms;
	bool told; /* that nobody is there */
	pthread_t thread;
	bool started;
	atomic_bool stop;
	/* Nobody waits for the thread: all but the writer is gone for it. */
	atomic_bool alone;
	atomic_ullong lost;
	uint8_t frame[FRAME_MAX];
};

/* Not opened yet; NULL: no memory. */
static struct fstrm_writer *
writer_new(const char *where)
{
	struct fstrm_writer_options *o = fstrm_writer_options_init();
	struct fstrm_unix_writer_options *u = fstrm_unix_writer_options_init();
	struct fstrm_file_options *f = fstrm_file_options_init();
	struct fstrm_writer *writer;
	bool is_socket = strncmp(where, SOCKET, strlen(SOCKET)) == 0;

	(void)fstrm_writer_options_add_content_type(
	    o, CONTENT, sizeof(CONTENT) - 1);
	if (is_socket)
		fstrm_unix_writer_options_set_socket_path(
		    u, where + strlen(SOCKET));
	else
		fstrm_file_options_set_file_path(f, where);
	writer = is_socket ? fstrm_unix_writer_init(u, o)
			   : fstrm_file_writer_init(f, o);
	fstrm_file_options_destroy(&f);
	fstrm_unix_writer_options_destroy(&u);
	fstrm_writer_options_destroy(&o);
	return writer;
}

/* Once it is said that nobody is there, and once that somebody is. */
static void
writer_tell(struct sink *s, bool there)
{
	const char *where = s->config->dnstap;

	if (s->told == !there)
		return;
	s->told = !there;
	if (there)
		log_event(LOG_LEVEL_INFO, "dnstap_up", where,
		    "dnstap: %s takes frames", where);
	else
		log_event(LOG_LEVEL_WARN, "dnstap_down", where,
		    "dnstap: %s takes no frames; they are counted as lost "
		    "until it does",
		    where);
}

static void
writer_open(struct sink *s)
{
	int64_t now = clock_ms(CLOCK_MONOTONIC);

	if (s->writer != NULL || now < s->retry_ms)
		return;
	s->retry_ms = now + RETRY_MS;
	s->writer = writer_new(s->config->dnstap);
	if (s->writer != NULL &&
	    fstrm_writer_open(s->writer) != fstrm_res_success)
		(void)fstrm_writer_destroy(&s->writer);
	writer_tell(s, s->writer != NULL);
}

static void
frame_send(struct sink *s, const struct tap_message *m)
{
	const char *network = tap_network_id(&s->names, m->network);
	const char *only = s->config->dnstap_network;
	size_t len;

	if (only != NULL && strcmp(only, network) != 0)
		return;
	if (s->writer != NULL) {
		len = frame_write(s->frame, m, s->config->id, network);
		if (fstrm_writer_write(s->writer, s->frame, len) ==
			fstrm_res_success ||
		    atomic_load(&s->alone))
			return;
		(void)fstrm_writer_destroy(&s->writer);
		writer_tell(s, false);
	}
	atomic_fetch_add(&s->lost, 1);
}

/* False: all rings were empty. */
static bool
rings_empty(struct sink *s)
{
	struct tap_message m;
	bool any = false;

	for (unsigned i = 0; i < s->config->workers; i++)
		while (
		    !atomic_load(&s->alone) && ring_first(&s->rings[i], &m)) {
			frame_send(s, &m);
			if (atomic_load(&s->alone))
				return false;
			ring_next(&s->rings[i]);
			any = true;
		}
	return any;
}

static void *
sink_run(void *arg)
{
	const struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000L };
	struct sink *s = arg;

	while (!atomic_load(&s->stop)) {
		writer_open(s);
		if (!rings_empty(s))
			(void)nanosleep(&pause, NULL);
	}
	if (!atomic_load(&s->alone))
		(void)rings_empty(s);
	if (s->writer != NULL)
		(void)fstrm_writer_destroy(&s->writer); /* with a farewell */
	return NULL;
}

enum err
sink_open(struct sink **out, const struct config *config, struct store *store,
    struct ring *rings)
{
	struct sink *s = calloc(1, sizeof(*s));

	*out = s;
	if (s == NULL)
		return E_NOMEM;
	s->config = config;
	s->rings = rings;
	return snapshot_open(store, &s->names.snapshot);
}

enum err
sink_start(struct sink *s)
{
	sigset_t all, before;

	/* Signals are for the main thread alone. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	s->started = pthread_create(&s->thread, NULL, sink_run, s) == 0;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!s->started) {
		log_error("dnstap: its thread cannot be started");
		return E_SYSTEM;
	}
	(void)pthread_setname_np(s->thread, "dnstap");
	return E_OK;
}

/*
 * A reader that does not read is not waited for: the thread is left alone with
 * what it has.  Not cancelled: that needs what we have given away.
 */
bool
sink_close(struct sink *s)
{
	struct timespec until;
	bool stuck;

	if (s == NULL)
		return true;
	atomic_store(&s->stop, true);
	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += FAREWELL_S;
	stuck =
	    s->started && pthread_timedjoin_np(s->thread, NULL, &until) != 0;
	atomic_store(&s->alone, stuck);
	snapshot_close(s->names.snapshot); /* who is stuck is busy writing */
	if (stuck)
		(void)pthread_detach(s->thread);
	else
		free(s);
	return !stuck;
}

uint64_t
sink_lost(const struct sink *s)
{
	return atomic_load(&s->lost);
}
