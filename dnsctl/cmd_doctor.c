/*
 * cmd_doctor.c - doctor: what keeps this host from answering.
 */
#include <stdio.h>
#include <string.h>

#include "dnsctl/ctl.h"
#include "dnsctl/doctor/doctor.h"
#include "dnsctl/terminal.h"
#include "zones/facts/json.h"

static const struct {
	const char *word, *colour;
} states[] = {
	[FINDING_GOOD] = { "good", COLOUR_GOOD },
	[FINDING_MIND] = { "mind", COLOUR_MIND },
	[FINDING_BAD] = { "bad ", COLOUR_BAD },
};

struct findings {
	bool json, bad;
};

static void
finding_print(const struct finding *f)
{
	terminal_print(states[f->state].colour, states[f->state].word);
	(void)printf("  %-8s  %s", f->check, f->text);
	if (f->mend[0] != '\0')
		(void)printf("; mend it by: %s", f->mend);
	(void)putchar('\n');
}

static void
finding_print_json(const struct finding *f)
{
	(void)printf("{\"check\":\"%s\",\"state\":\"%.*s\",\"text\":", f->check,
	    (int)strcspn(states[f->state].word, " "), states[f->state].word);
	fact_json_print_text(stdout, f->text);
	(void)fputs(",\"mend\":", stdout);
	fact_json_print_text(stdout, f->mend);
	(void)puts("}");
}

static void
finding_take(void *arg, const struct finding *f)
{
	struct findings *all = arg;

	all->bad = all->bad || f->state == FINDING_BAD;
	if (all->json)
		finding_print_json(f);
	else
		finding_print(f);
	(void)fflush(stdout); /* some take seconds, and a child is made */
}

enum exit_status
cmd_doctor(const struct ctl *ctl)
{
	struct findings all = { .json = ctl->json != NULL };
	bool given = strcmp(ctl->store, STORE_DEFAULT) != 0;

	doctor(ctl->config == NULL ? DOCTOR_CONFIG : ctl->config,
	    given ? ctl->store : NULL, finding_take, &all);
	return ctl_flushed() == CTL_OK && !all.bad ? CTL_OK : CTL_FAILED;
}
