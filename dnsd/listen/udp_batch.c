/*
 * udp_batch.c - packets in bulk: buffers, addresses, sending.
 */
#include <errno.h>
#include <sys/mman.h>

#include "udp_impl.h"

/* Even where replies are to be smaller, questions of this size are read. */
#define QUESTION_MAX 4096
/*
 * What a buffer is longer than its payload.  An odd number of cache lines
 * in all, as buffers at multiples of a page would share a few sets of the
 * cache.
 */
#define PAD 64
/*
 * Replies of up to so many octets are sent whole, with DF (RFC 9715, 3.1):
 * hardly any link cannot carry them.  An id by which to put fragments
 * together would cost 0.06 µs a packet.
 */
#define WHOLE_MAX 1232

void
udp_arm(const struct udp_buffers *b, struct mmsghdr *m, bool wildcard)
{
	struct slot *s = slot_of(m);

	s->iov.iov_len = b->slot_len;
	m->msg_hdr.msg_namelen = sizeof(s->from);
	m->msg_hdr.msg_control = wildcard ? s->control : NULL;
	m->msg_hdr.msg_controllen = wildcard ? sizeof(s->control) : 0;
}

void
udp_arm_all(struct udp_buffers *b, bool wildcard)
{
	for (unsigned i = 0; i < BATCH; i++)
		udp_arm(b, &b->in.msg[i], wildcard);
	b->in.armed_wildcard = wildcard;
}

static void
batch_init(struct batch *batch, uint8_t *memory, size_t stride)
{
	for (unsigned i = 0; i < BATCH; i++) {
		struct slot *s = &batch->slot[i];

		s->iov.iov_base = memory + i * stride;
		batch->msg[i].msg_hdr = (struct msghdr){
			.msg_name = &s->from,
			.msg_iov = &s->iov,
			.msg_iovlen = 1,
		};
	}
}

enum err
udp_buffers_open(struct udp_buffers **out, size_t max_udp_size)
{
	struct udp_buffers *b;
	size_t stride;

	*out = NULL;
	b = aligned_alloc(64, (sizeof(*b) + 63) & ~(size_t)63);
	if (b == NULL)
		return E_NOMEM;
	memset(b, 0, sizeof(*b));
	b->slot_len = max_udp_size > QUESTION_MAX ? max_udp_size : QUESTION_MAX;
	stride = (b->slot_len + 127) / 128 * 128 + PAD;
	b->memory_len = 2 * BATCH * stride;
	/* Pages come when they are touched: most of these never are. */
	b->memory = mmap(NULL, b->memory_len, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (b->memory == MAP_FAILED) {
		free(b);
		return E_NOMEM;
	}
	batch_init(&b->in, b->memory, stride);
	batch_init(&b->out, b->memory + BATCH * stride, stride);
	udp_arm_all(b, false);
	for (unsigned i = 0; i < BATCH; i++)
		b->query[i] = &b->asked[i].query;
	*out = b;
	return E_OK;
}

void
udp_buffers_close(struct udp_buffers *b)
{
	if (b == NULL)
		return;
	(void)munmap(b->memory, b->memory_len);
	free(b);
}

/* An interface is told for addresses that mean something only there. */
static uint32_t
interface_of(const struct in6_addr *to, const struct sockaddr_in6 *from,
    uint32_t interface)
{
	return IN6_IS_ADDR_LINKLOCAL(to) || IN6_IS_ADDR_LINKLOCAL(&from->sin6_addr) ? interface : 0;
}

/*
 * RFC 3542, 6.2, and ip(7).  The interface is left to the routes: what came
 * in here need not go out here.
 */
bool
udp_turn_control(struct mmsghdr *m, struct addr *to, uint32_t *interface)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(&m->msg_hdr);

	if (c == NULL)
		return false;
	if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
		struct in6_pktinfo *six = (void *)CMSG_DATA(c);

		six->ipi6_ifindex = interface_of(
		    &six->ipi6_addr, &slot_of(m)->from, six->ipi6_ifindex);
		*interface = six->ipi6_ifindex;
		memcpy(to->ip, &six->ipi6_addr, 16);
		return true;
	}
	if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
		struct in_pktinfo *four = (void *)CMSG_DATA(c);

		/* spec_dst is one of ours even for a broadcast. */
		four->ipi_ifindex = 0;
		*interface = 0;
		*to = addr_from_v4(&four->ipi_spec_dst);
		return true;
	}
	return false;
}

void
udp_set_control(struct mmsghdr *m, const struct client *client)
{
	struct slot *s = slot_of(m);
	struct cmsghdr *c = (void *)s->control;

	m->msg_hdr.msg_control = c;
	if (client->from.any.sa_family == AF_INET6) {
		struct in6_pktinfo six = { .ipi6_ifindex = client->interface };

		memcpy(&six.ipi6_addr, client->to.ip, 16);
		m->msg_hdr.msg_controllen = CMSG_SPACE(sizeof(six));
		*c = (struct cmsghdr){ .cmsg_level = IPPROTO_IPV6,
			.cmsg_type = IPV6_PKTINFO,
			.cmsg_len = CMSG_LEN(sizeof(six)) };
		memcpy(CMSG_DATA(c), &six, sizeof(six));
	} else {
		struct in_pktinfo four = { 0 };

		memcpy(&four.ipi_spec_dst, client->to.ip + 12, 4);
		m->msg_hdr.msg_controllen = CMSG_SPACE(sizeof(four));
		*c = (struct cmsghdr){ .cmsg_level = IPPROTO_IP,
			.cmsg_type = IP_PKTINFO,
			.cmsg_len = CMSG_LEN(sizeof(four)) };
		memcpy(CMSG_DATA(c), &four, sizeof(four));
	}
}

/* IPv4: by us, and without DF also on the way. */
static void
fragments_allow(const struct udp_listener *l, bool may)
{
	int mode = may ? IP_PMTUDISC_OMIT : IP_PMTUDISC_PROBE;

	(void)setsockopt(
	    l->fd, IPPROTO_IP, IP_MTU_DISCOVER, &mode, sizeof(mode));
}

static bool
any_is_large(const struct mmsghdr *m, unsigned n)
{
	bool large = false;

	for (unsigned i = 0; i < n; i++)
		large |= slot_of(&m[i])->iov.iov_len > WHOLE_MAX;
	return large;
}

void
udp_send(const struct udp_listener *l, struct mmsghdr *m, unsigned n)
{
	bool four = l->listen->address.any.sa_family == AF_INET;
	bool cut = four && any_is_large(m, n);

	if (cut)
		fragments_allow(l, true);
	while (n > 0) {
		int sent = sendmmsg(l->fd, m, n, MSG_DONTWAIT);

		if (sent > 0) {
			l->o.counters->sent += (unsigned)sent;
			m += sent;
			n -= (unsigned)sent;
		} else if (errno == EAGAIN || errno == ENOBUFS) {
			l->o.counters->unsent += n;
			n = 0;
		} else if (errno == EMSGSIZE && four && !cut) {
			cut = true;
			fragments_allow(l, true);
		} else if (errno != EINTR) {
			l->o.counters->unsent++;
			m++;
			n--;
		}
	}
	if (cut)
		fragments_allow(l, false);
}
