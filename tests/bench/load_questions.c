/*
 * load_questions.c - a file of questions, read into packets.
 *
 * A line is `NAME TYPE RCODE ANSWERS [SOURCE]`.
 */
#include "load.h"

#include <arpa/inet.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADER     12
#define PACKET_MAX (HEADER + 255 + 4)

static const struct {
	const char *name;
	uint16_t type;
} types[] = {
	{ "A", 1 },
	{ "PTR", 12 },
	{ "TXT", 16 },
	{ "AAAA", 28 },
	{ "SRV", 33 },
};

static uint16_t
type_from_text(const char *text)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i].name, text) == 0)
			return types[i].type;
	load_fail("a question of a type that is not A, PTR, TXT, AAAA or SRV");
}

/* The names are our own generator's: no escapes, no empty labels. */
static size_t
name_write(uint8_t *out, const char *text)
{
	size_t len = 0;

	while (*text != '\0') {
		size_t label = strcspn(text, ".");

		out[len++] = (uint8_t)label;
		memcpy(out + len, text, label);
		len += label;
		text += label + (text[label] == '.');
	}
	out[len++] = 0;
	return len;
}

static size_t
packet_write(uint8_t *out, const char *name, uint16_t type)
{
	size_t len = HEADER;

	memset(out, 0, HEADER);
	out[2] = 1; /* RD, as stub resolvers send it */
	out[5] = 1; /* one question */
	len += name_write(out + len, name);
	out[len++] = (uint8_t)(type >> 8);
	out[len++] = (uint8_t)type;
	out[len++] = 0;
	out[len++] = 1; /* IN */
	return len;
}

/* One line; where it names a source, the asker. */
static void
question_read(struct question *q, uint8_t *packet, const char *line)
{
	char name[256], type[8], source[64];
	unsigned rcode, answers;
	int got = sscanf(
	    line, "%255s %7s %u %u %63s", name, type, &rcode, &answers, source);

	if (got < 4)
		load_fail(line);
	q->len = (uint16_t)packet_write(packet, name, type_from_text(type));
	q->rcode = (uint8_t)rcode;
	q->answers = (uint16_t)answers;
	if (got == 5 && inet_pton(AF_INET6, source, &q->source) != 1)
		load_fail(source);
}

static size_t
lines_count(FILE *f)
{
	size_t lines = 0;

	for (int c = getc_unlocked(f); c != EOF; c = getc_unlocked(f))
		lines += c == '\n';
	rewind(f);
	return lines;
}

void
questions_read(struct questions *qs, const char *path)
{
	FILE *f = fopen(path, "r");
	char line[512];
	size_t lines, used = 0;

	if (f == NULL)
		load_fail(path);
	lines = lines_count(f);
	qs->all = calloc(lines + 1, sizeof(qs->all[0]));
	qs->bytes = malloc((lines + 1) * PACKET_MAX);
	if (qs->all == NULL || qs->bytes == NULL)
		load_fail("memory for the questions");
	while (qs->count < lines && fgets(line, sizeof(line), f) != NULL) {
		struct question *q = &qs->all[qs->count++];

		q->at = (uint32_t)used;
		question_read(q, qs->bytes + used, line);
		used += q->len;
	}
	fclose(f);
	if (qs->count == 0)
		load_fail("the file of questions is empty");
}
