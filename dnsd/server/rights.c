/*
 * rights.c - see impl.h; docs/security.md says what is left.
 */
#include "impl.h"

#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "base/log.h"
#include "host/sandbox.h"

enum err
rights_become(const struct config *c)
{
	if (c->user == NULL || geteuid() != 0 || sandbox_user(c->user))
		return E_OK;
	log_error("%s: cannot become the user %s: %s", c->file, c->user,
	    errno == ENOENT ? "there is none" : strerror(errno));
	return E_SYSTEM;
}

/* PATH, or the last folder on the way to it that is there. */
static char *
place_find(char *path)
{
	char *slash;

	while (access(path, F_OK) != 0 &&
	    (slash = strrchr(path, '/')) != NULL && slash != path)
		*slash = '\0';
	return access(path, F_OK) == 0 ? path : NULL;
}

static char *
folder_of(char path[PATH_MAX], const char *file)
{
	const char *slash = strrchr(file, '/');

	(void)snprintf(path, PATH_MAX, "%.*s",
	    slash == NULL ? 1 : (int)(slash - file) + 1,
	    slash == NULL ? "." : file);
	return path;
}

#define PORTS_MAX 64

/* Where TCP may go: those of resolvers, and what else is configured. */
static unsigned
ports_collect(uint16_t ports[PORTS_MAX], const struct config *c)
{
	const struct config_upstream *u;
	unsigned count = 2;

	ports[0] = 53;
	ports[1] = 853;
	for (; count < PORTS_MAX && (u = config_upstream(c, count - 2)) != NULL;
	     count++)
		ports[count] = u->port;
	return count;
}

void
rights_give_away(const struct config *c)
{
	char store[PATH_MAX], run[PATH_MAX], tap[PATH_MAX];
	uint16_t ports[PORTS_MAX];
	struct sandbox_place writes[3] = { { NULL, false }, { NULL, true },
		{ NULL, true } };
	const struct sandbox s = { .writes = writes,
		.write_count = 3,
		.ports = ports,
		.port_count = ports_collect(ports, c) };
	const char *lacks = NULL;

	/* Without a store: where it is to be. */
	(void)snprintf(store, sizeof(store), "%s/lock.mdb", c->store);
	writes[0].path = place_find(store);
	if (c->control != NULL)
		writes[1].path = folder_of(run, c->control);
	if (c->dnstap != NULL && c->dnstap[0] == '/')
		writes[2].path = folder_of(tap, c->dnstap);
	if (c->sandbox && sandbox_user(NULL))
		lacks = sandbox_enter(&s);
	if (lacks != NULL)
		log_warn("the kernel lets no %s restrict us; the server goes "
			 "on without",
		    lacks);
	if (geteuid() == 0)
		log_warn("the server is root; `user` in %s says who it is "
			 "to be",
		    c->file);
}

enum err
rights_fit(const struct config *old, struct config *new)
{
	new->sandbox = old->sandbox;
	if (!new->sandbox || strcmp(old->store, new->store) == 0)
		return E_OK;
	log_error("%s: store: another one is out of reach until a restart, as "
		  "all but %s was given away at the start",
	    new->file, old->store);
	return E_INPUT;
}
