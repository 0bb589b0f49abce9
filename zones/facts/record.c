/*
 * record.c - see record.h.
 */
#include "zones/facts/record.h"

#include <ldns/ldns.h>
#include <stdlib.h>
#include <strings.h>

#include "base/dns.h"
#include "base/wire.h"

/*
 * To add a type: its row.  Numbers at the begin of a value are what ldns does
 * not hold to their bounds.
 */
static const struct row {
	const char *text;
	uint16_t type;
	uint16_t numbers, most; /* how many a value begins with, up to what */
	const char *like;
} rows[] = {
	{ "A", TYPE_A, 0, 0, "192.0.2.1" },
	{ "AAAA", TYPE_AAAA, 0, 0, "2001:db8::1" },
	{ "CNAME", TYPE_CNAME, 0, 0, "www.example" },
	{ "TXT", TYPE_TXT, 0, 0, "\"a text\", in quotes" },
	{ "MX", TYPE_MX, 1, UINT16_MAX, "10 mail.example" },
	{ "SRV", TYPE_SRV, 3, UINT16_MAX, "0 1 8080 host.example" },
	{ "CAA", TYPE_CAA, 1, UINT8_MAX, "0 issue \"ca.example\"" },
	{ "HTTPS", TYPE_HTTPS, 1, UINT16_MAX, "1 . alpn=h2 port=8443" },
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static const struct row *
row_of(uint16_t type)
{
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].type == type)
			return &rows[i];
	return NULL;
}

uint16_t
record_type(const char *text)
{
	for (size_t i = 0; i < ROWS; i++)
		if (strcasecmp(rows[i].text, text) == 0)
			return rows[i].type;
	return 0;
}

const char *
record_type_text(uint16_t type)
{
	const struct row *row = row_of(type);

	return row == NULL ? NULL : row->text;
}

const char *
record_type_at(unsigned i)
{
	return i < ROWS ? rows[i].text : NULL;
}

const char *
record_types_text(void)
{
	return "A, AAAA, CNAME, TXT, MX, SRV, CAA or HTTPS";
}

/*
 * Printable, its quotes closed, and outside of them nothing that a zone file
 * means otherwise: a comment, lines that go on.
 */
static bool
is_one_line(const char *text)
{
	bool quoted = false, escaped = false;

	for (; *text != '\0'; text++) {
		if ((uint8_t)*text < ' ' || *text == 0x7f)
			return false;
		if (escaped)
			escaped = false;
		else if (*text == '\\')
			escaped = true;
		else if (*text == '"')
			quoted = !quoted;
		else if (!quoted && strchr(";()", *text) != NULL)
			return false;
	}
	return !quoted && !escaped;
}

static bool
begins_with_numbers(const char *text, const struct row *row)
{
	for (unsigned i = 0; i < row->numbers; i++) {
		size_t len;

		text += strspn(text, " ");
		len = strspn(text, "0123456789");
		if (len == 0 || len > 5 ||
		    strtoul(text, NULL, 10) > row->most ||
		    (text[len] != ' ' && text[len] != '\0'))
			return false;
		text += len;
	}
	return true;
}

/* Several words without quotes would be several strings, joined. */
static bool
may_be(const char *text, const struct row *row)
{
	if (row->type == TYPE_TXT && text[strspn(text, " ")] != '"' &&
	    strchr(text, ' ') != NULL)
		return false;
	return is_one_line(text) && begins_with_numbers(text, row);
}

/* RFC 9460, 2.2: keys in order, none twice. */
static bool
has_params_in_order(const uint8_t *rdata, size_t len)
{
	struct wire_in in = wire_in(rdata, len);
	int last = -1;

	(void)wire_get16(&in);
	for (uint8_t label = 1; label != 0;) {
		label = wire_get8(&in);
		(void)wire_take(&in, label);
	}
	while (wire_left(&in) > 0) {
		int key = wire_get16(&in);

		if (key <= last)
			return false;
		last = key;
		(void)wire_take(&in, wire_get16(&in));
	}
	return !in.bad;
}

/* False: no value of the type, or too long a one. */
static bool
octets_read(struct fact_value *v, const char *text, uint8_t *rdata)
{
	struct wire_out out = wire_out(rdata, FACT_VALUE_MAX);
	char line[4 * FACT_VALUE_MAX + 64];
	ldns_rr *rr = NULL;

	if ((size_t)snprintf(line, sizeof(line), ". 0 IN %s %s",
		row_of(v->type)->text, text) >= sizeof(line) ||
	    ldns_rr_new_frm_str(&rr, line, 0, NULL, NULL) != LDNS_STATUS_OK)
		return false;
	for (size_t i = 0; i < ldns_rr_rd_count(rr); i++)
		wire_put(&out, ldns_rdf_data(ldns_rr_rdf(rr, i)),
		    ldns_rdf_size(ldns_rr_rdf(rr, i)));
	ldns_rr_free(rr);
	v->rdata = rdata;
	v->len = (uint16_t)out.len;
	return !out.bad &&
	    (v->type != TYPE_HTTPS || has_params_in_order(rdata, out.len));
}

char *
record_value_text(const struct fact_value *v)
{
	uint8_t buf[FACT_VALUE_MAX + 16];
	struct wire_out out = wire_out(buf, sizeof(buf));
	ldns_rr *rr = NULL;
	size_t at = 0;
	char *text, *rdata;

	wire_put8(&out, 0);
	wire_put16(&out, v->type);
	wire_put16(&out, CLASS_IN);
	wire_put32(&out, 0);
	wire_put16(&out, v->len);
	wire_put(&out, v->rdata, v->len);
	if (out.bad ||
	    ldns_wire2rr(&rr, buf, out.len, &at, LDNS_SECTION_ANSWER) !=
		LDNS_STATUS_OK)
		return NULL;
	text = ldns_rr2str(rr);
	ldns_rr_free(rr);
	rdata = text;
	for (int tab = 0; rdata != NULL && tab < 4; tab++) {
		rdata = strchr(rdata, '\t');
		rdata += rdata != NULL;
	}
	if (rdata != NULL) {
		rdata[strcspn(rdata, "\n")] = '\0';
		memmove(text, rdata, strlen(rdata) + 1);
	}
	return text;
}

/* Written and read again, the octets are the same. */
static bool
is_whole(const struct fact_value *v)
{
	uint8_t rdata[FACT_VALUE_MAX];
	struct fact_value again = { .type = v->type };
	char *text = record_value_text(v);
	bool whole = text != NULL && may_be(text, row_of(v->type)) &&
	    octets_read(&again, text, rdata) && again.len == v->len &&
	    memcmp(again.rdata, v->rdata, v->len) == 0;

	free(text);
	return whole;
}

enum err
record_value_read(
    struct fact_value *v, struct arena *arena, struct complaint *why)
{
	const struct row *row = row_of(v->type);
	uint8_t rdata[FACT_VALUE_MAX];
	char rule[sizeof(why->rule)];

	if (may_be(v->text, row) && octets_read(v, v->text, rdata) &&
	    is_whole(v)) {
		v->rdata = (uint8_t *)arena_copy(arena, (char *)rdata, v->len);
		return E_OK;
	}
	(void)snprintf(rule, sizeof(rule),
	    "must be what %s records have, as: %s", row->text, row->like);
	return complain(why, "values", rule, v->text);
}
