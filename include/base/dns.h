/*
 * dns.h - the numbers of the DNS that are used here, by their IANA names.
 */
#ifndef BASE_DNS_H
#define BASE_DNS_H

#include <stdint.h>

#define DNS_HEADER     12    /* octets, RFC 1035 4.1.1 */
#define DNS_NAME_MAX   255   /* octets of a name, RFC 1035 2.3.4 */
#define DNS_LABEL_MAX  63    /* octets of a label */
#define DNS_LABELS_MAX 128   /* labels of a name, with the root */
#define DNS_UDP_MIN    512   /* UDP payload without EDNS, RFC 1035 4.2.1 */
#define DNS_TCP_MAX    65535 /* octets of any message */
#define DNS_POINTER    0xc0  /* begins a compressed name, RFC 1035 4.1.4 */

/* Flags, octets 2 and 3 of the header read as one number. */
#define DNS_QR     0x8000
#define DNS_OPCODE 0x7800
#define DNS_AA     0x0400
#define DNS_TC     0x0200
#define DNS_RD     0x0100
#define DNS_RA     0x0080
#define DNS_Z      0x0040
#define DNS_AD     0x0020
#define DNS_CD     0x0010
#define DNS_RCODE  0x000f

enum dns_rcode {
	RCODE_NOERROR = 0,
	RCODE_FORMERR = 1,
	RCODE_SERVFAIL = 2,
	RCODE_NXDOMAIN = 3,
	RCODE_NOTIMP = 4,
	RCODE_REFUSED = 5,
	RCODE_BADVERS = 16 /* RFC 6891; the upper bits go in OPT */
};

enum dns_type {
	TYPE_A = 1,
	TYPE_NS = 2,
	TYPE_CNAME = 5,
	TYPE_SOA = 6,
	TYPE_PTR = 12,
	TYPE_HINFO = 13,
	TYPE_MX = 15,
	TYPE_TXT = 16,
	TYPE_AAAA = 28,
	TYPE_SRV = 33,
	TYPE_DNAME = 39,
	TYPE_OPT = 41,
	TYPE_DS = 43,
	TYPE_HTTPS = 65,
	TYPE_IXFR = 251,
	TYPE_AXFR = 252,
	TYPE_ANY = 255,
	TYPE_CAA = 257
};

enum dns_class { CLASS_IN = 1, CLASS_CH = 3 };

#define EDNS_DO            0x8000 /* RFC 3225, in OPT's TTL field */
#define EDNS_OPTION_COOKIE 10     /* RFC 7873 */
#define EDNS_OPTION_NSID   3      /* RFC 5001 */
#define EDNS_OPTION_EDE    15     /* RFC 8914 */

/* Extended DNS Errors, RFC 8914 and its registry. */
enum dns_ede {
	EDE_NONE = -1,
	EDE_OTHER = 0,
	EDE_STALE = 3,
	EDE_NOT_READY = 14,
	EDE_BLOCKED = 15,
	EDE_PROHIBITED = 18,
	EDE_STALE_NXDOMAIN = 19,
	EDE_NOT_AUTHORITATIVE = 20,
	EDE_NOT_SUPPORTED = 21,
	EDE_NO_AUTHORITY = 22, /* No Reachable Authority */
	EDE_NETWORK_ERROR = 23,
	EDE_INVALID_DATA = 24
};

static inline uint16_t
dns_get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline void
dns_put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void
dns_put32(uint8_t *p, uint32_t v)
{
	dns_put16(p, (uint16_t)(v >> 16));
	dns_put16(p + 2, (uint16_t)v);
}

#endif
