/*
 * addr.h - IP addresses and prefixes as values.
 *
 * One form serves both families: 16 octets, IPv4 as ::ffff:a.b.c.d (RFC
 * 4291, 2.5.5.2).  A prefix length counts within the 16 octets, so an IPv4
 * /24 is 120 here; in text it has its family's own length.
 */
#ifndef BASE_ADDR_H
#define BASE_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct addr {
	uint8_t ip[16];
};

struct prefix {
	struct addr addr; /* zero behind LEN */
	uint8_t len;      /* 0 to 128 */
};

static const uint8_t addr_v4_start[12] = { [10] = 0xff, [11] = 0xff };

static inline bool
addr_is_v4(const struct addr *a)
{
	return memcmp(a->ip, addr_v4_start, sizeof(addr_v4_start)) == 0;
}

static inline struct addr
addr_from_v4(const void *four)
{
	struct addr a;

	memcpy(a.ip, addr_v4_start, 12);
	memcpy(a.ip + 12, four, 4);
	return a;
}

static inline bool
addr_is_same(const struct addr *a, const struct addr *b)
{
	return memcmp(a->ip, b->ip, 16) == 0;
}

/* AF_INET or AF_INET6; anything else becomes "::". */
static inline struct addr
addr_from_sockaddr(const void *sockaddr)
{
	const struct sockaddr_in6 *six = sockaddr;
	const struct sockaddr_in *four = sockaddr;
	struct addr a = { { 0 } };

	if (six->sin6_family == AF_INET6)
		memcpy(a.ip, &six->sin6_addr, 16);
	else if (six->sin6_family == AF_INET)
		a = addr_from_v4(&four->sin_addr);
	return a;
}

/* A socket's address of either family; the port is at one place in both. */
union sockaddr_ip {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static inline union sockaddr_ip
addr_to_sockaddr(const struct addr *a, uint16_t port)
{
	union sockaddr_ip s = { .v6 = { .sin6_port = htons(port) } };

	s.any.sa_family = addr_is_v4(a) ? AF_INET : AF_INET6;
	if (addr_is_v4(a))
		memcpy(&s.v4.sin_addr, a->ip + 12, 4);
	else
		memcpy(&s.v6.sin6_addr, a->ip, 16);
	return s;
}

static inline socklen_t
sockaddr_len(const union sockaddr_ip *s)
{
	return s->any.sa_family == AF_INET ? sizeof(s->v4) : sizeof(s->v6);
}

/* The first LEN bits of A; the rest zero. */
static inline struct addr
addr_masked(const struct addr *a, unsigned len)
{
	struct addr m = { { 0 } };

	memcpy(m.ip, a->ip, len / 8);
	if (len % 8 != 0)
		m.ip[len / 8] =
		    (uint8_t)(a->ip[len / 8] & (0xff00 >> (len % 8)));
	return m;
}

static inline bool
prefix_is_v4(const struct prefix *p)
{
	return p->len >= 96 && addr_is_v4(&p->addr);
}

/* "::/0" holds no IPv4 address: that they are mapped is our affair. */
static inline bool
prefix_holds(const struct prefix *p, const struct addr *a)
{
	struct addr m = addr_masked(a, p->len);

	return addr_is_v4(a) == prefix_is_v4(p) && addr_is_same(&m, &p->addr);
}

#endif
