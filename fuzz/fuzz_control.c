/*
 * fuzz_control.c - whatever a client of the control socket writes, in any
 * pieces.
 *
 * The input is pieces, an octet that tells its length before each.  Whatever
 * the pieces, the server is asked for what the first line is a command for,
 * once, or for nothing; the reply is that command's, and then the client is
 * closed. Who waited meanwhile gets his reply, and who goes leaves nothing
 * behind.
 */
#include "dnsd/server/control.h"

#include <errno.h>
#include <event2/buffer.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "dnsd/server/impl.h"
#include "serve.h"
#include "store_fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define LINE_MAX_LEN 1100
#define PIECES_MAX   4096
/* Of a piece; some are longer than a line may be. */
#define LENGTH(octet) ((octet) < 200 ? (octet) : ((octet)-199) * 64)

#define FOLLOWED "a question\n"
#define FLUSHED  "flushed\n"

static struct {
	char folder[64], path[108];
	struct control *control;
	/* What the server was asked for, since the client is there. */
	enum control_ask asked;
	unsigned times;
	bool named;
	char name[LINE_MAX_LEN + 1];
	bool follows, traces, traced;
} w;

/* What a line is a command for, and what becomes of it. */
struct command {
	enum control_ask asked;
	const char *name;  /* or NULL */
	const char *reply; /* begins with; NULL: none for now */
};

/* --- the server */

static bool
is_good(const char *name)
{
	return name == NULL || name[0] != '-';
}

static void
begin(enum control_ask what, const char *name)
{
	w.asked = what;
	w.times++;
	w.named = name != NULL;
	(void)snprintf(w.name, sizeof(w.name), "%s", name == NULL ? "" : name);
}

static bool
obey(void *arg, enum control_ask what, bool on, const char *name)
{
	bool good = what != CONTROL_FLUSH && what != CONTROL_FOLLOW;

	(void)arg;
	assert(on || what == CONTROL_FOLLOW || what == CONTROL_TRACE);
	if (what == CONTROL_REPORT && w.traces)
		w.traced = true;
	else if (on)
		begin(what, name);
	good = good || is_good(name);
	if (what == CONTROL_FOLLOW) {
		assert(on != w.follows);
		w.follows = on && good;
	}
	if (what == CONTROL_TRACE) {
		assert(on != w.traces);
		w.traces = on;
	}
	return good;
}

static void
server_open(void)
{
	FIXTURE_MUST(
	    control_open(&w.control, served(), w.path, obey, NULL) == E_OK);
}

static void
remove_folder(void)
{
	fixture_remove_path(w.folder);
}

static void
start(void)
{
	fixture_folder(w.folder, sizeof(w.folder));
	(void)snprintf(w.path, sizeof(w.path), "%s/control", w.folder);
	FIXTURE_MUST(atexit(remove_folder) == 0);
	server_open();
}

/* --- its clients */

static int
client_open(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	memcpy(to.sun_path, w.path, sizeof(to.sun_path));
	FIXTURE_MUST(
	    connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0);
	serve();
	return fd;
}

/*
 * False: the server has closed; it may have more to read than it did, or have
 * read nothing since it obeyed, until no more fits.
 */
static bool
client_write(int fd, const void *octets, size_t len)
{
	ssize_t n = send(fd, octets, len, MSG_NOSIGNAL);
	bool closed = n < 0 && errno == EPIPE;

	assert(n == (ssize_t)len || closed || (n < 0 && errno == EAGAIN));
	serve();
	return !closed;
}

/* Returns whether the server has closed; TEXT ends with a zero octet. */
static bool
client_read(int fd, char *text, size_t size)
{
	size_t len = 0;
	ssize_t n;

	do {
		serve();
		n = recv(fd, text + len, size - 1 - len, 0);
		len += n > 0 ? (size_t)n : 0;
		assert(len < size - 1);
	} while (n > 0);
	text[len] = '\0';
	return n == 0 || errno == ECONNRESET;
}

static void
client_expect(int fd, const char *reply)
{
	static char text[1 << 16];
	bool closed = client_read(fd, text, sizeof(text));

	assert(closed && strncmp(text, reply, strlen(reply)) == 0);
	assert(text[strlen(text) - 1] == '\n');
	(void)close(fd);
	serve();
}

/* --- what should come of it */

