/*
 * asker.c - a reply to one asker, and why it is as it is.
 */
#include "impl.h"

static void
path_mark(struct forward *f, struct client_path *path)
{
	for (unsigned i = 0; i < f->path_count; i++)
		if (f->paths[i] == path)
			return;
	if (f->path_count == PATHS_MAX)
		path->flush(path);
	else
		f->paths[f->path_count++] = path;
}

struct cache_space
space_for(struct forward *f, const struct dname *name)
{
	size_t first = DNS_HEADER + name->len + 4U;

	return (struct cache_space){ .room_len = DNS_TCP_MAX - first,
		.room = f->room + first,
		.spare = f->room + first,
		.ede = f->ede };
}

void
asker_reply(
    struct forward *f, const struct asker *asker, const struct answer *answer)
{
	struct client_path *path = asker->client.path;
	size_t len = reply_write(f->out, &asker->to, answer);

	seen_reply(f, asker, f->out, len);
	path->send(path, &asker->client, f->out, len);
	path_mark(f, path);
}

void
asker_fail(struct forward *f, const struct asker *asker, enum dns_rcode rcode,
    enum dns_ede why)
{
	uint8_t ede[ANSWER_EDE_MAX];
	struct answer a = { .rcode = (uint8_t)rcode, .ede = ede };

	answer_explain(&a, why);
	asker_reply(f, asker, &a);
}

void
asker_done(struct forward *f, struct asker *asker)
{
	if (asker->counter != NULL) {
		histogram_add(
		    &f->timing, (forward_now(f) - asker->came_us) * 1000, 1);
		(*asker->counter)++;
	}
	asker_free(f, asker);
}

void
answer_explain(struct answer *answer, enum dns_ede code)
{
	struct wire_out out = wire_out(answer->ede, ANSWER_EDE_MAX);

	(void)wire_room(&out, answer->ede_len);
	wire_put_ede(&out, code, "");
	if (!out.bad)
		answer->ede_len = (uint8_t)out.len;
}

/* RFC 8914, 4.4 and 4.20. */
void
answer_explain_stale(struct answer *answer)
{
	answer_explain(answer,
	    answer->rcode == RCODE_NXDOMAIN ? EDE_STALE_NXDOMAIN : EDE_STALE);
}
