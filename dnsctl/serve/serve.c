/*
 * serve.c - the spine of dnsctl serve; see serve.h.
 */
#include "dnsctl/serve/serve.h"

#include "base/log.h"
#include "host/notify.h"
#include "http.h"

enum err
serve_run(const struct serve_options *o)
{
	struct http *http = NULL;
	struct serve s;
	enum err err = state_open(&s, o);

	if (err == E_OK)
		err = http_open(&http, &s);
	if (err == E_OK) {
		log_info("serving http://%s/, for who has %s", o->address,
		    s.token[0] == '\0' ? "an account on this host"
				       : "the token");
		notify("READY=1\nSTATUS=serving %s", o->address);
		http_run(http, o->stop);
	}
	http_close(http);
	state_close(&s);
	return err;
}
