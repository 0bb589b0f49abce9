/*
 * asked.c - see asked.h: the grammar of names is asked itself.
 */
#include "zones/facts/asked.h"

#include <stddef.h>

#include "base/addr_text.h"
#include "base/letters.h"
#include "zones/names/name.h"

/* Which form asks for a field, in the place of its first word. */
static const struct {
	enum fact_kind kind;
	size_t at;
	const char *field;
	enum name_kind name;
	const char *form;
} forms[] = {
	{ FACT_INSTANCE, offsetof(struct fact, id), "id", NAME_INSTANCE,
	    "ID.vm.APP.internal" },
	{ FACT_INSTANCE, offsetof(struct fact, region), "region", NAME_REGION,
	    "REGION.APP.internal" },
	{ FACT_INSTANCE, offsetof(struct fact, group), "group", NAME_GROUP,
	    "GROUP.process.APP.internal" },
	{ FACT_APP, offsetof(struct fact, domain), "domain", NAME_APN,
	    "DOMAIN.apn" },
};

struct unasked {
	fact_unasked_each *each;
	void *arg;
};

static void
tell(const struct unasked *u, const char *field, const char *form,
    const char *value)
{
	struct complaint why;
	char rule[sizeof(why.rule)];

	(void)snprintf(rule, sizeof(rule), "%s will not answer", form);
	(void)complain(&why, field, rule, value);
	u->each(u->arg, &why);
}

/* WORDS, then what FORM has behind FROM, is read as a name of the kind. */
static bool
is_read(
    const char *words, const char *form, const char *from, enum name_kind kind)
{
	char text[2 * DNS_NAME_MAX];
	struct name name;
	struct dname d;

	(void)snprintf(text, sizeof(text), "%s%s", words, strstr(form, from));
	if (!dname_parse(&d, text))
		return false;
	name_read(&name, &d, 0);
	return name.kind == kind && name.skip == 0;
}

static bool
is_label_text(const char *text)
{
	char lower[DNS_LABEL_MAX + 1];
	size_t len = strlen(text);

	if (len > DNS_LABEL_MAX)
		return false;
	memcpy(lower, text, len + 1);
	text_lower(lower);
	return name_is_label(lower, len);
}

static void
pair_try(const struct unasked *u, const struct fact_pair *m)
{
	static const char form[] = "VALUE.KEY.kv._metadata.APP.internal";
	char text[2 * DNS_NAME_MAX];

	(void)snprintf(text, sizeof(text), "%s.%s", m->value, m->key);
	if (is_label_text(m->key) && is_label_text(m->value) &&
	    (text[0] != '_' || is_read(text, form, ".kv", NAME_METADATA)))
		return;
	(void)snprintf(text, sizeof(text), "%s=%s", m->key, m->value);
	tell(u, "metadata", form, text);
}

static void
resolvers_try(const struct unasked *u, const struct fact *f)
{
	char prefix[PREFIX_TEXT];

	if (f->kind == FACT_NETWORK && f->address_count == 0)
		tell(u, "resolvers",
		    "without one, as no prefix is a v6 /48, _api.internal",
		    prefix_text(&f->prefixes[0], prefix));
}

void
fact_unasked(const struct fact *f, fact_unasked_each *each, void *arg)
{
	const struct unasked u = { each, arg };
	const char *text;

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (forms[i].kind != f->kind)
			continue;
		memcpy(&text, (const char *)f + forms[i].at, sizeof(text));
		/* Nearly all are no word that could be another. */
		if (text != NULL &&
		    (text[0] == '_' || name_is_qualifier(text)) &&
		    !is_read(text, forms[i].form, ".", forms[i].name))
			tell(&u, forms[i].field, forms[i].form, text);
	}
	resolvers_try(&u, f);
	for (unsigned i = 0; i < f->port_count; i++)
		if (strlen(f->ports[i].name) >= DNS_LABEL_MAX)
			tell(&u, "ports", "_PORT._PROTO.APP.internal",
			    f->ports[i].name);
	for (unsigned i = 0; i < f->metadata_count; i++)
		pair_try(&u, &f->metadata[i]);
}
