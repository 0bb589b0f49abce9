/*
 * test_forward_schedule.c - upstreams that change from one behaviour to
 * another while questions run.
 *
 * A schedule is a seed: two upstreams, or one, each with a behaviour that
 * changes at random for some seconds.  While it does, each question gets an
 * answer or SERVFAIL within four seconds.  From a minute after the last
 * change on, with one that can answer among them, each gets its right answer
 * in the time of one that is well.
 */
#include "forward_lab.h"

#include "base/letters.h"

#define SCHEDULES 1000
#define RTT_MS    16 /* of all upstreams: two ticks */
#define LIMIT_MS  4000
/* A round trip or two, and as many for TCP, which may have to settle it. */
#define WELL_MS (4 * RTT_MS)

enum does {
	WELL,           /* EDNS, cookies, letters, TCP */
	LOWERS,         /* letters */
	NO_COOKIES,     /* ignores them */
	HATES_COOKIES,  /* FORMERR, with OPT */
	BADVERS,        /* to EDNS, whatever its version */
	NO_EDNS,        /* FORMERR, without OPT */
	NOTIMP_EDNS,    /* NOTIMP, a header alone */
	SHORT_FORMERR,  /* FORMERR to EDNS, a header alone */
	DROPS_EDNS,     /* and drops what has it */
	IGNORES_EDNS,   /* no OPT in its answers */
	TRUNCATES,      /* always */
	STREAM_ONLY,    /* silent over UDP */
	DATAGRAMS_ONLY, /* no TCP */
	LOWERS_NO_TCP,  /* both */
	/* From here on it is of no use. */
	SILENT,
	UNREACHABLE,
	SERVFAILS,
	REFUSES,
	FORMERRS,
	LAME,    /* NOERROR, nothing else */
	REFERS,  /* up to the root */
	GARBLES, /* an A of five octets */
	OTHERS,  /* answers for another name */
	BEHAVIOURS
};

#define USEFUL SILENT

static struct lab lab;
static struct rng rng;
static enum does does[2];

static struct shape
shape_of(unsigned i)
{
	const struct lab_sent *s = &lab.sent[i];
	struct shape shape = { .stream = s->stream, .edns = s->msg[11] == 1 };
	struct wire_in in = wire_in(s->msg, s->len);

	in.pos = DNS_HEADER;
	wire_skip_name(&in);
	shape.cookie = shape.edns && s->len - in.pos - 4 > OPT_FIXED;
	return shape;
}

/* Of what was sent the client's cookie, and a server's behind it. */
static void
cookie_copy(unsigned i, struct lab_reply *r)
{
	const struct lab_sent *s = &lab.sent[i];
	struct wire_in in = wire_in(s->msg, s->len);

	in.pos = DNS_HEADER;
	wire_skip_name(&in);
	memcpy(r->cookie, s->msg + in.pos + 4 + OPT_FIXED + OPTION_FIXED, 8);
	memcpy(r->cookie + 8, "servers'", 8);
	r->cookie_len = 16;
}

static void
reply_send(unsigned i, struct lab_reply *r, bool header_alone, bool lower)
{
	lab_make_reply(&lab, i, r);
	if (header_alone) {
		memset(lab.pkt + 4, 0, 8);
		lab.pkt_len = DNS_HEADER;
	}
	for (unsigned k = DNS_HEADER; lower && lab.pkt[k] != 0; k++)
		lab.pkt[k] = letter_lower(lab.pkt[k]);
	lab_arrive(&lab, i);
}

static bool
is_unreachable(enum does how, struct shape shape)
{
	return how == UNREACHABLE ||
	    ((how == DATAGRAMS_ONLY || how == LOWERS_NO_TCP) && shape.stream);
}

static bool
is_silent(enum does how, struct shape shape)
{
	return how == SILENT || (how == STREAM_ONLY && !shape.stream) ||
	    (how == DROPS_EDNS && shape.edns);
}

enum whom { ALL, EDNS, COOKIES, DATAGRAMS };

/* What one does that says something. */
static const struct habit {
	uint16_t flags;     /* instead of an answer */
	uint8_t rcode_high; /* that too */
	enum whom to;       /* the two above */
	bool header_alone;  /* of what has flags */
	bool no_edns, no_cookies, lowers, nothing;
	const char *behind;  /* the name, or NULL: an answer */
	const char *records; /* in its place, or NULL */
} habits[BEHAVIOURS] = {
	[LOWERS] = { .lowers = true },
	[LOWERS_NO_TCP] = { .lowers = true, .no_cookies = true },
	[NO_COOKIES] = { .no_cookies = true },
	[HATES_COOKIES] = { RCODE_FORMERR, .to = COOKIES },
	[BADVERS] = { .rcode_high = 1, .to = EDNS },
	[NO_EDNS] = { RCODE_FORMERR, .to = EDNS, .no_edns = true },
	[SHORT_FORMERR] = { RCODE_FORMERR, .to = EDNS, .header_alone = true,
	    .no_edns = true },
	[NOTIMP_EDNS] = { RCODE_NOTIMP, .to = EDNS, .header_alone = true,
	    .no_edns = true },
	[IGNORES_EDNS] = { .no_edns = true },
	[TRUNCATES] = { DNS_TC, .to = DATAGRAMS },
	[SERVFAILS] = { .flags = RCODE_SERVFAIL },
	[REFUSES] = { .flags = RCODE_REFUSED },
	[FORMERRS] = { .flags = RCODE_FORMERR },
	[LAME] = { .nothing = true },
	[REFERS] = { .records = "|. 60 IN NS a.example." },
	[GARBLES] = { .behind = ". 60 IN TYPE1 \\# 5 c000020100" },
	[OTHERS] = { .records = "other.example. 60 IN A 192.0.2.66" },
};

