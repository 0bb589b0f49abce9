/*
 * diag.c - how much room sockets have, whoever holds them: sock_diag(7).
 */
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <sys/socket.h>
#include <unistd.h>

#include "impl.h"

struct request {
	struct nlmsghdr head;
	struct inet_diag_req_v2 sockets;
};

/* The room that a socket has, as its attributes say. */
static uint32_t
room_of(struct nlmsghdr *head)
{
	struct inet_diag_msg *m = NLMSG_DATA(head);
	struct rtattr *a = (void *)(m + 1);
	int left = (int)(head->nlmsg_len - NLMSG_LENGTH(sizeof(*m)));
	uint32_t memory[SK_MEMINFO_RCVBUF + 1] = { 0 };

	for (; RTA_OK(a, left); a = RTA_NEXT(a, left))
		if (a->rta_type == INET_DIAG_SKMEMINFO &&
		    RTA_PAYLOAD(a) >= sizeof(memory))
			memcpy(memory, RTA_DATA(a), sizeof(memory));
	return memory[SK_MEMINFO_RCVBUF];
}

/* False at the end; the least of those at PORT is kept. */
static bool
part_read(int fd, uint16_t port, unsigned *least)
{
	static union {
		struct nlmsghdr head;
		uint8_t octets[32768];
	} part;
	ssize_t got = recv(fd, &part, sizeof(part), 0);
	unsigned left = got < 0 ? 0 : (unsigned)got;
	struct nlmsghdr *head = &part.head;

	if (got <= 0)
		return false;
	for (; NLMSG_OK(head, left); head = NLMSG_NEXT(head, left)) {
		const struct inet_diag_msg *m = NLMSG_DATA(head);
		unsigned room;

		if (head->nlmsg_type != SOCK_DIAG_BY_FAMILY)
			return false;
		if (m->id.idiag_sport != htons(port))
			continue;
		room = room_of(head);
		if (*least == 0 || (room > 0 && room < *least))
			*least = room;
	}
	return true;
}

unsigned
diag_receive_buffer(uint16_t port)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	struct request r = {
		.head = { .nlmsg_len = sizeof(r),
		    .nlmsg_type = SOCK_DIAG_BY_FAMILY,
		    .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.sockets = { .sdiag_protocol = IPPROTO_UDP,
		    .idiag_ext = 1 << (INET_DIAG_SKMEMINFO - 1),
		    .idiag_states = UINT32_MAX },
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	unsigned least = 0;

	for (size_t i = 0; fd >= 0 && i < sizeof(families); i++) {
		r.sockets.sdiag_family = families[i];
		if (send(fd, &r, sizeof(r), 0) > 0)
			while (part_read(fd, port, &least))
				;
	}
	if (fd >= 0)
		(void)close(fd);
	return least;
}
