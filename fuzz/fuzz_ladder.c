/*
 * fuzz_ladder.c - any sequence of reply shapes, silence and lost messages
 * against the ladder (dnsd/forward/ladder.c).
 *
 * The first octet says how many upstreams there are, and whether the name's
 * answer is a CNAME to a zone of its own.  Each other one is a step: what
 * becomes of the message sent last, or that time passes.  Promises checked on
 * every input:
 *
 *	a question ends within four seconds, whatever comes, and as many for
 *	what its answer leads to;
 *	it is sent no more often than there are attempts;
 *	no message over UDP asks less of its replies than one before it did
 *	to the same upstream, unless TCP has unlearnt that.
 */
#include <assert.h>
#include <stdlib.h>

#include "dnsd/forward/impl.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define SENT 64
#define NAME "\003abc\003def\007example"
#define LED  "\003led\004else"

static struct {
	struct carrier carrier; /* first: cast back */
	struct client_path path;
	struct forward *forward;
	int64_t now_us;
	unsigned sent_count, replies;
	bool leads;
	struct channel streams[3], sockets[SENT];
	const struct channel *channel[SENT];
	uint16_t id[SENT];
	size_t len[SENT];
	uint8_t msg[SENT][QUESTION_MAX];
} lab;

static int64_t
lab_now(struct carrier *c)
{
	(void)c;
	return lab.now_us;
}

static struct channel *
lab_channel(struct carrier *c, const struct upstream *up, bool stream)
{
	(void)c;
	return stream ? &lab.streams[up->number]
		      : &lab.sockets[lab.sent_count % SENT];
}

static struct attempt *
attempt_of(unsigned i)
{
	return attempt_find(lab.forward, lab.channel[i], lab.id[i]);
}

static void
check_needs(const struct attempt *a)
{
	const struct pending *p = a->pending;
	enum learnt cookies =
	    ability_is(&a->upstream->able[ABLE_COOKIES], lab.now_us);

	for (unsigned i = 0; i < p->tries && !a->shape.stream; i++) {
		const struct attempt *before = &p->attempt[i];

		if (before->upstream != a->upstream || before == a)
			continue;
		assert(a->needs_letters || !before->needs_letters);
		assert(a->needs_cookie || !before->needs_cookie ||
		    cookies == LEARNT_NO);
	}
}

static bool
lab_ask(
    struct carrier *c, const struct attempt *a, const uint8_t *msg, size_t len)
{
	unsigned i = lab.sent_count;

	(void)c;
	assert(i < SENT);
	check_needs(a);
	lab.channel[i] = a->channel;
	lab.id[i] = a->id;
	lab.len[i] = len;
	memcpy(lab.msg[i], msg, len);
	lab.sent_count++;
	return true;
}

static void
lab_nothing(struct carrier *c)
{
	(void)c;
}

static void
lab_ticks(struct carrier *c, bool on)
{
	(void)c;
	(void)on;
}

static void
lab_got(struct client_path *path, const struct client *client,
    const uint8_t *pkt, size_t len)
{
	(void)path;
	(void)client;
	(void)pkt;
	assert(len >= DNS_HEADER);
	lab.replies++;
}

static void
lab_flush(struct client_path *path)
{
	(void)path;
}

/* --- replies: a step's bits are what they have */

static void
opt_put(struct wire_out *out, unsigned i, uint8_t step, const uint8_t *cookie)
{
	bool with = cookie != NULL && (step & 0x20) != 0;

	wire_put_opt(out, 1232, 0, false, with ? OPTION_FIXED + 16 : 0);
	if (with) {
		wire_put16(out, EDNS_OPTION_COOKIE);
		wire_put16(out, 16);
		wire_put(out, cookie, 8);
		wire_put(out, "serverco", 8);
	}
	(void)i;
}

static void
record_put(struct wire_out *out, bool leads)
{
	wire_put16(out, DNS_POINTER << 8 | DNS_HEADER);
	wire_put16(out, leads ? TYPE_CNAME : TYPE_A);
	wire_put16(out, CLASS_IN);
	wire_put32(out, 0);
	wire_put16(out, leads ? sizeof(LED) : 4);
	wire_put(out, leads ? LED : "\300\0\2\1", leads ? sizeof(LED) : 4);
}

