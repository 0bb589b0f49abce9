/*
 * route.c - whose an address is, as the kernel has it: rtnetlink(7).
 *
 * Interfaces' addresses alone do not tell: a local route may give this host all
 * of a prefix.
 */
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include "impl.h"

struct request {
	struct nlmsghdr head;
	struct rtmsg route;
	struct rtattr to;
	uint8_t address[16];
};

static bool
reply_is_local(int fd)
{
	union {
		struct nlmsghdr head;
		uint8_t octets[4096];
	} reply;
	ssize_t len = recv(fd, &reply, sizeof(reply), 0);
	const struct rtmsg *route = NLMSG_DATA(&reply.head);

	return len >= (ssize_t)NLMSG_SPACE(sizeof(*route)) &&
	    reply.head.nlmsg_type == RTM_NEWROUTE &&
	    route->rtm_type == RTN_LOCAL;
}

bool
route_is_local(const struct addr *a)
{
	unsigned skip = addr_is_v4(a) ? 12 : 0, size = 16 - skip;
	struct request r = {
		.head = { .nlmsg_len =
			      (uint32_t)(offsetof(struct request, address) +
				  size),
		    .nlmsg_type = RTM_GETROUTE,
		    .nlmsg_flags = NLM_F_REQUEST },
		.route = { .rtm_family = addr_is_v4(a) ? AF_INET : AF_INET6,
		    .rtm_dst_len = (uint8_t)(8 * size) },
		.to = { .rta_len = (uint16_t)RTA_LENGTH(size),
		    .rta_type = RTA_DST },
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	bool local;

	if (fd < 0)
		return false;
	memcpy(r.address, a->ip + skip, size);
	local = send(fd, &r, r.head.nlmsg_len, 0) > 0 && reply_is_local(fd);
	(void)close(fd);
	return local;
}
