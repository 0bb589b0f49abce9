/*
 * cmd_serve.c - serve: metrics, an API and a page over HTTP.
 */
#include <stdlib.h>

#include "base/log.h"
#include "dnsctl/ctl.h"
#include "dnsctl/serve/serve.h"

enum exit_status
cmd_serve(const struct ctl *ctl)
{
	struct serve_options o = {
		.address = ctl->arg_count > 0 ? ctl->args[0] : SERVE_DEFAULT,
		.store = ctl->store,
		.controls = ctl->control,
		.token_file = ctl->token_file,
		.name = ctl->name,
		.stop = ctl->stop,
	};
	char *end;

	if (ctl->max_age != NULL) {
		o.max_age = strtod(ctl->max_age, &end);
		if (end == ctl->max_age || *end != '\0' || !(o.max_age > 0)) {
			log_error("--max-age %s: must be a number of seconds",
			    ctl->max_age);
			return CTL_USAGE;
		}
	}
	return serve_run(&o) == E_OK ? CTL_OK : CTL_FAILED;
}
