/*
 * control.c - see control.h.
 */
#include "dnsd/server/control.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"

#define COMMAND_MAX 1100 /* of which a name may be most */
#define PATIENCE    10   /* seconds for a client that does nothing */
#define TRACE_MAX   3600 /* seconds */
#define CLIENTS_MAX 16   /* at a time; descriptors are kept for as many */

struct client_of_control {
	LIST_ENTRY(client_of_control) next;
	struct control *control;
	struct bufferevent *stream;
	/* What it waits for, printed when workers have reported; or NULL. */
	void (*wants)(struct evbuffer *, const struct report_view *);
	bool reloads; /* it waits for that */
	bool follows; /* questions, until it goes */
	bool traces;  /* the same; until a time is over, or it says more */
};

struct control {
	struct control_calls calls;
	struct event_base *base;
	struct event on_client;
	struct event on_time; /* runs while nobody is accepted */
	int fd;
	LIST_HEAD(, client_of_control) clients;
	unsigned count;
	struct sockaddr_un address;
};

static void
client_close(struct client_of_control *c)
{
	LIST_REMOVE(c, next);
	c->control->count--;
	if (c->follows)
		(void)c->control->calls.follow(
		    c->control->calls.arg, NULL, false);
	if (c->traces)
		(void)c->control->calls.trace(c->control->calls.arg, false);
	bufferevent_free(c->stream);
	free(c);
}

/* The reply is all there; the client goes when it has been written. */
static void
client_finish(struct client_of_control *c)
{
	(void)bufferevent_disable(c->stream, EV_READ);
	if (evbuffer_get_length(bufferevent_get_output(c->stream)) == 0)
		client_close(c);
}

/* --- commands: a new one is a function and a row */

static void
client_answer(struct client_of_control *c, const char *line)
{
	(void)evbuffer_add_printf(
	    bufferevent_get_output(c->stream), "%s\n", line);
	client_finish(c);
}

static void
client_report(struct client_of_control *c,
    void (*print)(struct evbuffer *, const struct report_view *))
{
	(void)bufferevent_disable(c->stream, EV_READ);
	c->wants = print;
	c->control->calls.stats(c->control->calls.arg);
}

static void
command_flush(struct client_of_control *c, const char *name)
{
	client_answer(c,
	    c->control->calls.flush(c->control->calls.arg, name)
		? "flushed"
		: "error: that is no name");
}

static void
command_reload(struct client_of_control *c, const char *name)
{
	(void)name;
	c->reloads = true;
	c->control->calls.reload(c->control->calls.arg);
}

/* It is read from, so that we see when it goes, and may be silent. */
static void
command_log(struct client_of_control *c, const char *name)
{
	c->follows =
	    c->control->calls.follow(c->control->calls.arg, name, true);
	if (!c->follows) {
		client_answer(c,
		    "error: whose? [NETWORK|- [ADDRESS]]; or another client "
		    "has the log");
		return;
	}
	(void)bufferevent_set_timeouts(c->stream, NULL, NULL);
	(void)bufferevent_enable(c->stream, EV_READ);
}

/* Until it says more, or nothing for too long. */
static void
command_trace(struct client_of_control *c, const char *name)
{
	const struct timeval patience = { .tv_sec = PATIENCE };
	const struct timeval most = { .tv_sec = TRACE_MAX };

	(void)name;
	c->traces = c->control->calls.trace(c->control->calls.arg, true);
	if (!c->traces) {
		client_answer(c, "error: another client has a trace");
		return;
	}
	(void)bufferevent_set_timeouts(c->stream, &most, &patience);
	(void)bufferevent_enable(c->stream, EV_READ);
	/* What it said more came with its first line. */
	if (evbuffer_get_length(bufferevent_get_input(c->stream)) > 0)
		client_report(c, report_print_trace);
}

