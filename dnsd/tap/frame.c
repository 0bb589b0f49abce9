/*
 * frame.c - see impl.h.
 */
#include "impl.h"

#include <dnstap.pb-c.h>

#include "base/dns.h"
#include "base/version.h"
#include "zones/store/read/lookup.h"

#define NS INT64_C(1000000000)

static ProtobufCBinaryData
bytes(const void *at, size_t len)
{
	return (ProtobufCBinaryData){ len, (uint8_t *)(uintptr_t)at };
}

/* Four octets or sixteen. */
static ProtobufCBinaryData
address(const struct addr *a)
{
	return addr_is_v4(a) ? bytes(a->ip + 12, 4) : bytes(a->ip, 16);
}

static void
addresses_set(Dnstap__Message *to, const struct tap_message *m)
{
	static const struct addr none;
	bool asked = !addr_is_same(&m->asker, &none);
	const struct addr *one = asked ? &m->asker : &m->server;

	to->has_socket_family = to->has_socket_protocol = true;
	to->socket_family = addr_is_v4(one) ? DNSTAP__SOCKET_FAMILY__INET
					    : DNSTAP__SOCKET_FAMILY__INET6;
	to->socket_protocol = m->tcp ? DNSTAP__SOCKET_PROTOCOL__TCP
				     : DNSTAP__SOCKET_PROTOCOL__UDP;
	to->has_query_address = asked;
	to->query_address = address(&m->asker);
	to->has_query_port = m->asker_port != 0;
	to->query_port = m->asker_port;
	to->has_response_address = !addr_is_same(&m->server, &none);
	to->response_address = address(&m->server);
	to->has_response_port = m->port != 0;
	to->response_port = m->port;
}

size_t
frame_write(uint8_t out[FRAME_MAX], const struct tap_message *m, const char *id,
    const char *network)
{
	Dnstap__Dnstap frame = DNSTAP__DNSTAP__INIT;
	Dnstap__Message message = DNSTAP__MESSAGE__INIT;
	bool response =
	    m->kind == TAP_CLIENT_RESPONSE || m->kind == TAP_FORWARDER_RESPONSE;

	message.type =
	    (Dnstap__Message__Type)(DNSTAP__MESSAGE__TYPE__CLIENT_QUERY +
		(int)m->kind);
	addresses_set(&message, m);
	message.has_query_time_sec = message.has_query_time_nsec = true;
	message.query_time_sec = (uint64_t)(m->asked_ns / NS);
	message.query_time_nsec = (uint32_t)(m->asked_ns % NS);
	message.has_response_time_sec = message.has_response_time_nsec =
	    response;
	message.response_time_sec = (uint64_t)(m->told_ns / NS);
	message.response_time_nsec = (uint32_t)(m->told_ns % NS);
	message.has_query_message = !response;
	message.has_response_message = response;
	message.query_message = message.response_message =
	    bytes(m->pkt, m->len);

	frame.type = DNSTAP__DNSTAP__TYPE__MESSAGE;
	frame.message = &message;
	frame.has_identity = frame.has_version = true;
	frame.identity = bytes(id, strlen(id));
	frame.version = bytes("dnsd " VERSION, strlen("dnsd " VERSION));
	frame.has_extra = network[0] != '\0';
	frame.extra = bytes(network, strlen(network));
	assert(dnstap__dnstap__get_packed_size(&frame) <= FRAME_MAX);
	return dnstap__dnstap__pack(&frame, out);
}

const char *
tap_network_id(struct tap_network *n, uint32_t number)
{
	struct network_facts facts;

	if (number == n->number)
		return n->id;
	n->number = number;
	n->id[0] = '\0';
	if (number != NETWORK_NONE && snapshot_refresh(n->snapshot) == E_OK &&
	    lookup_network_facts(n->snapshot, number, &facts))
		(void)snprintf(n->id, sizeof(n->id), "%.*s", facts.id.len,
		    (const char *)facts.id.at);
	snapshot_rest(n->snapshot);
	return n->id;
}
