/*
 * json.c - etcd's JSON: 64 bits are strings, octets are base64.
 */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "impl.h"

int64_t
etcd_number(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	int64_t n = json_integer_value(value);

	if (json_is_string(value))
		n = (int64_t)strtoll(json_string_value(value), NULL, 10);
	return n < 0 || n == INT64_MAX ? 0 : n;
}

json_t *
etcd_base64(const char *text, size_t len)
{
	char *coded = malloc(len / 3 * 4 + 5);
	json_t *string;
	int n;

	if (coded == NULL)
		return NULL;
	n = EVP_EncodeBlock(
	    (unsigned char *)coded, (const unsigned char *)text, (int)len);
	string = json_stringn(coded, (size_t)n);
	free(coded);
	return string;
}

/* The last group stands for fewer octets: one less for each "=". */
static size_t
padding(const char *coded, size_t len)
{
	size_t n = 0;

	while (n < 2 && n < len && coded[len - 1 - n] == '=')
		n++;
	return n;
}

char *
etcd_octets(
    struct arena *arena, const json_t *object, const char *key, size_t *len)
{
	const json_t *value = json_object_get(object, key);
	const char *coded = json_string_value(value);
	size_t coded_len = json_string_length(value);
	char *out;
	int n;

	*len = 0;
	if (value == NULL) /* etcd leaves out what is empty */
		return arena_copy(arena, "", 0);
	if (coded == NULL || coded_len % 4 != 0)
		return NULL;
	out = arena_take(arena, coded_len / 4 * 3 + 1);
	n = EVP_DecodeBlock(
	    (unsigned char *)out, (const unsigned char *)coded, (int)coded_len);
	if (n < 0)
		return NULL;
	*len = (size_t)n - padding(coded, coded_len);
	out[*len] = '\0';
	return out;
}

void
etcd_range_set(json_t *request, const char *text)
{
	size_t len = strlen(text);
	char *end = strdup(text);

	if (end == NULL)
		return;
	end[len - 1]++; /* a slash is not the last of the octets */
	(void)json_object_set_new(request, "key", etcd_base64(text, len));
	(void)json_object_set_new(request, "range_end", etcd_base64(end, len));
	free(end);
}
