/*
 * qr.c - a configuration as a picture that a telephone reads.
 */
#include <png.h>
#include <qrencode.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "impl.h"

#define OCTETS_MAX 2953 /* of the largest code, least correction */
#define QUIET      4    /* modules around it, which readers ask for */
#define SCALE      8    /* pixels a module */

static QRcode *
png_encode(const struct text *t)
{
	QRcode *code = NULL;

	if (t->len <= OCTETS_MAX)
		code = QRcode_encodeData(
		    (int)t->len, (const unsigned char *)t->at, 0, QR_ECLEVEL_L);
	if (code == NULL)
		log_error("a QR code holds at most %d octets, and the"
			  " configuration has %zu",
		    OCTETS_MAX, t->len);
	return code;
}

static bool
is_dark(const QRcode *code, int x, int y)
{
	return x >= 0 && y >= 0 && x < code->width && y < code->width &&
	    (code->data[y * code->width + x] & 1) != 0;
}

/*
 * Two rows of modules a line of text.  Colours are said, what is light white on
 * black, since a terminal's own may be the other way around.
 */
bool
qr_print(const struct text *t)
{
	static const char *const half[] = { "█", "▀", "▄", " " };
	QRcode *code = png_encode(t);

	if (code == NULL)
		return false;
	for (int y = -QUIET; y < code->width + QUIET; y += 2) {
		(void)fputs("\033[38;5;231;48;5;16m", stdout);
		for (int x = -QUIET; x < code->width + QUIET; x++)
			(void)fputs(half[2 * is_dark(code, x, y) +
					is_dark(code, x, y + 1)],
			    stdout);
		(void)fputs("\033[0m\n", stdout);
	}
	QRcode_free(code);
	return true;
}

static bool
picture_write(const QRcode *code, unsigned side, struct text *png)
{
	png_image image = { .version = PNG_IMAGE_VERSION,
		.width = side,
		.height = side,
		.format = PNG_FORMAT_GRAY };
	struct text pixels = { NULL, 0, 0 };
	png_alloc_size_t len = PNG_IMAGE_PNG_SIZE_MAX(image);
	struct text out = { calloc(1, len), len, len };
	bool good;

	for (unsigned i = 0; i < side * side; i++) {
		bool dark = is_dark(code, (int)(i % side / SCALE) - QUIET,
		    (int)(i / side / SCALE) - QUIET);

		text_add_octets(&pixels, dark ? "\0" : "\377", 1);
	}
	good = out.at != NULL &&
	    png_image_write_to_memory(
		&image, out.at, &len, 0, pixels.at, 0, NULL) != 0;
	if (good)
		text_add_octets(png, out.at, len);
	else
		log_error("the picture cannot be made: %s", image.message);
	text_release(&pixels);
	text_release(&out);
	return good;
}

bool
qr_png(const struct text *t, struct text *png)
{
	QRcode *code = png_encode(t);
	bool good;

	if (code == NULL)
		return false;
	good = picture_write(
	    code, (unsigned)(code->width + 2 * QUIET) * SCALE, png);
	QRcode_free(code);
	return good;
}