static const struct {
	const char *name;
	bool takes_name; /* and may go without */
	void (*run)(struct client_of_control *, const char *name);
	void (*print)(struct evbuffer *, const struct report_view *);
} commands[] = {
	{ "stats", false, NULL, report_print_counters },
	{ "report", false, NULL, report_print },
	{ "workers", false, NULL, report_print_workers },
	{ "flush", true, command_flush, NULL },
	{ "reload", false, command_reload, NULL },
	{ "log", true, command_log, NULL },
	{ "trace", false, command_trace, NULL },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void
command_refuse(struct client_of_control *c, const char *line)
{
	struct evbuffer *out = bufferevent_get_output(c->stream);

	(void)evbuffer_add_printf(
	    out, "error: \"%.60s\" is no command; there are:", line);
	for (size_t i = 0; i < COMMANDS; i++)
		(void)evbuffer_add_printf(out, " %s", commands[i].name);
	(void)evbuffer_add_printf(out, "\n");
	client_finish(c);
}

static void
command_run(struct client_of_control *c, const char *line)
{
	size_t len = strcspn(line, " ");
	const char *name = line[len] == '\0' ? NULL : line + len + 1;

	(void)bufferevent_disable(c->stream, EV_READ);
	for (size_t i = 0; i < COMMANDS; i++) {
		if (strlen(commands[i].name) != len ||
		    strncmp(line, commands[i].name, len) != 0 ||
		    (name != NULL && !commands[i].takes_name))
			continue;
		if (commands[i].run != NULL)
			commands[i].run(c, name);
		else
			client_report(c, commands[i].print);
		return;
	}
	command_refuse(c, line);
}

/* --- clients */

static void
on_input(struct bufferevent *stream, void *arg)
{
	struct client_of_control *c = arg;
	struct evbuffer *in = bufferevent_get_input(stream);
	size_t len, most = COMMAND_MAX;
	char *line = evbuffer_readln(in, &len, EVBUFFER_EOL_CRLF);

	if (line == NULL) {
		len = evbuffer_get_length(in);
		most++; /* may be the half of a line's end */
	}
	if (c->follows)
		(void)evbuffer_drain(in, evbuffer_get_length(in));
	else if (c->traces)
		client_report(c, report_print_trace);
	else if (len > most)
		command_refuse(c, "...");
	else if (line != NULL)
		command_run(c, line);
	free(line);
}

/* The whole reply has been written. */
static void
on_written(struct bufferevent *stream, void *arg)
{
	struct client_of_control *c = arg;

	if (c->wants == NULL && !c->reloads &&
	    (bufferevent_get_enabled(stream) & EV_READ) == 0)
		client_close(c);
}

static void
on_trouble(struct bufferevent *stream, short what, void *arg)
{
	struct client_of_control *c = arg;

	(void)stream;
	if (c->traces && what == (BEV_EVENT_TIMEOUT | BEV_EVENT_READING))
		client_report(c, report_print_trace);
	else
		client_close(c);
}

/* Else who waits at the socket woke us again and again. */
static void
control_pause(struct control *control)
{
	const struct timeval soon = { .tv_sec = 1 };

	if (evtimer_add(&control->on_time, &soon) == 0)
		(void)event_del(&control->on_client);
}

static void
on_time(evutil_socket_t fd, short what, void *arg)
{
	struct control *control = arg;

	(void)fd;
	(void)what;
	(void)event_add(&control->on_client, NULL);
}

static void
on_client(evutil_socket_t listening, short what, void *arg)
{
	const struct timeval patience = { .tv_sec = PATIENCE };
	struct control *control = arg;
	struct client_of_control *c;
	int fd = -1;

	(void)what;
	if (control->count < CLIENTS_MAX)
		fd = accept4(
		    listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0) {
		control_pause(control);
		return;
	}
	c = calloc(1, sizeof(*c));
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
	control->count++;
	bufferevent_setcb(c->stream, on_input, on_written, on_trouble, c);
	(void)bufferevent_set_timeouts(c->stream, &patience, &patience);
	(void)bufferevent_enable(c->stream, EV_READ | EV_WRITE);
}

void
control_tell(struct control *control, const struct report_view *view)
{
	struct client_of_control *c;

	LIST_FOREACH(c, &control->clients, next)
	{
		if (c->wants == NULL)
			continue;
		c->wants(bufferevent_get_output(c->stream), view);
		c->wants = NULL;
	}
}

struct evbuffer *
control_follower(struct control *control)
{
	struct client_of_control *c;

	LIST_FOREACH(c, &control->clients, next)
	if (c->follows)
		return bufferevent_get_output(c->stream);
	return NULL;
}

void
control_reloaded(struct control *control, bool done)
{
	struct client_of_control *c, *next;

	for (c = LIST_FIRST(&control->clients); c != NULL; c = next) {
		next = LIST_NEXT(c, next);
		if (!c->reloads)
			continue;
		c->reloads = false;
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

static bool
control_listen(struct control *control)
{
	const struct sockaddr_un *address = &control->address;
	struct stat st;

	if (address_is_in_use(address)) {
		errno = EADDRINUSE;
		return false;
	}
	if (lstat(address->sun_path, &st) == 0 && S_ISSOCK(st.st_mode))
		(void)unlink(address->sun_path);
	control->fd =
	    socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	/* Its mode before it listens, so that nobody is in earlier. */
	return control->fd >= 0 &&
	    bind(control->fd, (const struct sockaddr *)address,
		sizeof(*address)) == 0 &&
	    chmod(address->sun_path, 0660) == 0 && listen(control->fd, 16) == 0;
}

enum err
control_open(struct control **out, struct event_base *base, const char *path,
    const struct control_calls *calls)
{
	struct control *control = calloc(1, sizeof(*control));

	*out = NULL;
	if (control == NULL)
		return E_NOMEM;
	control->calls = *calls;
	control->base = base;
	control->fd = -1;
	LIST_INIT(&control->clients);
	control->address.sun_family = AF_UNIX;
	(void)snprintf(control->address.sun_path,
	    sizeof(control->address.sun_path), "%s", path);
	if (!control_listen(control) ||
	    event_assign(&control->on_client, base, control->fd,
		EV_READ | EV_PERSIST, on_client, control) != 0 ||
	    evtimer_assign(&control->on_time, base, on_time, control) != 0 ||
	    event_add(&control->on_client, NULL) != 0) {
		log_error("control socket %s cannot be made: %s", path,
		    strerror(errno));
		if (control->fd >= 0)
			(void)close(control->fd);
		free(control);
		return E_SYSTEM;
	}
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
	struct client_of_control *c;

	if (control == NULL)
		return;
	while ((c = LIST_FIRST(&control->clients)) != NULL)
		client_close(c);
	(void)event_del(&control->on_client);
	(void)event_del(&control->on_time);
	(void)close(control->fd);
	(void)unlink(control->address.sun_path);
	free(control);
}
