/*
 * resolv.c - the nameservers of a resolv.conf.
 *
 * The file is the system's, not ours: what cannot be used in it is left
 * out with a word, and is no mistake of the configuration.
 */
#include "impl.h"

#include "base/log.h"

#define NAMESERVERS_MAX 8

static void
nameserver_read(struct config *c, const char *line, const char *file)
{
	struct config_upstream u = { .transport = UPSTREAM_UDP, .port = 53 };
	char text[128], copy[128];

	if (c->upstream_count == NAMESERVERS_MAX ||
	    sscanf(line, " nameserver %127s", text) != 1)
		return;
	memcpy(copy, text, sizeof(copy));
	if (!config_address(&u.address, &u.link, copy))
		log_warn("%s: nameserver %s is no address, or one of a link "
			 "that it does not name (fe80::1%%eth0); left out",
		    file, text);
	else if (config_is_ourselves(c, &u))
		log_warn(
		    "%s: nameserver %s is this server, left out", file, text);
	else
		c->upstreams[c->upstream_count++] = u;
}

bool
config_has_same_upstreams(const struct config *a, const struct config *b)
{
	if (a->upstream_count != b->upstream_count)
		return false;
	for (unsigned i = 0; i < a->upstream_count; i++)
		if (!addr_is_same(
			&a->upstreams[i].address, &b->upstreams[i].address) ||
		    strcmp(a->upstreams[i].link.name,
			b->upstreams[i].link.name) != 0)
			return false;
	return true;
}

enum err
config_resolv(struct config *c, const char *file)
{
	char line[1024];
	FILE *f;

	c->upstreams =
	    config_take(&c->owned, NAMESERVERS_MAX * sizeof(*c->upstreams));
	if (c->upstreams == NULL)
		return E_NOMEM;
	f = fopen(file, "re");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		nameserver_read(c, line, file);
	if (f != NULL)
		(void)fclose(f);
	if (c->upstream_count == 0)
		log_warn("%s: no nameserver to use; %s has no "
			 "forward.upstreams, so nothing is forwarded",
		    file, c->file);
	return E_OK;
}
