/*
 * world.c - a reader that outlives writers, and what there is to say of a
 * store that a crash has left.
 *
 * Reads commands, a line each, and answers each with a line: a digest of all
 * facts and the cursor, or what is wrong.
 */
#include <stdio.h>

#include "store_fixture.h"

static struct fixture running;
static bool was_there; /* it has seen a commit */

/* Of all facts and the cursor; FNV-1a. */
static void
digest_say(struct fixture *f)
{
	struct store_meta meta;
	uint64_t hash = 14695981039346656037u;
	char *facts = fixture_dump(f, false);

	FIXTURE_MUST(snapshot_refresh(f->snapshot) == E_OK);
	FIXTURE_MUST(snapshot_meta(f->snapshot, &meta) == E_OK);
	snapshot_rest(f->snapshot);
	for (const char *c = facts; *c != '\0'; c++)
		hash = (hash ^ (uint8_t)*c) * 1099511628211u;
	printf("%016llx/%s\n", (unsigned long long)hash, meta.cursor);
	free(facts);
}

static void
state_say(struct fixture *f, enum err (*look)(struct fixture *))
{
	enum err err = look(f);

	if (err == E_ABSENT)
		printf("absent\n");
	else if (err != E_OK)
		printf("%s%s%s\n", err_str(err), f->finding[0] == 0 ? "" : ": ",
		    f->finding);
	else
		digest_say(f);
}

static void
reader_open(struct fixture *f, const char *path)
{
	memset(f, 0, sizeof(*f));
	FIXTURE_MUST(store_open_reader(&f->reader, path) == E_OK);
	FIXTURE_MUST(snapshot_open(f->reader, &f->snapshot) == E_OK);
}

/*
 * As one that goes on, and as one that begins.  Where there was nothing yet, it
 * goes on as the latter: it would look again in a second.
 */
static enum err
look(struct fixture *f)
{
	struct snapshot *fresh, *was = f->snapshot;
	enum err err = snapshot_refresh(was);

	snapshot_rest(was);
	if (err != E_OK && was_there)
		return err;
	FIXTURE_MUST(snapshot_open(f->reader, &fresh) == E_OK);
	f->snapshot = was_there ? was : fresh;
	err = snapshot_refresh(fresh);
	snapshot_rest(fresh);
	snapshot_close(was_there ? fresh : was);
	was_there = err == E_OK;
	return err;
}

static void
command_open(const char *path)
{
	fixture_close_handles(&running);
	was_there = false;
	reader_open(&running, path);
	state_say(&running, look);
}

static void
command_look(const char *path)
{
	(void)path;
	state_say(&running, look);
}

static void
command_check(const char *path)
{
	struct fixture f;

	reader_open(&f, path);
	state_say(&f, fixture_check);
	fixture_close_handles(&f);
}

/* One more commit, and that it is there. */
static void
command_write(const char *path)
{
	const struct store_options options = { .path = path, .no_sync = true };
	struct fixture f;
	enum err err;

	reader_open(&f, path);
	err = store_open_writer(&f.writer, &options);
	if (err == E_OK)
		err = fixture_apply(&f,
		    "{'put':'region','id':'next','latitude':1,'longitude':1}");
	if (err == E_OK)
		err = fixture_check(&f);
	printf(
	    "%s%s%s\n", err_str(err), f.finding[0] == 0 ? "" : ": ", f.finding);
	fixture_close_handles(&f);
	arena_release(&f.arena);
}

static const struct {
	const char *name;
	void (*run)(const char *path);
} commands[] = {
	{ "open", command_open },
	{ "look", command_look },
	{ "check", command_check },
	{ "write", command_write },
};

int
main(void)
{
	char line[512];

	while (fgets(line, sizeof(line), stdin) != NULL) {
		char *path = line + strcspn(line, " \n");

		*path++ = '\0';
		path[strcspn(path, "\n")] = '\0';
		for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]);
		     i++)
			if (strcmp(commands[i].name, line) == 0)
				commands[i].run(path);
		(void)fflush(stdout);
	}
	fixture_close_handles(&running);
	return 0;
}
