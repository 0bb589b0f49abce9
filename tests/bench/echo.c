/*
 * echo.c - the floor: a UDP server that sends every packet back.
 *
 *	echo [-ri] [-b BATCH] [-s OCTETS] ADDRESS PORT
 *	  -i  answer from the address that was asked (IPV6_PKTINFO)
 *	  -r  share the port with other echoes (SO_REUSEPORT)
 *	  -b  packets taken at once (64)
 *	  -s  the size of what is sent back, instead of what came
 *
 * What it costs is the kernel's part of a query.  A DNS server cannot
 * cost less.
 */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BATCH_MAX  256
#define PACKET_MAX 4096

static struct mmsghdr messages[BATCH_MAX];
static struct iovec parts[BATCH_MAX];
static struct sockaddr_storage peers[BATCH_MAX];
static _Alignas(struct cmsghdr) unsigned char infos[BATCH_MAX][CMSG_SPACE(
    sizeof(struct in6_pktinfo))];
static unsigned char packets[BATCH_MAX][PACKET_MAX];

static int
socket_open(const char *address, const char *port, bool shared)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	bool is_v4 = inet_pton(AF_INET, address, &v4.sin_addr) == 1;
	int on = shared, fd;

	v4.sin_port = v6.sin6_port = htons((uint16_t)strtoul(port, NULL, 10));
	if (!is_v4 && inet_pton(AF_INET6, address, &v6.sin6_addr) != 1)
		return -1;
	fd = socket(is_v4 ? AF_INET : AF_INET6, SOCK_DGRAM, 0);
	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) != 0 ||
	    bind(fd, is_v4 ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6,
		is_v4 ? sizeof(v4) : sizeof(v6)) != 0)
		return -1;
	return fd;
}

static void
serve(int fd, unsigned batch, size_t size, bool info)
{
	for (;;) {
		int got;

		for (unsigned i = 0; i < batch; i++) {
			parts[i] = (struct iovec){ packets[i], PACKET_MAX };
			messages[i].msg_hdr = (struct msghdr){
				.msg_name = &peers[i],
				.msg_namelen = sizeof(peers[i]),
				.msg_iov = &parts[i],
				.msg_iovlen = 1,
				.msg_control = info ? infos[i] : NULL,
				.msg_controllen = info ? sizeof(infos[i]) : 0,
			};
		}
		got = recvmmsg(fd, messages, batch, MSG_WAITFORONE, NULL);
		for (int i = 0; i < got; i++)
			parts[i].iov_len =
			    size > 0 ? size : messages[i].msg_len;
		if (got > 0)
			(void)sendmmsg(fd, messages, (unsigned)got, 0);
	}
}

int
main(int argc, char **argv)
{
	unsigned batch = 64;
	size_t size = 0;
	bool shared = false, info = false;
	int option, fd, on = 1;

	while ((option = getopt(argc, argv, "rib:s:")) != -1) {
		if (option == 'b')
			batch = (unsigned)strtoul(optarg, NULL, 10);
		else if (option == 's')
			size = strtoul(optarg, NULL, 10);
		else if (option == 'r')
			shared = true;
		else
			info = option == 'i';
	}
	if (argc - optind != 2 || batch == 0 || batch > BATCH_MAX ||
	    size > PACKET_MAX) {
		fputs("usage: echo [-ri] [-b batch] [-s octets] address "
		      "port\n",
		    stderr);
		return 2;
	}
	fd = socket_open(argv[optind], argv[optind + 1], shared);
	if (fd < 0 ||
	    (info &&
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on,
		    sizeof(on)) != 0)) {
		perror("echo");
		return 1;
	}
	serve(fd, batch, size, info);
}
