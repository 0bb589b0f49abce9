/*
 * steer.c - see impl.h.
 */
#include "impl.h"

#include <linux/filter.h>
#include <sched.h>
#include <stdint.h>
#include <sys/socket.h>

#define WORKERS_MOST 256
#define BY_HASH      UINT32_MAX /* no socket's number: the kernel's choice */

/* The processor of a worker among those that we may use, or -1. */
static int
processor_of(const cpu_set_t *set, unsigned worker)
{
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET((size_t)i, set) && worker-- == 0)
			return i;
	return -1;
}

/* By the receiving processor to the number of a socket. */
bool
steer_group(int fd, unsigned workers)
{
	struct sock_filter code[2 + 2 * WORKERS_MOST] = { BPF_STMT(
	    BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_CPU)) };
	struct sock_fprog program = { 1, code };
	const int unused = 0; /* the kernel wants to be given something */
	cpu_set_t set;

	if (workers == 0) {
		(void)setsockopt(fd, SOL_SOCKET, SO_DETACH_REUSEPORT_BPF,
		    &unused, sizeof(unused));
		return true;
	}
	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return false;
	for (unsigned i = 0; i < workers && i < WORKERS_MOST; i++) {
		int processor = processor_of(&set, i);

		if (processor < 0)
			break;
		code[program.len++] = (struct sock_filter)BPF_JUMP(
		    BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)processor, 0, 1);
		code[program.len++] =
		    (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, i);
	}
	code[program.len++] =
	    (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, BY_HASH);
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program,
		   sizeof(program)) == 0;
}

bool
steer_thread(unsigned worker)
{
	cpu_set_t all, one;
	int processor;

	if (sched_getaffinity(0, sizeof(all), &all) != 0)
		return false;
	processor = processor_of(&all, worker);
	if (processor < 0)
		return true;
	CPU_ZERO(&one);
	CPU_SET((size_t)processor, &one);
	return sched_setaffinity(0, sizeof(one), &one) == 0;
}