static bool
is_told(enum whom to, struct shape shape)
{
	return to == ALL || (to == EDNS && shape.edns) ||
	    (to == COOKIES && shape.cookie) ||
	    (to == DATAGRAMS && !shape.stream);
}

/* What it says to the name that the I-th message asks for. */
static void
upstream_act(unsigned i, const char *name)
{
	enum does how = does[lab_asked(&lab, i)];
	const struct habit *h = &habits[how];
	struct shape shape = shape_of(i);
	struct lab_reply r = { .no_edns = !shape.edns || h->no_edns };
	char records[128];

	if (is_silent(how, shape))
		return;
	if (is_unreachable(how, shape)) {
		lab_lose(&lab, i);
		return;
	}
	if (shape.cookie && !h->no_cookies && !h->no_edns)
		cookie_copy(i, &r);
	if (is_told(h->to, shape)) {
		r.flags = h->flags;
		r.rcode_high = h->rcode_high;
	}
	(void)snprintf(records, sizeof(records), "%s%s", name,
	    h->behind == NULL ? ". 60 IN A 192.0.2.1" : h->behind);
	if (r.flags == 0 && r.rcode_high == 0 && !h->nothing)
		r.records = h->records == NULL ? records : h->records;
	reply_send(i, &r, r.flags != 0 && h->header_alone, h->lowers);
}

/* Milliseconds until the question for NAME had a reply. */
static unsigned
question_run(const char *name)
{
	unsigned got = lab.got_count, ms = 0, due[LAB_SENT];
	unsigned acted = 0, known = 0;

	lab.sent_count = 0;
	(void)lab_ask(&lab, name);
	while (lab.got_count == got && ms <= LIMIT_MS) {
		for (; known < lab.sent_count; known++)
			due[known] = ms + RTT_MS;
		lab_pass(&lab, TICK_US / 1000);
		ms += TICK_US / 1000;
		for (; acted < known && due[acted] <= ms; acted++)
			/* Probes are asked for the root. */
			upstream_act(acted,
			    lab.sent[acted].msg[DNS_HEADER] == 0 ? "" : name);
	}
	return ms;
}

static bool
is_right(const char *name)
{
	char want[128];

	(void)snprintf(
	    want, sizeof(want), "NOERROR %s. 60 IN A 192.0.2.1", name);
	return strcmp(lab.got, want) == 0;
}

static void
does_change(unsigned upstreams)
{
	does[rng_below(&rng, upstreams)] =
	    (enum does)rng_below(&rng, BEHAVIOURS);
}

static void
schedule_run(uint64_t seed)
{
	unsigned upstreams, count = 0, worst = 0;
	char name[64];

	rng.state = seed * 2654435761U + 1;
	upstreams = 1 + rng_below(&rng, 2);
	lab_open(&lab, upstreams);
	lab_start(&lab);
	does_change(upstreams);
	does_change(upstreams);
	for (; count < 40; count++) {
		if (rng_below(&rng, 4) == 0)
			does_change(upstreams);
		(void)snprintf(
		    name, sizeof(name), "question-number-%u.example", count);
		assert_true(question_run(name) <= LIMIT_MS);
		assert_true(is_right(name) ||
		    strncmp(lab.got, "SERVFAIL EDE", 12) == 0 ||
		    strncmp(lab.got, "REFUSED EDE", 11) == 0);
		lab_pass(&lab, rng_below(&rng, 3) * 400);
	}
	/* The last change: one of them can answer. */
	does[rng_below(&rng, upstreams)] = (enum does)rng_below(&rng, USEFUL);
	if (upstreams == 2 && does[0] >= USEFUL && does[1] >= USEFUL)
		does[0] = WELL;
	for (unsigned i = 0; i < 75; i++, count++) {
		(void)snprintf(
		    name, sizeof(name), "question-number-%u.example", count);
		(void)question_run(name);
		lab_pass(&lab, 800);
	}
	for (unsigned i = 0; i < 20; i++, count++) {
		unsigned ms;

		(void)snprintf(
		    name, sizeof(name), "question-number-%u.example", count);
		ms = question_run(name);
		if (!is_right(name))
			fail_msg("seed %u: %s, with %u and %u", (unsigned)seed,
			    lab.got, does[0], does[1]);
		worst += ms > WELL_MS;
		lab_pass(&lab, 100);
	}
	/* What is looked at once more after a while may take longer, for as
	 * many questions as make one down. */
	if (worst > 4)
		fail_msg("seed %u: %u of 20 were slow, with %u and %u",
		    (unsigned)seed, worst, does[0], does[1]);
	lab_close(&lab);
}

static void
test_schedules(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= SCHEDULES; seed++)
		schedule_run(seed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_schedules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
