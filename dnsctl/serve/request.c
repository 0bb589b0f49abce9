/*
 * request.c - what an answer may ask of its request.
 */
#include <microhttpd.h>

#include "impl.h"

const char *
request_arg(const struct request *r, const char *name)
{
	return MHD_lookup_connection_value(
	    r->connection, MHD_GET_ARGUMENT_KIND, name);
}
