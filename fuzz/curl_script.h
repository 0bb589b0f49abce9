/*
 * curl_script.h - libcurl's calls, with an input in the place of servers.
 *
 * A program that has this is asked before the library.  Replies stand in the
 * input, one behind the other, each for the next request; their octets come
 * in pieces, or all at once:
 *
 *	u8 how, octets, 0x1e
 *
 *	how     its lowest bits: the status; 8: what follows is not lost, it
 *	        ends; the rest: how long pieces are
 *	octets  what stands between 0x01 and 0x02 is sent in base64, as etcd
 *	        sends octets; nothing at all: a reply that is in order
 *
 * A request for which there is no reply is the end: SCRIPT.stop is set.
 * SCRIPT.cut tells whether any reply came in more than one piece.
 */
#ifndef FUZZ_CURL_SCRIPT_H
#define FUZZ_CURL_SCRIPT_H

#define CURL_DISABLE_TYPECHECK
#include <assert.h>
#include <curl/curl.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#undef curl_easy_setopt
#undef curl_easy_getinfo

#define SCRIPT_MAX   4096
#define REPLY_END    0x1e
#define BASE64_BEGIN 0x01
#define BASE64_END   0x02
#define REQUESTS_MAX 4096 /* none may make more of an input */

struct script_call {
	curl_write_callback write;
	void *to, *owner;
	long status;
	bool running, ended;
	CURLcode result;
	uint8_t reply[SCRIPT_MAX * 2];
	size_t len, at, piece;
};

static struct {
	const uint8_t *at, *end;
	const char *in_order; /* the reply that is */
	unsigned most;        /* replies: a few times round */
	bool whole;           /* replies come at once */
	bool cut;             /* one did not */
	unsigned replies;     /* that were taken */
	unsigned requests;    /* that were made */
	volatile sig_atomic_t stop;
	struct script_call call[4];
	unsigned calls;
	CURLMsg message;
} script;

/* As a library that was never used: what is replied begins anew. */
static inline void
script_begin(const uint8_t *data, size_t size, bool whole)
{
	script.at = data;
	script.end = data + size;
	script.whole = whole;
	script.requests = script.replies = script.calls = 0;
	script.cut = false;
	script.stop = 0;
}

/* The octets up to END, as they are sent. */
static inline void
reply_expand(struct script_call *c, const uint8_t *at, const uint8_t *end)
{
	while (at < end) {
		const uint8_t *coded =
		    memchr(at, BASE64_BEGIN, (size_t)(end - at));
		const uint8_t *close;

		if (coded == NULL)
			coded = end;
		memcpy(c->reply + c->len, at, (size_t)(coded - at));
		c->len += (size_t)(coded - at);
		if (coded == end)
			return;
		close = memchr(coded, BASE64_END, (size_t)(end - coded));
		if (close == NULL)
			close = end;
		c->len += (size_t)EVP_EncodeBlock(
		    c->reply + c->len, coded + 1, (int)(close - coded - 1));
		at = close == end ? end : close + 1;
	}
}

static inline void
reply_take(struct script_call *c)
{
	static const long status[] = { 200, 200, 200, 503 };
	const uint8_t *end;
	uint8_t how;

	assert(++script.requests < REQUESTS_MAX);
	c->len = c->at = 0;
	c->status = 200;
	c->ended = false;
	c->result = CURLE_OK;
	if (script.at == script.end) {
		script.stop = 1;
		c->ended = true;
		c->result = CURLE_GOT_NOTHING;
		return;
	}
	how = *script.at++;
	end = memchr(script.at, REPLY_END, (size_t)(script.end - script.at));
	if (end == NULL)
		end = script.end;
	c->status = status[how & 3];
	c->result = (how & 4) != 0 ? CURLE_RECV_ERROR : CURLE_OK;
	c->piece = script.whole ? sizeof(c->reply) : 1U + (how >> 3);
	if (end == script.at)
		reply_expand(c, (const uint8_t *)script.in_order,
		    (const uint8_t *)script.in_order + strlen(script.in_order));
	else
		reply_expand(c, script.at, end);
	script.cut = script.cut || c->len > c->piece;
	script.at = end == script.end || ++script.replies == script.most
	    ? script.end
	    : end + 1;
}

