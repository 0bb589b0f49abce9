/*
 * assets.c - see assets.h; the Makefile writes the octets of each file.
 */
#include "assets.h"

#include <string.h>

static const uint8_t html[] = {
#include <page/index.html.h>
};
static const uint8_t css[] = {
#include <page/page.css.h>
};
static const uint8_t js[] = {
#include <page/page.js.h>
};
static const uint8_t map[] = {
#include <page/map.js.h>
};
static const uint8_t icon[] = {
#include <page/icon.svg.h>
};
static const uint8_t chart[] = {
#include <page/chart.min.js.h>
};

#define SCRIPT "text/javascript; charset=utf-8"

static const struct asset assets[] = {
	{ "/", "text/html; charset=utf-8", html, sizeof(html) },
	{ "/page.css", "text/css; charset=utf-8", css, sizeof(css) },
	{ "/page.js", SCRIPT, js, sizeof(js) },
	{ "/map.js", SCRIPT, map, sizeof(map) },
	{ "/icon.svg", "image/svg+xml", icon, sizeof(icon) },
	{ "/chart.js", SCRIPT, chart, sizeof(chart) },
};

const struct asset *
asset_find(const char *path)
{
	for (size_t i = 0; i < sizeof(assets) / sizeof(assets[0]); i++)
		if (strcmp(assets[i].path, path) == 0)
			return &assets[i];
	return NULL;
}
