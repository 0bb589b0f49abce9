/*
 * value.c - what the values of options may be: one function a kind.
 *
 * Each says E_INPUT to what it does not take; the loader then tells the
 * value and the row's own phrase for what is allowed.
 */
#include "impl.h"

#include <errno.h>
#include <sys/un.h>

#include "base/addr_text.h"
#include "base/letters.h"
#include "zones/names/dname.h"
#include "zones/names/special.h"

enum err
config_set_text(void *to, const struct config_value *v)
{
	char **out = to;

	if (v->text[0] == '\0')
		return E_INPUT;
	*out = config_copy(v->owned, v->text);
	return *out == NULL ? E_NOMEM : E_OK;
}

/* In lower case, as names are compared without it. */
enum err
config_set_label(void *to, const struct config_value *v)
{
	char **out = to;
	enum err err = config_set_text(to, v);

	if (err != E_OK)
		return err;
	text_lower(*out);
	return name_is_label(*out, strlen(*out)) ? E_OK : E_INPUT;
}

enum err
config_set_socket(void *to, const struct config_value *v)
{
	return strlen(v->text) < sizeof(((struct sockaddr_un *)0)->sun_path)
	    ? config_set_text(to, v)
	    : E_INPUT;
}

enum err
config_set_id(void *to, const struct config_value *v)
{
	return strlen(v->text) <= CONFIG_ID_MAX ? config_set_text(to, v)
						: E_INPUT;
}

enum err
config_set_dnstap(void *to, const struct config_value *v)
{
	return v->text[0] == '/' || strncmp(v->text, "unix:/", 6) == 0
	    ? config_set_text(to, v)
	    : E_INPUT;
}

enum err
config_set_region(void *to, const struct config_value *v)
{
	char **out = to;
	enum err err = config_set_label(to, v);

	return err == E_OK && name_is_qualifier(*out) ? E_INPUT : err;
}

/* Digits only: strtoull would also take a sign and white space. */
static bool
digits_parse(const char *text, uint64_t *out, const char **end)
{
	char *e;

	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	*out = strtoull(text, &e, 10);
	*end = e;
	return errno == 0;
}

static bool
number_parse(const struct config_value *v, uint64_t *out)
{
	const char *end;

	return digits_parse(v->text, out, &end) && *end == '\0' &&
	    *out >= v->option->least && *out <= v->option->most;
}

enum err
config_set_number(void *to, const struct config_value *v)
{
	unsigned *out = to;
	uint64_t n;

	if (!number_parse(v, &n))
		return E_INPUT;
	*out = (unsigned)n;
	return E_OK;
}

enum err
config_set_uint16(void *to, const struct config_value *v)
{
	uint16_t *out = to;
	uint64_t n;

	if (!number_parse(v, &n))
		return E_INPUT;
	*out = (uint16_t)n;
	return E_OK;
}

enum err
config_set_size(void *to, const struct config_value *v)
{
	static const struct {
		const char *name;
		unsigned shift;
	} units[] = {
		{ "", 0 },
		{ "KiB", 10 },
		{ "MiB", 20 },
		{ "GiB", 30 },
	};
	uint64_t *out = to, n;
	const char *unit;

	if (!digits_parse(v->text, &n, &unit))
		return E_INPUT;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(unit, units[i].name) != 0)
			continue;
		if (n > v->option->most >> units[i].shift)
			return E_INPUT;
		*out = n << units[i].shift;
		return E_OK;
	}
	return E_INPUT;
}

enum err
config_set_prefix(void *to, const struct config_value *v)
{
	return prefix_parse(to, v->text) ? E_OK : E_INPUT;
}

enum err
config_set_suffix(void *to, const struct config_value *v)
{
	char text[DNAME_TEXT];
	struct dname name;
	char **out = to;

	if (!dname_parse(&name, v->text))
		return E_INPUT;
	*out = config_copy(v->owned, dname_text(&name, text));
	return *out == NULL ? E_NOMEM : E_OK;
}

/* The number of a word of WORDS, which ends with NULL. */
static enum err
word_set(const char *text, const char *const *words, unsigned *number)
{
	for (unsigned i = 0; words[i] != NULL; i++)
		if (strcmp(text, words[i]) == 0) {
			*number = i;
			return E_OK;
		}
	return E_INPUT;
}

enum err
config_set_bool(void *to, const struct config_value *v)
{
	static const char *const words[] = { "no", "yes", "false", "true",
		NULL };
	unsigned number = 0;
	enum err err = word_set(v->text, words, &number);

	*(bool *)to = number % 2 == 1;
	return err;
}

/* A function of config_set's, for an enum: its words, in its order. */
#define WORDS(name, type, ...)                                                 \
	enum err name(void *to, const struct config_value *v)                  \
	{                                                                      \
		static const char *const words[] = { __VA_ARGS__, NULL };      \
		unsigned number = 0;                                           \
		enum err err = word_set(v->text, words, &number);              \
                                                                               \
		if (err == E_OK)                                               \
			*(type *)to = (type)number;                            \
		return err;                                                    \
	}

WORDS(
    config_set_action, enum config_zone_action, "forward", "refuse", "nxdomain")
WORDS(config_set_log, enum log_form, "text", "json")
WORDS(config_set_log_level, enum log_level, "error", "warning", "info")

enum err
config_set_special(void *to, const struct config_value *v)
{
	return special_named(v->text, to) ? E_OK : E_INPUT;
}

/* Octets in their order, as other servers have them (RFC 9018, 4.4). */
enum err
config_set_secret(void *to, const struct config_value *v)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t octets[sizeof(struct siphash_key)] = { 0 };

	if (strlen(v->text) != 2 * sizeof(octets))
		return E_INPUT;
	for (size_t i = 0; i < 2 * sizeof(octets); i++) {
		const char *at =
		    strchr(digits, letter_lower((uint8_t)v->text[i]));

		if (at == NULL)
			return E_INPUT;
		octets[i / 2] = (uint8_t)(octets[i / 2] << 4 | (at - digits));
	}
	memcpy(to, octets, sizeof(octets));
	return E_OK;
}
