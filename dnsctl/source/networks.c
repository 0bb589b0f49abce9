/*
 * networks.c - see networks.h.
 */
#include "dnsctl/source/networks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "host/watch.h"
#include "zones/facts/check.h"
#include "zones/store/write/facts.h"

size_t
networks_next(const char **at, const char **id)
{
	size_t len = strcspn(*at, ",");

	*id = *at;
	*at += len + ((*at)[len] == ',');
	return len;
}

bool
networks_hold(const char *list, const char *id, size_t id_len)
{
	const char *at = list, *one;
	size_t len;

	while (list != NULL && (len = networks_next(&at, &one)) > 0)
		if (len == id_len && memcmp(one, id, len) == 0)
			return true;
	return list == NULL;
}

/* LIST with ID behind it. */
static char *
list_add(char *list, const char *id, size_t id_len)
{
	size_t len = list == NULL ? 0 : strlen(list);
	char *longer = realloc(list, len + id_len + 2);

	if (longer == NULL)
		no_memory();
	if (len > 0)
		longer[len++] = ',';
	memcpy(longer + len, id, id_len);
	longer[len + id_len] = '\0';
	return longer;
}

char *
networks_without(const char *list, const char *others)
{
	const char *at = list, *id;
	char *rest = NULL;
	size_t len;

	while ((len = networks_next(&at, &id)) > 0)
		if (others == NULL || !networks_hold(others, id, len))
			rest = list_add(rest, id, len);
	return rest;
}

bool
networks_suffice(const struct network_list *n, const char *source)
{
	return n != NULL || strchr(source, '#') == NULL;
}

static bool
complain_line(const struct network_list *n, unsigned number, const char *rule,
    const char *value)
{
	log_error("%s:%u: network: %s: \"%s\"", n->file, number, rule, value);
	return false;
}

static bool
list_line_take(const struct network_list *n, char **list, unsigned number,
    const char *line)
{
	const struct fact key = { .kind = FACT_NETWORK, .network = line };
	struct complaint why;

	if (line[0] == '\0')
		return true;
	if (fact_check_key(&key, &why) != E_OK)
		return complain_line(n, number, why.rule, line);
	if (*list != NULL && networks_hold(*list, line, strlen(line)))
		return true;
	*list = list_add(*list, line, strlen(line));
	return strlen(*list) <= NETWORKS_OCTETS ||
	    complain_line(
		n, number, "must leave all at most 16384 octets", line);
}

/* A name a line, into *LIST; false, and it was said why. */
static bool
list_lines_take(const struct network_list *n, FILE *file, char **list)
{
	char line[512];
	unsigned number = 0;

	while (fgets(line, sizeof(line), file) != NULL) {
		line[strcspn(line, "\r\n")] = '\0';
		if (!list_line_take(n, list, ++number, line))
			return false;
	}
	return *list != NULL ||
	    complain_line(n, number, "must be at least one", "");
}

/* What it says; NULL, and it was said why. */
static char *
list_file_read(struct network_list *n)
{
	FILE *file = fopen(n->file, "re");
	char *list = NULL;

	if (file == NULL || fstat(fileno(file), &n->seen) != 0)
		log_error("--network-file %s: %s", n->file, strerror(errno));
	else if (!list_lines_take(n, file, &list)) {
		free(list);
		list = NULL;
	}
	if (file != NULL)
		(void)fclose(file);
	return list;
}

bool
networks_open(struct network_list *n, const char *list, const char *file)
{
	*n = (struct network_list){ .file = file };
	if (list != NULL && file != NULL) {
		log_error("--network and --network-file: one of the two");
		return false;
	}
	n->list =
	    file != NULL ? list_file_read(n) : networks_without(list, NULL);
	if (n->list == NULL && file == NULL)
		log_error("--network %s: must name one", list);
	return n->list != NULL;
}

void
networks_release(struct network_list *n)
{
	free(n->list);
	free(n->added);
	free(n->gone);
}

bool
networks_changed(struct network_list *n)
{
	struct stat now;
	char *list;

	if (n == NULL || n->file == NULL || stat(n->file, &now) != 0 ||
	    watch_is_same(&now, &n->seen))
		return false;
	n->seen = now;
	list = list_file_read(n);
	if (list == NULL || strcmp(list, n->list) == 0) {
		free(list);
		return false;
	}
	free(n->list);
	n->list = list;
	return true;
}

struct comparing {
	const struct network_list *networks;
	char *had, *gone;
};

static bool
network_compare(void *arg, const struct fact *f, bool implied)
{
	struct comparing *c = arg;
	size_t len = strlen(f->network);

	(void)implied;
	if (networks_hold(c->networks->list, f->network, len))
		c->had = list_add(c->had, f->network, len);
	else
		c->gone = list_add(c->gone, f->network, len);
	return true;
}

enum err
networks_compare(struct network_list *n, struct store *store)
{
	struct comparing c = { .networks = n };
	struct snapshot *s;
	enum err err = snapshot_open(store, &s);

	if (err != E_OK)
		return err;
	err = snapshot_refresh(s);
	if (err == E_OK)
		err =
		    snapshot_facts(s, FACT_NETWORK, NULL, network_compare, &c);
	snapshot_close(s);
	free(n->added);
	free(n->gone);
	n->added = networks_without(n->list, c.had == NULL ? "" : c.had);
	n->gone = c.gone;
	free(c.had);
	return err == E_ABSENT ? E_OK : err;
}
