/*
 * top_run.c - the terminal of top.
 */
#include <poll.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "dnsctl/control/control.h"
#include "dnsctl/control/top.h"

#define EVERY_MS 1000
#define ROWS     40 /* where there is no terminal */
#define COLUMNS  120

#define ESC   "\033["
#define ENTER ESC "?1049h" ESC "?25l" /* another screen, no cursor */
#define LEAVE ESC "?25h" ESC "?1049l"
#define HOME  ESC "H"
#define ERASE ESC "K" /* the rest of the line */

#define ERASE_BELOW ESC "J"

/* True: q was pressed, or time is over.  */
static bool
quit_wait(const volatile sig_atomic_t *stop, bool terminal)
{
	int64_t until = clock_ms(CLOCK_MONOTONIC) + EVERY_MS;
	struct pollfd keys = { .fd = terminal ? STDIN_FILENO : -1,
		.events = POLLIN };
	char key = 0;

	while (!*stop && key != 'q') {
		int64_t left = until - clock_ms(CLOCK_MONOTONIC);

		if (left <= 0)
			return false;
		if (poll(&keys, 1, (int)left) > 0 &&
		    read(STDIN_FILENO, &key, 1) <= 0)
			keys.fd = -1;
	}
	return true;
}

/* Keys come at once and are not shown; what was before, for later. */
static void
keys_raw(struct termios *before)
{
	struct termios raw;

	if (tcgetattr(STDIN_FILENO, before) != 0)
		return;
	raw = *before;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	(void)tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

static void
frame_show(json_t *report, json_t *before, const char *why)
{
	struct winsize size = { 0 };

	(void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	(void)fputs(HOME, stdout);
	if (report == NULL)
		(void)printf("%s" ERASE "\n", why);
	else
		top_print(stdout, report, before,
		    size.ws_row > 1 ? size.ws_row - 1U : ROWS,
		    size.ws_col > 0 ? size.ws_col : COLUMNS, ERASE "\n");
	(void)fputs(ERASE_BELOW, stdout);
	(void)fflush(stdout);
}

/* A server that is away may come back; FIRST is used up. */
static void
frames_show(
    const char *control, json_t *first, const volatile sig_atomic_t *stop)
{
	json_t *report = first, *before = NULL;
	char why[CONTROL_WHY] = "";
	struct termios keys;

	keys_raw(&keys);
	(void)fputs(ENTER, stdout);
	for (;;) {
		frame_show(report, before, why);
		if (quit_wait(stop, true))
			break;
		json_decref(before);
		before = report;
		report = control_report(control, why);
	}
	json_decref(before);
	json_decref(report);
	(void)fputs(LEAVE, stdout);
	(void)fflush(stdout);
	(void)tcsetattr(STDIN_FILENO, TCSANOW, &keys);
}

static enum err
frame_print(const char *control, json_t *before,
    const volatile sig_atomic_t *stop, char why[CONTROL_WHY])
{
	json_t *report =
	    quit_wait(stop, false) ? NULL : control_report(control, why);
	enum err err = report == NULL && !*stop ? E_SYSTEM : E_OK;

	if (report != NULL)
		top_print(stdout, report, before, ROWS, COLUMNS, "\n");
	json_decref(before);
	json_decref(report);
	return err;
}

enum err
top_run(const char *control, const volatile sig_atomic_t *stop)
{
	char why[CONTROL_WHY];
	json_t *first = control_report(control, why);
	enum err err = first == NULL ? E_SYSTEM : E_OK;

	if (err == E_OK && isatty(STDOUT_FILENO) && isatty(STDIN_FILENO))
		frames_show(control, first, stop);
	else if (err == E_OK)
		err = frame_print(control, first, stop, why);
	if (err != E_OK)
		log_error("%s", why);
	return err;
}
