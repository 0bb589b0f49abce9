/*
 * load.c - walks a YAML document and a table of options together.
 *
 * libyaml's document rather than libcyaml: what is wrong with a value is
 * often known only when its text has been read, and libcyaml has forgotten
 * the line by then.  Here each node has its line until the end.
 */
#include "impl.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <yaml.h>

#include "base/near.h"

#define PATH_MOST 4 /* forward.zones.upstreams, and one to spare */

struct loader {
	yaml_document_t doc;
	struct config_block **owned;
	const char *file;
	char *why;
	unsigned depth; /* of the key that is read, to name it whole */
	const char *path[PATH_MOST];
};

enum err
config_complain(
    char why[CONFIG_WHY], const char *file, unsigned line, const char *f, ...)
{
	size_t len;
	va_list ap;

	(void)snprintf(why, CONFIG_WHY, "%.300s:%u: ", file, line);
	len = strlen(why);
	va_start(ap, f);
	(void)vsnprintf(why + len, CONFIG_WHY - len, f, ap);
	va_end(ap);
	return E_INPUT;
}

static unsigned
node_line(const yaml_node_t *node)
{
	return (unsigned)node->start_mark.line + 1;
}

/* With the whole name of the key that is read: "forward.zones.suffix: ...". */
static enum err __attribute__((format(printf, 3, 4)))
node_refuse(struct loader *l, const yaml_node_t *node, const char *format, ...)
{
	char text[CONFIG_WHY] = "";
	size_t len = 0;
	va_list ap;

	for (unsigned i = 0; i < l->depth; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
		    "%.100s%s", l->path[i], i + 1 < l->depth ? "." : ": ");
	va_start(ap, format);
	(void)vsnprintf(text + len, sizeof(text) - len, format, ap);
	va_end(ap);
	return config_complain(l->why, l->file, node_line(node), "%s", text);
}

/* Numbers are told by their bounds, so that no phrase can fall behind. */
static enum err
value_refuse(struct loader *l, const yaml_node_t *node,
    const struct config_option *o, const char *text)
{
	if (o->allowed != NULL)
		return node_refuse(
		    l, node, "\"%.200s\" is not %s", text, o->allowed);
	return node_refuse(l, node,
	    "\"%.200s\" is not a number from %" PRIu64 " to %" PRIu64, text,
	    o->least, o->most);
}

static enum err
key_refuse(struct loader *l, const yaml_node_t *node, const char *key,
    const struct config_option *o)
{
	char list[512] = "";
	struct near near;
	size_t len = 0;

	near_start(&near, key);
	for (; o->key != NULL && len < sizeof(list); o++) {
		near_try(&near, o->key);
		len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s",
		    len > 0 ? ", " : "", o->key);
	}
	if (near_found(&near) != NULL)
		return node_refuse(l, node,
		    "there is no such key; did you mean %s?",
		    near_found(&near));
	return node_refuse(
	    l, node, "there is no such key; allowed are %s", list);
}

static bool
node_is_text(const yaml_node_t *node)
{
	return node->type == YAML_SCALAR_NODE &&
	    memchr(node->data.scalar.value, 0, node->data.scalar.length) ==
	    NULL;
}

