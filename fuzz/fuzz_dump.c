/*
 * fuzz_dump.c - anything in place of what `wg show DEVICE dump` prints.
 *
 * What is read has keys of a key's length, in order, and blocks in order; a
 * dump that is made of it is read as the same; and of the device's own line,
 * which has the private key, nothing is left in memory.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dnsctl/wireguard/device.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check(const struct device_peers *p)
{
	for (size_t i = 0; i < p->count; i++) {
		assert(strlen(p->at[i].key) == FACT_PUBLIC_KEY);
		assert(i == 0 || strcmp(p->at[i - 1].key, p->at[i].key) <= 0);
		assert(device_peers_find(p, p->at[i].key) != NULL);
		assert(strchr(p->at[i].allowed, '\t') == NULL);
	}
}

static char *
written(const struct device_peers *p)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert(out != NULL);
	(void)fputs("private\tpublic\t51820\toff\n", out);
	for (size_t i = 0; i < p->count; i++)
		(void)fprintf(out, "%s\t(none)\t(none)\t%s\t%" PRId64 "\t0\n",
		    p->at[i].key, p->at[i].allowed, p->at[i].seen);
	(void)fclose(out);
	return text;
}

/* Of equal keys the order is nobody's promise. */
static void
check_again(const struct device_peers *p)
{
	struct device_peers again = { .count = 0 };
	char *text = written(p);

	assert(device_dump_read(&again, text));
	assert(again.count == p->count);
	for (size_t i = 0; i < p->count; i++)
		assert(strcmp(again.at[i].key, p->at[i].key) == 0);
	if (p->count == 1) {
		assert(strcmp(again.at[0].allowed, p->at[0].allowed) == 0);
		assert(again.at[0].seen == p->at[0].seen);
	}
	device_peers_release(&again);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct device_peers p = { .count = 0 };
	char *dump = calloc(1, size + 1);
	const uint8_t *end = size == 0 ? NULL : memchr(data, '\n', size);

	assert(dump != NULL);
	if (size > 0)
		memcpy(dump, data, size);
	if (device_dump_read(&p, dump)) {
		check(&p);
		check_again(&p);
	}
	for (size_t i = 0; end != NULL && i < (size_t)(end - data) &&
	     memchr(data, '\0', (size_t)(end - data)) == NULL;
	     i++)
		assert(dump[i] == '\0');
	device_peers_release(&p);
	free(dump);
	return 0;
}