static struct command
command_of(const char *line)
{
	size_t len = strcspn(line, " ");
	const char *name = line[len] == '\0' ? NULL : line + len + 1;
	static const struct {
		const char *name;
		bool takes_name;
		struct command makes;
	} rows[] = {
		{ "stats", false, { CONTROL_REPORT, NULL, "workers 0\n" } },
		{ "workers", false,
		    { CONTROL_REPORT, NULL, "worker udp_received" } },
		{ "report", false, { CONTROL_REPORT, NULL, NULL } },
		{ "reload", false, { CONTROL_RELOAD, NULL, "reloaded\n" } },
		{ "flush", true, { CONTROL_FLUSH, NULL, FLUSHED } },
		{ "log", true, { CONTROL_FOLLOW, NULL, NULL } },
		{ "trace", false, { CONTROL_TRACE, NULL, NULL } },
	};
	struct command c = { CONTROL_NOTHING, NULL, "error: \"" };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strlen(rows[i].name) == len &&
		    strncmp(rows[i].name, line, len) == 0 &&
		    (name == NULL || rows[i].takes_name))
			c = rows[i].makes;
	if (c.asked != CONTROL_NOTHING)
		c.name = name;
	if (c.asked == CONTROL_FLUSH && !is_good(name))
		c.reply = "error: that is no name\n";
	if (c.asked == CONTROL_FOLLOW && !is_good(name))
		c.reply = "error: whose?";
	return c;
}

/* The first line, without its end, as a text; false: there is none. */
static bool
line_first(const char *octets, size_t len, char line[LINE_MAX_LEN + 1])
{
	const char *end = memchr(octets, '\n', len);
	size_t n = end == NULL ? len : (size_t)(end - octets);

	if (end != NULL && n > 0 && octets[n - 1] == '\r')
		n--;
	if (end == NULL && n <= LINE_MAX_LEN + 1)
		return false;
	if (n > LINE_MAX_LEN)
		n = 0; /* it is refused, as is an empty one */
	memcpy(line, octets, n);
	line[n] = '\0';
	return true;
}

static void
asked_check(const struct command *c)
{
	assert(w.times == (c->asked != CONTROL_NOTHING));
	if (c->asked == CONTROL_NOTHING)
		return;
	assert(w.asked == c->asked && w.named == (c->name != NULL));
	assert(c->name == NULL || strcmp(w.name, c->name) == 0);
}

/* Neither line nor reply: it goes, and the server may be closed. */
static void
client_end(int fd, bool reopen)
{
	static char text[64];

	assert(!client_read(fd, text, sizeof(text)) && text[0] == '\0');
	if (reopen) {
		control_close(w.control);
		server_open();
	}
	(void)close(fd);
	serve();
	assert(!w.follows && !w.traces);
}

static void
follower_check(int fd)
{
	static char text[64];
	struct evbuffer *out = control_follower(w.control);

	assert(w.follows && out != NULL);
	(void)evbuffer_add(out, FOLLOWED, strlen(FOLLOWED));
	assert(client_write(fd, "more\n", 5));
	assert(!client_read(fd, text, sizeof(text)));
	assert(strcmp(text, FOLLOWED) == 0);
}

/* It ends where more is said; with what, the server's workers know. */
static void
trace_check(int fd)
{
	assert(w.traces);
	assert(w.traced || client_write(fd, "\n", 1));
	assert(w.traced);
}

static void
outcome_check(int fd, const char *octets, size_t len)
{
	static struct generation none;
	const struct report_view view = { .generation = &none };
	char line[LINE_MAX_LEN + 1];
	struct command c = { CONTROL_NOTHING, NULL, NULL };

	if (line_first(octets, len, line))
		c = command_of(line);
	asked_check(&c);
	if (c.asked == CONTROL_FOLLOW && c.reply == NULL)
		follower_check(fd);
	if (c.asked == CONTROL_TRACE)
		trace_check(fd);
	if (c.reply == NULL) {
		client_end(
		    fd, c.asked == CONTROL_REPORT || c.asked == CONTROL_TRACE);
		return;
	}
	if (c.asked == CONTROL_REPORT)
		control_tell(w.control, &view);
	if (c.asked == CONTROL_RELOAD)
		control_reloaded(w.control, true);
	client_expect(fd, c.reply);
}

/* All of it, whatever its pieces, without their lengths. */
static size_t
pieces_write(int fd, const uint8_t *data, size_t size, char *octets)
{
	bool open = true;
	size_t len = 0;

	while (size > 0) {
		size_t piece = LENGTH(*data);

		data++;
		size--;
		if (piece > size)
			piece = size;
		memcpy(octets + len, data, piece);
		if (open && piece > 0)
			open = client_write(fd, data, piece);
		len += piece;
		data += piece;
		size -= piece;
	}
	return len;
}

/* Of descriptors: the server has none of a client who is gone. */
static int
lowest_free(void)
{
	int fd = dup(STDERR_FILENO);

	(void)close(fd);
	return fd;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char octets[PIECES_MAX];
	int other, fd, first;

	if (size > PIECES_MAX)
		return -1;
	if (w.control == NULL)
		start();
	first = lowest_free();
	other = client_open();
	fd = client_open();
	w.times = 0;
	w.traced = false;
	outcome_check(fd, octets, pieces_write(fd, data, size, octets));
	assert(!w.follows && control_follower(w.control) == NULL);
	if (client_write(other, "flush\n", 6)) /* it was closed with a server */
		client_expect(other, FLUSHED);
	else
		(void)close(other);
	serve();
	assert(lowest_free() == first);
	return 0;
}
