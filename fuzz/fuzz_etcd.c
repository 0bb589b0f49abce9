/*
 * fuzz_etcd.c - what etcd replies, and what its watch tells, into a store.
 *
 * See curl_script.h for the input.  It ends; what is acknowledged is stored;
 * every summary of the store is what the facts make; and the store is the
 * same where each reply, and all that a watch tells, came at once.
 */
#include "curl_script.h"

#include "dnsctl/etcd/etcd.h"
#include "source_fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
follow(struct store *store, const struct feed_report *report)
{
	const struct etcd_options options = { .source = "etcd://a",
		.prefix = "/d",
		.report = report,
		.stop = &script.stop };
	enum err err = etcd_follow(&options, store);

	assert(err == E_OK || err == E_REFUSED);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	script.most = 32;
	script.in_order =
	    "{\"header\":{\"cluster_id\":\"c\",\"revision\":\"7\"}}";
	return source_compare(data, size, follow);
}
