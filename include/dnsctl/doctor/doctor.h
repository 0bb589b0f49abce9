/*
 * doctor.h - what keeps a host from answering, and what mends it.
 *
 * It looks at what a configuration needs of this host, and asks the server and
 * its upstreams as others would.  Nothing is changed.  Who runs it should be
 * root: others are not let see all of it.
 */
#ifndef DNSCTL_DOCTOR_DOCTOR_H
#define DNSCTL_DOCTOR_DOCTOR_H

#define DOCTOR_CONFIG "/etc/dnsd/dnsd.conf"

enum finding_state { FINDING_GOOD, FINDING_MIND, FINDING_BAD };

/* Valid during the call. */
struct finding {
	enum finding_state state;
	const char *check; /* a word */
	const char *text;
	const char *mend; /* a command; "" where there is none, or no need */
};

typedef void doctor_each(void *arg, const struct finding *);

/* Of the host that has this dnsd.conf; STORE NULL: the one that it names. */
void doctor(
    const char *config, const char *store, doctor_each *each, void *arg);

#endif
