/*
 * control.c - see control.h.
 */
#include "dnsd/server/control.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <event2/listener.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"

#define COMMAND_MAX 1100 /* of which a name may be most */
#define CLIENTS_MAX 16   /* at a time; descriptors are kept for as many */

/* Seconds for a client that does nothing, or traces. */
static const struct timeval patience = { .tv_sec = 10 };
static const struct timeval trace_most = { .tv_sec = 3600 };

typedef void report_printer(struct evbuffer *, const struct report_view *);

struct control_client {
	LIST_ENTRY(control_client) next;
	struct control *control;
	struct bufferevent *stream;
	enum control_ask asked;
	report_printer *print; /* when workers have reported; or NULL */
};

struct control {
	control_call *call;
	void *arg;
	struct event_base *base;
	struct evconnlistener *listener;
	struct event on_time; /* after a failure to accept somebody */
	LIST_HEAD(, control_client) clients;
	unsigned count;
	struct sockaddr_un address;
};

static void
control_client_close(struct control_client *c)
{
	struct control *control = c->control;

	LIST_REMOVE(c, next);
	control->count--;
	(void)evconnlistener_enable(control->listener);
	if (c->asked == CONTROL_FOLLOW || c->asked == CONTROL_TRACE)
		(void)control->call(control->arg, c->asked, false, NULL);
	bufferevent_free(c->stream);
	free(c);
}

/* The reply is all there; the client goes when it has been written. */
static void
client_finish(struct control_client *c)
{
	(void)bufferevent_disable(c->stream, EV_READ);
	if (evbuffer_get_length(bufferevent_get_output(c->stream)) == 0)
		control_client_close(c);
}

static void
client_answer(struct control_client *c, const char *line)
{
	(void)evbuffer_add_printf(
	    bufferevent_get_output(c->stream), "%s\n", line);
	client_finish(c);
}

/* --- commands */

