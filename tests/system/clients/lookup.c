/*
 * lookup.c - prints the addresses that getaddrinfo() gives for a name, one a
 * line.  Built with musl: `musl-gcc -static`.
 */
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>

int
main(int argc, char **argv)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list, *at;
	char host[INET6_ADDRSTRLEN];
	int failed;

	if (argc != 2)
		return 2;
	failed = getaddrinfo(argv[1], NULL, &hints, &list);
	if (failed) {
		fprintf(stderr, "%s: %s\n", argv[1], gai_strerror(failed));
		return 1;
	}
	for (at = list; at != NULL; at = at->ai_next) {
		getnameinfo(at->ai_addr, at->ai_addrlen, host, sizeof(host),
		    NULL, 0, NI_NUMERICHOST);
		puts(host);
	}
	freeaddrinfo(list);
	return 0;
}
