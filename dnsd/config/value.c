/*
 * value.c - what the values of options may be: one function a kind.
 *
 * Each says E_INPUT to what it does not take; the loader then tells the
 * value and the row's own phrase for what is allowed.
 */
#include "impl.h"

#include <errno.h>

#include "base/addr_parse.h"
#include "base/letters.h"
#include "zones/names/dname.h"
#include "zones/names/name.h"

static enum err
text_keep(char **to, const struct config_value *v, const char *text)
{
	*to = config_copy(v->owned, text);
	return *to == NULL ? E_NOMEM : E_OK;
}

enum err
config_set_text(void *to, const struct config_value *v)
{
	size_t len = strlen(v->text), most = v->option->most;

	return len == 0 || (most > 0 && len > most) ? E_INPUT
						    : text_keep(to, v, v->text);
}

/* In lower case, as names are compared without it. */
enum err
config_set_label(void *to, const struct config_value *v)
{
	char **out = to;
	enum err err = text_keep(to, v, v->text);

	if (err != E_OK)
		return err;
	text_lower(*out);
	return name_is_label(*out, strlen(*out)) ? E_OK : E_INPUT;
}

enum err
config_set_dnstap(void *to, const struct config_value *v)
{
	return v->text[0] == '/' || strncmp(v->text, "unix:/", 6) == 0
	    ? text_keep(to, v, v->text)
	    : E_INPUT;
}

enum err
config_set_region(void *to, const struct config_value *v)
{
	char **out = to;
	enum err err = config_set_label(to, v);

	return err == E_OK && name_is_qualifier(*out) ? E_INPUT : err;
}

/* How far a unit shifts, or 64: it is none. */
static unsigned
unit_shift(const char *unit)
{
	static const char units[][4] = { "", "KiB", "MiB", "GiB" };

	for (unsigned i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(unit, units[i]) == 0)
			return 10 * i;
	return 64;
}

static enum err
number_store(void *to, size_t size, uint64_t n)
{
	if (size == sizeof(bool))
		*(bool *)to = n != 0;
	else if (size == sizeof(uint16_t))
		*(uint16_t *)to = (uint16_t)n;
	else if (size == sizeof(unsigned))
		*(unsigned *)to = (unsigned)n;
	else
		*(uint64_t *)to = n;
	return E_OK;
}

/* Digits only: strtoull would also take a sign and white space. */
enum err
config_set_number(void *to, const struct config_value *v)
{
	const struct config_option *o = v->option;
	unsigned shift;
	char *unit;
	uint64_t n;

	if (v->text[0] < '0' || v->text[0] > '9')
		return E_INPUT;
	errno = 0;
	n = strtoull(v->text, &unit, 10);
	shift = unit_shift(unit);
	if (errno != 0 || shift == 64 || (shift > 0 && !o->units) ||
	    n < o->least || n > o->most >> shift)
		return E_INPUT;
	return number_store(to, o->size, n << shift);
}

/* Words of a bool are two for each: those that are told, and YAML's. */
enum err
config_set_word(void *to, const struct config_value *v)
{
	const struct config_option *o = v->option;

	for (unsigned i = 0; i < CONFIG_WORDS && o->words[i] != NULL; i++)
		if (strcmp(v->text, o->words[i]) == 0)
			return number_store(
			    to, o->size, o->size == sizeof(bool) ? i % 2 : i);
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

	return dname_parse(&name, v->text)
	    ? text_keep(to, v, dname_text(&name, text))
	    : E_INPUT;
}

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
