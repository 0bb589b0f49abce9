/*
 * cmd_explain.c - explain: how a question is answered, and why.
 */
#include "base/log.h"
#include "dnsctl/ctl.h"
#include "dnsctl/explain/explain.h"
#include "dnsd/config/config.h"

enum exit_status
cmd_explain(const struct ctl *ctl)
{
	struct explain_question question = { .name = ctl->args[0],
		.type = ctl->arg_count > 1 ? ctl->args[1] : NULL,
		.network = ctl->network,
		.from = ctl->from,
		.to = ctl->to,
		.region = ctl->region };
	struct config *config = NULL;
	char why[EXPLAIN_WHY] = "", bad[CONFIG_WHY];
	struct ctl_view view;
	enum err err;

	if (ctl->config != NULL &&
	    config_read(&config, ctl->config, bad) != E_OK) {
		log_error("%s", bad);
		return CTL_FAILED;
	}
	question.config = config;
	if (!ctl_view_open(&view, ctl)) {
		config_free(config);
		return CTL_FAILED;
	}
	err = ctl->json == NULL
	    ? explain(stdout, view.snapshot, &question, why)
	    : explain_json(stdout, view.snapshot, &question, why);
	if (ctl->json != NULL && err == E_OK)
		(void)putchar('\n');
	ctl_view_close(&view);
	config_free(config);
	if (err == E_OK)
		return ctl_flushed();
	log_error("%s", why[0] != '\0' ? why : err_str(err));
	return err == E_INPUT ? CTL_USAGE : CTL_FAILED;
}