/* The next piece; behind the last one the server closes. */
static inline void
reply_give(struct script_call *c)
{
	size_t len = c->len - c->at < c->piece ? c->len - c->at : c->piece;
	char copy[sizeof(c->reply)];

	memcpy(copy, c->reply + c->at, len);
	c->at += len;
	if (len > 0 && c->write(copy, 1, len, c->to) != len) {
		c->result = CURLE_WRITE_ERROR;
		c->ended = true;
	}
	c->ended = c->ended || c->at == c->len;
	if (c->ended && script.at == script.end)
		script.stop = 1;
}

/* --- in the library's place */

CURLcode
curl_global_init(long flags)
{
	(void)flags;
	return CURLE_OK;
}

void
curl_global_cleanup(void)
{
}

CURL *
curl_easy_init(void)
{
	struct script_call *c = &script.call[script.calls++];

	assert(script.calls <= sizeof(script.call) / sizeof(script.call[0]));
	c->running = false;
	return c;
}

void
curl_easy_reset(CURL *call)
{
	(void)call;
}

void
curl_easy_cleanup(CURL *call)
{
	(void)call;
}

CURLcode
curl_easy_setopt(CURL *call, CURLoption option, ...)
{
	struct script_call *c = call;
	va_list ap;

	va_start(ap, option);
	if (option == CURLOPT_WRITEFUNCTION)
		c->write = va_arg(ap, curl_write_callback);
	else if (option == CURLOPT_WRITEDATA)
		c->to = va_arg(ap, void *);
	else if (option == CURLOPT_PRIVATE)
		c->owner = va_arg(ap, void *);
	va_end(ap);
	return CURLE_OK;
}

CURLcode
curl_easy_getinfo(CURL *call, CURLINFO info, ...)
{
	const struct script_call *c = call;
	va_list ap;

	va_start(ap, info);
	if (info == CURLINFO_RESPONSE_CODE)
		*va_arg(ap, long *) = c->status;
	else if (info == CURLINFO_PRIVATE)
		*va_arg(ap, void **) = c->owner;
	va_end(ap);
	return CURLE_OK;
}

CURLcode
curl_easy_perform(CURL *call)
{
	struct script_call *c = call;

	reply_take(c);
	if (c->status != 200)
		return CURLE_HTTP_RETURNED_ERROR;
	while (!c->ended)
		reply_give(c);
	return c->result;
}

CURLM *
curl_multi_init(void)
{
	return &script;
}

CURLMcode
curl_multi_cleanup(CURLM *multi)
{
	(void)multi;
	return CURLM_OK;
}

CURLMcode
curl_multi_add_handle(CURLM *multi, CURL *call)
{
	struct script_call *c = call;

	(void)multi;
	c->running = true;
	reply_take(c);
	return CURLM_OK;
}

CURLMcode
curl_multi_remove_handle(CURLM *multi, CURL *call)
{
	(void)multi;
	((struct script_call *)call)->running = false;
	return CURLM_OK;
}

CURLMcode
curl_multi_poll(
    CURLM *multi, struct curl_waitfd fds[], unsigned count, int ms, int *ready)
{
	(void)multi;
	(void)fds;
	(void)count;
	(void)ms;
	(void)ready;
	return CURLM_OK;
}

CURLMcode
curl_multi_perform(CURLM *multi, int *running)
{
	(void)multi;
	*running = 0;
	for (unsigned i = 0; i < script.calls; i++) {
		if (script.call[i].running && !script.call[i].ended)
			reply_give(&script.call[i]);
		*running += script.call[i].running;
	}
	return CURLM_OK;
}

CURLMsg *
curl_multi_info_read(CURLM *multi, int *left)
{
	(void)multi;
	*left = 0;
	for (unsigned i = 0; i < script.calls; i++) {
		struct script_call *c = &script.call[i];

		if (!c->running || !c->ended)
			continue;
		c->running = false;
		script.message = (CURLMsg){ .msg = CURLMSG_DONE,
			.easy_handle = c,
			.data.result = c->result };
		return &script.message;
	}
	return NULL;
}

/* Who waits until a server may be well again has waited. */
int
nanosleep(const struct timespec *wanted, struct timespec *left)
{
	(void)wanted;
	(void)left;
	return 0;
}

#endif
