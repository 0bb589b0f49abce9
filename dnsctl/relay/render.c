/*
 * render.c - snapshots, each made once for all who want one.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "base/log.h"
#include "impl.h"
#include "zones/facts/json.h"
#include "zones/feed/export.h"

/* The file goes with the mapping. */
static bool
map(struct rendering *of, FILE *file)
{
	long len = fflush(file) != 0 || ferror(file) ? -1 : ftell(file);

	if (len > 0)
		of->text = mmap(
		    NULL, (size_t)len, PROT_READ, MAP_PRIVATE, fileno(file), 0);
	if (len <= 0 || of->text == MAP_FAILED) {
		log_warn("relay: a file for a snapshot: %s", strerror(errno));
		return false;
	}
	of->len = (size_t)len;
	return true;
}

/* With the lock: the commit behind CURSOR, which may be a moment away. */
static bool
find_next(struct relay *r, const char *cursor, uint64_t *next)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 5;
	while (!backlog_find(r->backlog, cursor, next))
		if (r->ends ||
		    pthread_cond_timedwait(&r->news, &r->lock, &until) != 0)
			return false;
	return true;
}

/* E_ABSENT: the store was never written, and its first commit is awaited. */
static enum err
write_facts(struct snapshot *s, FILE *file, struct store_meta *meta)
{
	enum err err = snapshot_refresh(s);

	if (err == E_OK)
		err = snapshot_meta(s, meta);
	if (err == E_OK)
		err = feed_export(s, file, true, NULL, NULL);
	snapshot_rest(s);
	if (err != E_OK && err != E_ABSENT)
		log_warn("relay: a snapshot: %s", err_str(err));
	return err;
}

static enum err
render_file(struct relay *r, struct snapshot *s, struct rendering *of)
{
	struct store_meta meta;
	FILE *file = tmpfile();
	enum err err = E_SYSTEM;

	if (file == NULL) {
		log_warn("relay: a file for a snapshot: %s", strerror(errno));
		return err;
	}
	err = write_facts(s, file, &meta);
	if (err == E_OK) { /* where a part of it ends that is sent alone */
		(void)fputs("{\"commit\":", file);
		fact_json_print_text(file, meta.cursor);
		(void)fputs("}\n", file);
		err = map(of, file) ? E_OK : E_SYSTEM;
	}
	(void)fclose(file);
	(void)pthread_mutex_lock(&r->lock);
	if (err == E_OK && !find_next(r, meta.cursor, &of->next))
		err = E_SYSTEM;
	(void)pthread_mutex_unlock(&r->lock);
	return err;
}

static enum err
render(struct relay *r, struct snapshot *s, struct rendering **out)
{
	struct rendering *of = calloc(1, sizeof(*of));
	enum err err = of == NULL ? E_NOMEM : render_file(r, s, of);

	*out = err == E_OK ? of : NULL;
	if (of != NULL)
		of->refs = 1;
	if (err != E_OK)
		rendering_drop(of);
	return err;
}

/* With the lock, which is free while it works. */
static void
render_wanted(struct relay *r, struct snapshot *s)
{
	struct rendering *of;
	enum err err;

	r->wanted = false;
	(void)pthread_mutex_unlock(&r->lock);
	err = render(r, s, &of);
	(void)pthread_mutex_lock(&r->lock);
	if (of != NULL) {
		rendering_drop(r->rendering);
		r->rendering = of;
	}
	r->failed += err != E_OK && err != E_ABSENT;
	if (err != E_ABSENT)
		relay_wake(r); /* who still wants one says so again */
}

static void *
renderer_run(void *arg)
{
	struct relay *r = arg;
	struct snapshot *s;

	if (snapshot_open(r->store, &s) != E_OK)
		return NULL;
	(void)pthread_mutex_lock(&r->lock);
	while (!r->ends)
		if (r->wanted)
			render_wanted(r, s);
		else
			(void)pthread_cond_wait(&r->news, &r->lock);
	(void)pthread_mutex_unlock(&r->lock);
	snapshot_close(s);
	return NULL;
}

bool
render_start(struct relay *r)
{
	r->started = pthread_create(&r->renderer, NULL, renderer_run, r) == 0;
	return r->started;
}

void
render_end(struct relay *r)
{
	if (r->started)
		(void)pthread_join(r->renderer, NULL);
	rendering_drop(r->rendering);
}
