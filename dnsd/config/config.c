/*
 * config.c - the reading of dnsd.conf.
 */
#include "dnsd/config/config.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/log.h"
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

static char *
host_name(struct config *c)
{
	char name[HOST_NAME_MAX + 1] = "";

	(void)gethostname(name, sizeof(name) - 1);
	return config_copy(&c->owned, name);
}

/* Nobody guesses it, and who has a cookie of before gets another. */
static enum err
make_secret(struct config *c)
{
	c->secrets = config_take(&c->owned, sizeof(*c->secrets));
	if (c->secrets == NULL)
		return E_NOMEM;
	c->secret_count = 1;
	if (getrandom(c->secrets, sizeof(*c->secrets), 0) < 0)
		return E_SYSTEM;
	return E_OK;
}

static enum err
text_read(struct config *c, const char *text, size_t len, char why[CONFIG_WHY])
{
	enum err err = config_load(c, &c->owned, c->file, text, len, why);

	if (err != E_OK)
		return err;
	if (c->workers == 0)
		c->workers = processors();
	if (c->id == NULL)
		c->id = host_name(c);
	if (c->id == NULL)
		return E_NOMEM;
	if (c->secrets == NULL)
		err = make_secret(c);
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
	enum err err = E_NOMEM;

	*out = NULL;
	if (c == NULL)
		return E_NOMEM;
	c->file = config_copy(&c->owned, file);
	c->text = config_take(&c->owned, len + 1);
	if (c->file != NULL && c->text != NULL) {
		memcpy(c->text, text, len);
		c->text_len = len;
		err = text_read(c, text, len, why);
	}
	if (err == E_OK)
		*out = c;
	else
		config_free(c);
	return err;
}

char *
config_text(const char *file, size_t *len)
{
	char *text = malloc(FILE_MAX);
	FILE *f = fopen(file, "re");

	*len = 0;
	if (text != NULL && f != NULL)
		*len = fread(text, 1, FILE_MAX, f);
	if (text == NULL || f == NULL || ferror(f)) {
		free(text);
		text = NULL;
	} else if (*len == FILE_MAX) {
		errno = EFBIG;
		free(text);
		text = NULL;
	}
	if (f != NULL)
		(void)fclose(f);
	return text;
}

static enum err
outcome_log(enum err err, const char *file, const char *why)
{
	if (err == E_INPUT)
		log_error("%s", why);
	else if (err != E_OK)
		log_error("%s: %s", file, err_str(err));
	return err;
}

enum err
config_again(struct config **out, const struct config *c)
{
	char why[CONFIG_WHY];

	return outcome_log(
	    config_parse(out, c->file, c->text, c->text_len, why), c->file,
	    why);
}

enum err
config_read(struct config **out, const char *file)
{
	char why[CONFIG_WHY];
	enum err err;
	size_t len;
	char *text = config_text(file, &len);

	*out = NULL;
	if (text == NULL) {
		log_error("%s: cannot be read: %s", file, strerror(errno));
		return E_SYSTEM;
	}
	err = config_parse(out, file, text, len, why);
	free(text);
	return outcome_log(err, file, why);
}

void
config_free(struct config *c)
{
	if (c == NULL)
		return;
	config_release(&c->owned);
	free(c);
}
