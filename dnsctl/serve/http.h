/*
 * http.h - the HTTP side of serve.
 */
#ifndef DNSCTL_SERVE_HTTP_H
#define DNSCTL_SERVE_HTTP_H

#include "impl.h"

struct http;

/* Answers from now on, in a thread of its own.  What fails is logged. */
enum err http_open(struct http **, struct serve *) MUST_CHECK;
/* Until *stop: sees to it that no connection takes too long. */
void http_run(struct http *, const volatile sig_atomic_t *stop);
void http_close(struct http *); /* NULL is fine */

#endif
