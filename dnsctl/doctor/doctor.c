/*
 * doctor.c - the checks in their order; see doctor.h.
 */
#include "dnsctl/doctor/doctor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "impl.h"

/* To add a check: its function in impl.h and its row, where others need it. */
static void (*const checks[])(struct doctor *) = {
	check_store,
	rights_check,
	clock_check,
	listen_check,
	resolvers_check,
	server_check,
	ports_check,
	buffers_check,
	upstreams_check,
};

/* E_OK, or it was said what is wrong. */
static enum err
whole_config_check(struct doctor *d, const char *file, struct config **config)
{
	char why[CONFIG_WHY], mend[MEND];
	enum err err = config_read(config, file, why);

	(void)snprintf(mend, sizeof(mend), "sudoedit %s", file);
	if (err != E_OK)
		doctor_say(d, FINDING_BAD, "config", mend, "%s", why);
	else
		doctor_say(d, FINDING_GOOD, "config", "", "%s: good", file);
	return err;
}

void
doctor(const char *file, const char *store, doctor_each *each, void *arg)
{
	struct doctor d = { .each = each, .arg = arg };
	struct config *config = NULL;
	struct store *opened = NULL;

	if (whole_config_check(&d, file, &config) != E_OK)
		return;
	d.config = config;
	d.store = store == NULL ? config->store : store;
	if (store_open_reader(&opened, d.store) == E_OK)
		(void)!snapshot_open(opened, &d.snapshot);
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		checks[i](&d);
	snapshot_close(d.snapshot);
	store_close(opened);
	config_free(config);
}
