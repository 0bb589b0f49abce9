/*
 * config.c - the reading of dnsd.conf.
 */
#include "dnsd/config/config.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <sys/random.h>
#include <unistd.h>

#include "impl.h"

#define FILE_MAX (1 << 20)

static unsigned
processors(void)
{
	cpu_set_t set;
	int n;

	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return 1;
	n = CPU_COUNT(&set);
	return n > CONFIG_WORKERS_MAX ? CONFIG_WORKERS_MAX : (unsigned)n;
}

/* Nobody guesses it, and who has a cookie of before gets another. */
static enum err
secret_make(struct config *c)
{
	c->secrets = config_take(&c->owned, sizeof(*c->secrets));
	if (c->secrets == NULL)
		return E_NOMEM;
	c->secret_count = 1;
	return getrandom(c->secrets, sizeof(*c->secrets), 0) < 0 ? E_SYSTEM
								 : E_OK;
}

/* What no preset can tell. */
static enum err
rest_fill(struct config *c)
{
	char name[HOST_NAME_MAX + 1] = "";

	if (c->workers == 0)
		c->workers = processors();
	if (c->id == NULL) {
		(void)gethostname(name, sizeof(name) - 1);
		c->id = config_copy(&c->owned, name);
	}
	if (c->id == NULL)
		return E_NOMEM;
	return c->secrets == NULL ? secret_make(c) : E_OK;
}

static enum err
config_text_read(struct config *c, const char *file, const char *text,
    size_t len, char why[CONFIG_WHY])
{
	enum err err;

	c->file = config_copy(&c->owned, file);
	c->text = config_take(&c->owned, len + 1);
	if (c->file == NULL || c->text == NULL)
		return E_NOMEM;
	memcpy(c->text, text, len);
	c->text_len = len;
	err = config_load(c, &c->owned, file, text, len, why);
	if (err == E_OK)
		err = rest_fill(c);
	if (err == E_OK)
		err = config_check(c, why);
	if (err == E_OK && c->forwards && c->upstreams == NULL)
		err = config_resolv(c, CONFIG_RESOLV);
	return err;
}

enum err
config_parse(struct config **out, const char *file, const char *text,
    size_t len, char why[CONFIG_WHY])
{
	struct config *c = calloc(1, sizeof(*c));
	enum err err =
	    c == NULL ? E_NOMEM : config_text_read(c, file, text, len, why);

	*out = c;
	if (err == E_OK)
		return E_OK;
	if (err != E_INPUT)
		(void)snprintf(
		    why, CONFIG_WHY, "%.300s: %s", file, err_str(err));
	config_free(c);
	*out = NULL;
	return err;
}

enum err
config_read(struct config **out, const char *file, char why[CONFIG_WHY])
{
	char *text = malloc(FILE_MAX);
	FILE *f = fopen(file, "re");
	enum err err = E_SYSTEM;
	size_t len = 0;

	*out = NULL;
	if (text != NULL && f != NULL)
		len = fread(text, 1, FILE_MAX, f);
	if (len == FILE_MAX)
		errno = EFBIG;
	if (text != NULL && f != NULL && !ferror(f) && len < FILE_MAX)
		err = config_parse(out, file, text, len, why);
	else
		(void)snprintf(why, CONFIG_WHY, "%.300s: cannot be read: %s",
		    file, strerror(errno));
	if (f != NULL)
		(void)fclose(f);
	free(text);
	return err;
}