/* "key:" with nothing behind it. */
static bool
node_is_empty(const yaml_node_t *node)
{
	return node->type == YAML_SCALAR_NODE &&
	    node->data.scalar.length == 0 &&
	    node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

static enum err
value_load(struct loader *l, const struct config_option *o,
    const yaml_node_t *node, void *to)
{
	struct config_value v = {
		.line = node_line(node), .option = o, .owned = l->owned
	};
	enum err err;

	if (!node_is_text(node))
		return node_refuse(
		    l, node, "what stands here is not one value");
	v.text = (const char *)node->data.scalar.value;
	err = o->set(to, &v);
	return err == E_INPUT ? value_refuse(l, node, o, v.text) : err;
}

/* What holds where keys are absent; a preset is as good as its row. */
static enum err
presets_load(struct loader *l, const struct config_option *o, char *target)
{
	enum err err = E_OK;

	for (; o->key != NULL && err == E_OK; o++) {
		struct config_value v = {
			.text = o->preset, .option = o, .owned = l->owned
		};

		if (o->shape == SHAPE_SECTION)
			err = presets_load(l, o->keys, target);
		else if (o->preset != NULL)
			err = o->set(target + o->at, &v);
		assert(err != E_INPUT);
	}
	return err;
}

static enum err mapping_load(struct loader *, const struct config_option *,
    const yaml_node_t *, void *target);

static enum err
element_load(struct loader *l, const struct config_option *o,
    const yaml_node_t *node, void *element)
{
	unsigned line = node_line(node);
	enum err err;

	if (o->shape == SHAPE_VALUES)
		return value_load(l, o, node, element);
	memcpy(element, &line, sizeof(line));
	err = presets_load(l, o->keys, element);
	return err == E_OK ? mapping_load(l, o->keys, node, element) : err;
}

static enum err
list_load(struct loader *l, const struct config_option *o,
    const yaml_node_t *node, char *target)
{
	const yaml_node_item_t *item;
	unsigned count = 0;
	enum err err = E_OK;
	char *elements;

	if (node->type != YAML_SEQUENCE_NODE)
		return node_refuse(l, node, "what stands here is not a list");
	item = node->data.sequence.items.start;
	elements = config_take(l->owned,
	    ((size_t)(node->data.sequence.items.top - item) + 1) * o->size);
	if (elements == NULL)
		return E_NOMEM;
	memcpy(target + o->at, &elements, sizeof(elements));
	for (; item < node->data.sequence.items.top && err == E_OK; item++)
		err = element_load(l, o, yaml_document_get_node(&l->doc, *item),
		    elements + count++ * o->size);
	memcpy(target + o->count_at, &count, sizeof(count));
	return err;
}

static enum err
option_load(struct loader *l, const struct config_option *o,
    const yaml_node_t *node, char *target)
{
	switch (o->shape) {
	case SHAPE_VALUE:
		return value_load(l, o, node, target + o->at);
	case SHAPE_VALUES:
	case SHAPE_SECTIONS:
		return list_load(l, o, node, target);
	case SHAPE_SECTION:
		*(bool *)(void *)(target + o->at) = true;
		return node_is_empty(node)
		    ? E_OK
		    : mapping_load(l, o->keys, node, target);
	}
	return E_INPUT;
}

/* One "key: value"; SEEN has a bit for each row of the table. */
static enum err
pair_load(struct loader *l, const struct config_option *options,
    const yaml_node_pair_t *pair, void *target, uint32_t *seen)
{
	const yaml_node_t *key = yaml_document_get_node(&l->doc, pair->key);
	const struct config_option *o = options;
	const char *name;
	uint32_t bit;
	enum err err;

	if (!node_is_text(key))
		return node_refuse(l, key, "what stands here is not a key");
	name = (const char *)key->data.scalar.value;
	while (o->key != NULL && strcmp(o->key, name) != 0)
		o++;
	assert(o - options < 32 && l->depth < PATH_MOST);
	l->path[l->depth++] = name;
	if (o->key == NULL)
		return key_refuse(l, key, name, options);
	bit = UINT32_C(1) << (o - options);
	if ((*seen & bit) != 0)
		return node_refuse(
		    l, key, "what stands here is not the first of this key");
	*seen |= bit;
	err = option_load(
	    l, o, yaml_document_get_node(&l->doc, pair->value), target);
	l->depth--;
	return err;
}

static enum err
mapping_load(struct loader *l, const struct config_option *options,
    const yaml_node_t *node, void *target)
{
	const yaml_node_pair_t *pair;
	uint32_t seen = 0;
	enum err err = E_OK;

	if (node->type != YAML_MAPPING_NODE)
		return node_refuse(
		    l, node, "what stands here is not keys and values");
	pair = node->data.mapping.pairs.start;
	for (; pair < node->data.mapping.pairs.top && err == E_OK; pair++)
		err = pair_load(l, options, pair, target, &seen);
	for (unsigned i = 0; err == E_OK && options[i].key != NULL; i++) {
		if (!options[i].required || (seen & UINT32_C(1) << i) != 0)
			continue;
		l->path[l->depth++] = options[i].key;
		err = node_refuse(l, node, "this key is missing; it is %s",
		    options[i].allowed);
	}
	return err;
}

static enum err
syntax_refuse(const struct loader *l, const yaml_parser_t *parser)
{
	return config_complain(l->why, l->file,
	    (unsigned)parser->problem_mark.line + 1, "not YAML: %s%s%s",
	    parser->problem == NULL ? "no memory" : parser->problem,
	    parser->context == NULL ? "" : ", ",
	    parser->context == NULL ? "" : parser->context);
}

/* What stands behind "---" would be passed over without a word. */
static enum err
second_refuse(const struct loader *l, yaml_parser_t *parser)
{
	yaml_document_t second;
	const yaml_node_t *root;
	enum err err = E_OK;

	if (!yaml_parser_load(parser, &second))
		return syntax_refuse(l, parser);
	root = yaml_document_get_root_node(&second);
	if (root != NULL)
		err = config_complain(l->why, l->file, node_line(root),
		    "a second document begins here; allowed is one");
	yaml_document_delete(&second);
	return err;
}

enum err
config_load(void *target, struct config_block **owned, const char *file,
    const char *text, size_t len, char why[CONFIG_WHY])
{
	struct loader l = { .owned = owned, .file = file, .why = why };
	const yaml_node_t *root;
	yaml_parser_t parser;
	enum err err = presets_load(&l, config_options, target);

	if (err != E_OK)
		return err;
	if (!yaml_parser_initialize(&parser))
		return E_NOMEM;
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	if (!yaml_parser_load(&parser, &l.doc)) {
		err = syntax_refuse(&l, &parser);
		yaml_parser_delete(&parser);
		return err;
	}
	root = yaml_document_get_root_node(&l.doc);
	err = root == NULL ? config_complain(why, file, 1, "it is empty")
			   : mapping_load(&l, config_options, root, target);
	if (err == E_OK)
		err = second_refuse(&l, &parser);
	yaml_document_delete(&l.doc);
	yaml_parser_delete(&parser);
	return err;
}
