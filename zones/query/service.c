/*
 * service.c - SRV records of instances (RFC 2782), and their addresses.
 */
#include "impl.h"

#include <assert.h>

#include "zones/store/read/brief.h"

void
service_start(struct reply *r)
{
	r->is_service = true;
	r->address = 0;
	r->shown = r->ports_of = (struct label){ NULL, 0 };
}

/* The port of the name's service and protocol; any, of a protocol alone. */
static bool
find_port(struct wire_in ports, const struct name *n, uint16_t *number)
{
	unsigned left = wire_get8(&ports);
	struct port p;

	while (port_next(&ports, &left, &p))
		if (p.udp == n->udp &&
		    (n->service.at == NULL || label_same(p.name, n->service))) {
			*number = p.number;
			return true;
		}
	return false;
}

/* What its app's fact says of ports; looked up once for each app. */
static struct wire_in
ports_of(struct reply *r, struct label app)
{
	struct instance flycast;
	struct label domain;

	if (r->ports_of.at != NULL && label_same(r->ports_of, app))
		return r->ports;
	r->ports_of = app;
	r->ports = wire_in(NULL, 0);
	if (lookup_app_fact(
		r->env->snapshot, r->network, app, &flycast, &domain))
		r->ports = flycast.services;
	return r->ports;
}

/* An instance's own port of the name comes before its app's. */
static bool
read_service(struct reply *r, const struct instance *i, struct service *out)
{
	struct wire_in own = i->services;
	uint32_t weight = wire_left(&own) > 0 ? wire_get32(&own) : 1;

	out->weight =
	    (uint16_t)((i->flags & BRIEF_WARNING) != 0 ? weight / 2 : weight);
	return find_port(own, &r->q->name, &out->port) ||
	    find_port(ports_of(r, i->app), &r->q->name, &out->port);
}

bool
service_has(struct reply *r, const struct instance *i)
{
	struct service s;

	return read_service(r, i, &s);
}

bool
service_is_apps(struct reply *r, struct label app)
{
	uint16_t port;

	return find_port(ports_of(r, app), &r->q->name, &port);
}

bool
service_exists(struct reply *r)
{
	const struct name *n = &r->q->name;

	return service_is_apps(r, r->of) ||
	    lookup_port(
		r->env->snapshot, r->network, r->of, n->service, n->udp);
}

enum query_fate
service_add(struct picked *p, const struct instance *i)
{
	struct reply *r = p->reply;
	struct service *s = &r->env->scratch->service[p->count];

	assert(p->count < SERVICES_MAX);
	if (!read_service(r, i, s))
		return FATE_NO_PORT;
	s->of = *i;
	s->priority = p->priority;
	p->exists = true;
	p->count++;
	return FATE_TAKEN;
}

/*
 * Who has the port of an app and order, which are I's, is known, and at most
 * FEW: *ports stands before them.
 */
static bool
few_have_port(struct reply *r, const struct instance *i, unsigned few,
    struct range *ports)
{
	const struct label first = { NULL, 0 };
	const struct name *n = &r->q->name;
	uint8_t order = brief_order(i);
	struct instance one;

	if (n->service.at == NULL || service_is_apps(r, i->app))
		return false;
	range_port(ports, r->env->snapshot, r->network, i->app, n->service,
	    n->udp, first);
	range_seek(ports, order, first);
	for (; range_instance(ports, order, &one); few--)
		if (few == 0)
			return false;
	range_seek(ports, order, first);
	return true;
}

#define STEPS 16 /* before it is asked who has the port; a power of two */

/* An app's of one order, which stand together, are left where few have it. */
void
service_range(struct picked *p, struct range *set, enum tier tier,
    const struct instance *until, unsigned want)
{
	bool any = p->reply->q->name.service.at == NULL;
	struct instance i, one;
	struct range ports;

	want = any ? 1 : want;
	for (unsigned steps = 0; p->count < want &&
	     range_instance(set, ORDER_OF(tier, ORDER_FOUR), &i);) {
		(void)service_add(p, &i);
		if (any && steps == SERVICES_MAX) {
			p->exists = true; /* the truth is not worth more */
			return;
		}
		if (++steps < STEPS || (steps & (steps - 1)) != 0 ||
		    !few_have_port(p->reply, &i, steps / 2, &ports))
			continue;
		while (p->count < want &&
		    range_instance(&ports, brief_order(&i), &one))
			if (label_compare(one.id, i.id) > 0 &&
			    (until == NULL ||
				brief_order(&i) != brief_order(until) ||
				label_compare(one.id, until->id) < 0) &&
			    range_has(set, &one))
				(void)service_add(p, &one);
		range_skip_app(set, &i);
		steps = 0;
	}
}

/* ID.vm.APP.internal, whole: RFC 2782 has no pointer there. */
static void
put_target(const struct reply *r, struct wire_out *out, const struct service *s)
{
	static const uint8_t internal[] = "\010internal";
	struct label app = r->shown.at != NULL ? r->shown : s->of.app;

	wire_put_label(out, s->of.id.at, s->of.id.len);
	wire_put(out, "\002vm", 3);
	wire_put_label(out, app.at, app.len);
	wire_put(out, internal, sizeof(internal));
}

static bool
put_record(struct reply *r, struct service *s)
{
	size_t start = reply_record(r, TYPE_SRV, 0);
	uint8_t *to = wire_room(&r->out, 6);

	if (to != NULL) {
		dns_put16(to, s->priority);
		dns_put16(to + 2, s->weight);
		dns_put16(to + 4, s->port);
	}
	s->at = (uint16_t)r->out.len;
	put_target(r, &r->out, s);
	return reply_record_end(r, start);
}

static void
put_family(struct reply *r, enum dns_type type, const uint8_t *at,
    unsigned count, uint16_t size)
{
	for (; count > 0; count--, at += size) {
		(void)reply_record(r, (uint16_t)type, size);
		wire_put(&r->out, at, size);
	}
}

/* All addresses of a target, or none; only where a pointer reaches. */
static bool
put_target_addresses(struct reply *r, const struct service *s)
{
	const struct instance *i = &s->of;
	size_t start = r->out.len;
	uint16_t owner = r->owner;

	if (s->at >= REPLY_POINTERS)
		return false;
	r->owner = s->at;
	put_family(r, TYPE_AAAA, i->six, i->six_count, 16);
	put_family(r, TYPE_A, i->four, i->four_count, 4);
	r->owner = owner;
	return reply_additional(r, start, i->six_count + i->four_count);
}

enum query_next
service_answer(struct picked *p)
{
	struct reply *r = p->reply;
	struct service *s = r->env->scratch->service;
	unsigned first = rng_below(&r->env->rng, p->count), n = 0;

	if (r->q->qtype != TYPE_SRV || r->q->name.service.at == NULL)
		return reply_nodata(r);
	/* The order of records says nothing: what is cut differs each time. */
	if (r->q->name.kind == NAME_NEAREST)
		first = 0;
	while (n < p->count && put_record(r, &s[(first + n) % p->count]))
		n++;
	for (unsigned i = 0; i < n; i++)
		if (!put_target_addresses(r, &s[(first + i) % p->count]))
			break;
	return reply_finish(r, RCODE_NOERROR);
}
