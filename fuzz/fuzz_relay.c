/*
 * fuzz_relay.c - what a relay sends, in any pieces, into a store.
 *
 * See curl_script.h for the input.  It ends; what is acknowledged is stored;
 * every summary of the store is what the facts make; and the store is the
 * same where each reply came at once.
 */
#include "curl_script.h"

#include "dnsctl/relay/relay.h"
#include "source_fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
follow(struct store *store, const struct feed_report *report)
{
	const struct relay_follow_options options = {
		.source = "relay://a", .report = report, .stop = &script.stop
	};
	enum err err = relay_follow(&options, store);

	assert(err == E_OK || err == E_REFUSED);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	script.most = 8;
	script.in_order = "{\"put\":\"network\",\"id\":\"n\",\"prefixes\":["
			  "\"fdaa:0:1::/48\"]}\n"
			  "{\"commit\":\"1\"}\n";
	return source_compare(data, size, follow);
}