static void
reply(unsigned i, uint8_t step)
{
	static const uint8_t rcodes[] = { 0, 0, 1, 2, 3, 4, 5, 9 };
	uint8_t pkt[512];
	struct wire_out out = wire_out(pkt, sizeof(pkt));
	struct wire_in in = wire_in(lab.msg[i], lab.len[i]);
	const struct attempt *a = attempt_of(i);
	uint8_t rcode = rcodes[step & 7];
	const uint8_t *cookie = NULL;
	bool answer = (step & 7) == 0;

	in.pos = DNS_HEADER;
	wire_skip_name(&in);
	wire_put(&out, lab.msg[i], in.pos + 4);
	if (lab.len[i] >= in.pos + 4 + OPT_FIXED + OPTION_FIXED + 8)
		cookie = lab.msg[i] + in.pos + 4 + OPT_FIXED + OPTION_FIXED;
	if ((step & 0x40) != 0) /* letters */
		for (unsigned k = DNS_HEADER; k < in.pos; k++)
			pkt[k] |= pkt[k] >= 'A' && pkt[k] <= 'Z' ? 0x20 : 0;
	dns_put16(pkt + 2,
	    (uint16_t)(DNS_QR | rcode | ((step & 7) == 1 ? DNS_TC : 0)));
	dns_put16(pkt + 6, answer);
	dns_put16(pkt + 10, (step & 0x10) != 0);
	if (answer)
		record_put(&out, lab.leads && a->pending->name.labels == 3);
	if ((step & 0x10) != 0)
		opt_put(&out, i, step, cookie);
	if ((step & 8) != 0) { /* a header alone */
		memset(pkt + 4, 0, 8);
		out.len = DNS_HEADER;
	}
	forward_got(lab.forward, lab.channel[i],
	    a->shape.stream ? NULL : &a->upstream->address.any, pkt, out.len);
	forward_flush(lab.forward);
}

static void
pass(unsigned ticks)
{
	for (; ticks > 0; ticks--) {
		lab.now_us += TICK_US;
		forward_tick(lab.forward);
	}
}

static void
step_take(uint8_t step)
{
	unsigned i = lab.sent_count;

	while (i > 0 && attempt_of(i - 1) == NULL)
		i--;
	if ((step & 0x80) == 0 && i > 0)
		reply(i - 1, step);
	else if (step == 0xff && i > 0)
		forward_lost(lab.forward, attempt_of(i - 1));
	else
		pass(step & 0x3f);
}

static void
ask(struct query_env *env)
{
	static uint8_t pkt[512];
	struct client client = { .path = &lab.path };
	struct query q = { .pkt = pkt,
		.cap = sizeof(pkt),
		.qtype = TYPE_A,
		.qclass = CLASS_IN,
		.flags = DNS_RD,
		.bound = "x",
		.ede = EDE_NONE };
	struct wire_out out = wire_out(pkt, sizeof(pkt));
	struct wire_in in = wire_in(pkt, sizeof(pkt));

	(void)env;
	wire_put64(&out, (uint64_t)DNS_RD << 32 | 1U << 16);
	wire_put32(&out, 0);
	wire_put(&out, NAME, sizeof(NAME));
	wire_put32(&out, 0x00010001);
	q.len = out.len;
	q.question_len = out.len - DNS_HEADER;
	in.pos = DNS_HEADER;
	if (!dname_get(&q.qname, &in))
		abort();
	q.edns_size = 512;
	if (forward_ask(lab.forward, &q, &client) == QUERY_SEND)
		lab.replies++;
	forward_flush(lab.forward);
}

static struct config_upstream ups[2] = {
	{ .port = 53, .address = { { [10] = 0xff, 0xff, 192, 0, 2, 1 } } },
	{ .port = 53, .address = { { [10] = 0xff, 0xff, 192, 0, 2, 2 } } },
};

static struct config_zone zone = {
	.suffix = (char[]){ "else" }, .upstreams = &ups[1], .upstream_count = 1
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct cache *cache;
	static struct load *load;
	static struct query_env env = {
		.max_udp_size = 512, .store = E_SYSTEM, .forwards = true
	};
	struct config config = { .workers = 1,
		.upstreams = ups,
		.upstream_count = 1,
		.in_flight = 8,
		.in_flight_network = 8 };
	int64_t most_us;
	const struct forward_options options = {
		.config = &config, .env = &env, .cache = cache, .load = load
	};

	if (cache == NULL &&
	    (cache_open(&cache, 0) != E_OK || load_open(&load) != E_OK ||
		query_env_init(&env) != E_OK))
		abort();
	memset(&lab, 0, sizeof(lab));
	lab.carrier = (struct carrier){ lab_now, lab_channel, lab_ask,
		lab_nothing, lab_ticks, lab_nothing };
	lab.path = (struct client_path){ lab_got, lab_flush };
	lab.now_us = 1000000000;
	if (size == 0)
		return 0;
	config.upstream_count = 1 + (data[0] & 1);
	lab.leads = (data[0] & 2) != 0;
	config.zones = &zone;
	config.zone_count = lab.leads;
	most_us = lab.leads ? 8000000 : 4000000;
	if (forward_open_on(&lab.forward,
		&(struct forward_options){ .config = &config,
		    .env = options.env,
		    .cache = cache,
		    .load = load },
		&lab.carrier) != E_OK)
		abort();
	/* Three questions in turn, with what the one before has taught. */
	for (unsigned n = 0; n < 3; n++) {
		int64_t asked_us = lab.now_us;

		lab.sent_count = lab.replies = 0;
		ask(&env);
		for (; size > 1 && lab.replies == 0 &&
		     lab.now_us - asked_us < most_us;
		     data++, size--)
			step_take(data[1]);
		while (lab.replies == 0) {
			assert(lab.now_us - asked_us < most_us);
			pass(1);
		}
		assert(lab.replies == 1);
	}
	forward_close(lab.forward);
	return 0;
}
