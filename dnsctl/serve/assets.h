/*
 * assets.h - the files of the page, which are in the program.
 */
#ifndef DNSCTL_SERVE_ASSETS_H
#define DNSCTL_SERVE_ASSETS_H

#include <stddef.h>
#include <stdint.h>

struct asset {
	const char *path, *type;
	const uint8_t *bytes;
	size_t len;
};

/* NULL: no file of the page. */
const struct asset *asset_find(const char *path);

#endif
