/*
 * kernel.c - what the kernel lets sockets have, and what time it has.
 */
#include <arpa/inet.h>
#include <sys/timex.h>

#include "base/clock.h"
#include "impl.h"

#define WANTED (8 << 20) /* octets; the kernel says twice as much */

void
buffers_check(struct doctor *d)
{
	char text[CONFIG_LISTEN_TEXT];

	for (unsigned i = 0; i < d->config->listen_count; i++) {
		const struct config_listen *l = &d->config->listen[i];
		unsigned room =
		    diag_receive_buffer(ntohs(l->address.v4.sin_port)) / 2;

		if (room == 0)
			continue;
		(void)config_listen_text(l, text);
		doctor_say(d, room < WANTED ? FINDING_MIND : FINDING_GOOD,
		    "buffer",
		    room < WANTED ? "sysctl -w net.core.rmem_max=8388608 "
				    "net.core.wmem_max=8388608"
				  : "",
		    "%s: %u KiB for what is not read yet%s", text, room / 1024,
		    room < WANTED ? ", and 8192 would be right" : "");
	}
}

/* A commit of tomorrow: this clock is late, or the writer's is early. */
static double
seconds_ahead(struct doctor *d)
{
	struct store_meta meta = { .committed_ms = 0 };
	int64_t ahead = 0;

	if (d->snapshot != NULL && snapshot_refresh(d->snapshot) == E_OK &&
	    snapshot_meta(d->snapshot, &meta) == E_OK)
		ahead = meta.committed_ms - clock_ms(CLOCK_REALTIME);
	if (d->snapshot != NULL)
		snapshot_rest(d->snapshot);
	return (double)ahead / 1000;
}

void
clock_check(struct doctor *d)
{
	struct timex state = { .modes = 0 };
	double ahead = seconds_ahead(d);

	if (ahead > 1)
		doctor_say(d, FINDING_BAD, "clock", "timedatectl set-ntp true",
		    "the last commit is %.0f s from now: this clock is late, "
		    "or was early",
		    ahead);
	else if (adjtimex(&state) == TIME_ERROR)
		doctor_say(d, FINDING_MIND, "clock", "timedatectl set-ntp true",
		    "nobody keeps the time: peers expire, and cookies are "
		    "taken, by it");
	else
		doctor_say(
		    d, FINDING_GOOD, "clock", "", "somebody keeps the time");
}