/* A new one is a row. */
static const struct command {
	const char *name;
	bool takes_text; /* and may go without */
	enum control_ask ask;
	report_printer *print;
	const char *done, *error; /* NULL: more is to come; it cannot fail */
} commands[] = {
	{ "stats", false, CONTROL_REPORT, report_print_counters, NULL, NULL },
	{ "report", false, CONTROL_REPORT, report_print, NULL, NULL },
	{ "workers", false, CONTROL_REPORT, report_print_workers, NULL, NULL },
	{ "flush", true, CONTROL_FLUSH, NULL, "flushed",
	    "error: that is no name" },
	{ "reload", false, CONTROL_RELOAD, NULL, NULL, NULL },
	{ "log", true, CONTROL_FOLLOW, NULL, NULL,
	    "error: whose? [NETWORK|- [ADDRESS]]; or another client has the "
	    "log" },
	{ "trace", false, CONTROL_TRACE, NULL, NULL,
	    "error: another client has a trace" },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void
client_report(struct control_client *c, report_printer *print)
{
	(void)bufferevent_disable(c->stream, EV_READ);
	c->print = print;
	(void)c->control->call(c->control->arg, CONTROL_REPORT, true, NULL);
}

/*
 * Who follows or traces is read from, so that we see when he goes.  The one may
 * be silent; the other, until he says more, or nothing for too long.
 */
static void
client_stay(struct control_client *c)
{
	bool traces = c->asked == CONTROL_TRACE;

	(void)bufferevent_set_timeouts(
	    c->stream, traces ? &trace_most : NULL, traces ? &patience : NULL);
	(void)bufferevent_enable(c->stream, EV_READ);
	/* What it said more came with its first line. */
	if (traces && evbuffer_get_length(bufferevent_get_input(c->stream)) > 0)
		client_report(c, report_print_trace);
}

static void
command_run(
    struct control_client *c, const struct command *row, const char *text)
{
	(void)bufferevent_disable(c->stream, EV_READ);
	if (row->print != NULL) {
		client_report(c, row->print);
	} else if (!c->control->call(c->control->arg, row->ask, true, text)) {
		client_answer(c, row->error);
	} else if (row->done != NULL) {
		client_answer(c, row->done);
	} else {
		c->asked = row->ask;
		if (row->ask != CONTROL_RELOAD)
			client_stay(c);
	}
}

static void
line_obey(struct control_client *c, const char *line)
{
	struct evbuffer *out = bufferevent_get_output(c->stream);
	size_t len = strcspn(line, " ");
	const char *text = line[len] == '\0' ? NULL : line + len + 1;

	for (size_t i = 0; i < COMMANDS; i++)
		if (strlen(commands[i].name) == len &&
		    strncmp(line, commands[i].name, len) == 0 &&
		    (text == NULL || commands[i].takes_text)) {
			command_run(c, &commands[i], text);
			return;
		}
	(void)evbuffer_add_printf(
	    out, "error: \"%.60s\" is no command; there are:", line);
	for (size_t i = 0; i < COMMANDS; i++)
		(void)evbuffer_add_printf(out, " %s", commands[i].name);
	client_answer(c, "");
}

/* --- clients */

static void
on_input(struct bufferevent *stream, void *arg)
{
	struct control_client *c = arg;
	struct evbuffer *in = bufferevent_get_input(stream);
	size_t len, most = COMMAND_MAX;
	char *line = evbuffer_readln(in, &len, EVBUFFER_EOL_CRLF);

	if (line == NULL) {
		len = evbuffer_get_length(in);
		most++; /* may be the half of a line's end */
	}
	if (c->asked == CONTROL_FOLLOW)
		(void)evbuffer_drain(in, evbuffer_get_length(in));
	else if (c->asked == CONTROL_TRACE)
		client_report(c, report_print_trace);
	else if (len > most)
		line_obey(c, "...");
	else if (line != NULL)
		line_obey(c, line);
	free(line);
}

/* The whole reply has been written. */
static void
on_written(struct bufferevent *stream, void *arg)
{
	struct control_client *c = arg;

	if (c->print == NULL && c->asked != CONTROL_RELOAD &&
	    (bufferevent_get_enabled(stream) & EV_READ) == 0)
		control_client_close(c);
}

static void
on_trouble(struct bufferevent *stream, short what, void *arg)
{
	struct control_client *c = arg;

	(void)stream;
	if (c->asked == CONTROL_TRACE &&
	    what == (BEV_EVENT_TIMEOUT | BEV_EVENT_READING))
		client_report(c, report_print_trace);
	else
		control_client_close(c);
}

/* Else who waits at the socket woke us again and again. */
static void
on_accept_error(struct evconnlistener *listener, void *arg)
{
	const struct timeval soon = { .tv_sec = 1 };
	struct control *control = arg;

	if (evtimer_add(&control->on_time, &soon) == 0)
		(void)evconnlistener_disable(listener);
}

static void
on_time(evutil_socket_t fd, short what, void *arg)
{
	struct control *control = arg;

	(void)fd;
	(void)what;
	if (control->count < CLIENTS_MAX)
		(void)evconnlistener_enable(control->listener);
}

static void
on_client(struct evconnlistener *listener, evutil_socket_t fd,
    struct sockaddr *from, int from_len, void *arg)
{
	struct control *control = arg;
	struct control_client *c = calloc(1, sizeof(*c));

	(void)from;
	(void)from_len;
	if (c != NULL)
		c->stream = bufferevent_socket_new(
		    control->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (c == NULL || c->stream == NULL) {
		free(c);
		(void)close(fd);
		return;
	}
	c->control = control;
	LIST_INSERT_HEAD(&control->clients, c, next);
	if (++control->count == CLIENTS_MAX)
		(void)evconnlistener_disable(listener);
	bufferevent_setcb(c->stream, on_input, on_written, on_trouble, c);
	(void)bufferevent_set_timeouts(c->stream, &patience, &patience);
	(void)bufferevent_enable(c->stream, EV_READ | EV_WRITE);
}

void
control_tell(struct control *control, const struct report_view *view)
{
	struct control_client *c;

	LIST_FOREACH(c, &control->clients, next)
	{
		if (c->print != NULL)
			c->print(bufferevent_get_output(c->stream), view);
		c->print = NULL;
	}
}

struct evbuffer *
control_follower(struct control *control)
{
	struct control_client *c;

	LIST_FOREACH(c, &control->clients, next)
	if (c->asked == CONTROL_FOLLOW)
		return bufferevent_get_output(c->stream);
	return NULL;
}

void
control_reloaded(struct control *control, bool done)
{
	struct control_client *c, *next;

	for (c = LIST_FIRST(&control->clients); c != NULL; c = next) {
		next = LIST_NEXT(c, next);
		if (c->asked != CONTROL_RELOAD)
			continue;
		c->asked = CONTROL_NOTHING;
		client_answer(c,
		    done ? "reloaded"
			 : "error: not reloaded; the log says why");
	}
}

/* --- the socket */

/* Nobody answers at a socket that a server left behind when it died. */
static bool
address_is_in_use(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool answered = fd >= 0 &&
	    connect(fd, (const struct sockaddr *)address, sizeof(*address)) ==
		0;

	if (fd >= 0)
		(void)close(fd);
	return answered;
}

/* Its mode before it listens, so that nobody is in earlier. */
static int
socket_bind(const struct sockaddr_un *address)
{
	struct stat st;
	int fd;

	if (address_is_in_use(address)) {
		errno = EADDRINUSE;
		return -1;
	}
	if (lstat(address->sun_path, &st) == 0 && S_ISSOCK(st.st_mode))
		(void)unlink(address->sun_path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd >= 0 &&
	    bind(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 &&
	    chmod(address->sun_path, 0660) == 0)
		return fd;
	if (fd >= 0)
		(void)evutil_closesocket(fd);
	return -1;
}

enum err
control_open(struct control **out, struct event_base *base, const char *path,
    control_call *call, void *arg)
{
	struct control *control = calloc(1, sizeof(*control));
	int fd;

	*out = NULL;
	if (control == NULL)
		return E_NOMEM;
	control->call = call;
	control->arg = arg;
	control->base = base;
	LIST_INIT(&control->clients);
	control->address.sun_family = AF_UNIX;
	(void)snprintf(control->address.sun_path,
	    sizeof(control->address.sun_path), "%s", path);
	fd = socket_bind(&control->address);
	if (fd >= 0 &&
	    evtimer_assign(&control->on_time, base, on_time, control) == 0)
		control->listener = evconnlistener_new(base, on_client, control,
		    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, CLIENTS_MAX,
		    fd);
	if (control->listener == NULL) {
		log_error("control socket %s cannot be made: %s", path,
		    strerror(errno));
		if (fd >= 0)
			(void)close(fd);
		free(control);
		return E_SYSTEM;
	}
	evconnlistener_set_error_cb(control->listener, on_accept_error);
	*out = control;
	return E_OK;
}

const char *
control_path(const struct control *control)
{
	return control->address.sun_path;
}

void
control_close(struct control *control)
{
	struct control_client *c;

	if (control == NULL)
		return;
	while ((c = LIST_FIRST(&control->clients)) != NULL)
		control_client_close(c);
	(void)event_del(&control->on_time);
	evconnlistener_free(control->listener);
	(void)unlink(control->address.sun_path);
	free(control);
}
