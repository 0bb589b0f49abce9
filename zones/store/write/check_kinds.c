/*
 * check_kinds.c - what there is to be checked of each kind of key.
 */
#include "check_impl.h"

#define ROW(kind, name, value)                                                 \
	case kind:                                                             \
		return (struct key_row){ name, value };

/* A switch, so that the compiler asks for the row of a new kind. */
struct key_row
key_row(enum key_kind kind)
{
	/* clang-format off */
	switch (kind) {
	ROW(KEY_REGION, "region", VALUE_FACT)
	ROW(KEY_DISTANCE, "distance", VALUE_FACT)
	ROW(KEY_GATEWAY, "gateway", VALUE_FACT)
	ROW(KEY_NETWORK, "network", VALUE_FACT)
	ROW(KEY_APP, "app", VALUE_FACT)
	ROW(KEY_INSTANCE, "instance", VALUE_FACT)
	ROW(KEY_PEER, "peer", VALUE_FACT)
	ROW(KEY_ALIAS, "alias", VALUE_FACT)
	ROW(KEY_ZONE, "zone", VALUE_FACT)
	ROW(KEY_RECORD, "record", VALUE_FACT)
	ROW(KEY_EXPORT, "export", VALUE_FACT)
	ROW(KEY_IMPORT, "import", VALUE_SUMMARY)
	ROW(KEY_NUMBER, "network's number", VALUE_SUMMARY)
	ROW(KEY_PREFIX, "prefix", VALUE_SUMMARY)
	ROW(KEY_RESOLVER, "resolver", VALUE_SUMMARY)
	ROW(KEY_RANKS, "row of distances", VALUE_SUMMARY)
	ROW(KEY_INSTANCES, "app's page", VALUE_PACK)
	ROW(KEY_COUNTS, "app's list of pages", VALUE_NAMES)
	ROW(KEY_FILLED, "list of apps with instances", VALUE_NAMES)
	ROW(KEY_NAMES, "list of apps", VALUE_NAMES)
	ROW(KEY_PEERS, "list of peers", VALUE_NAMES)
	ROW(KEY_ENDS, "list of a list's pages", VALUE_NAMES)
	ROW(KEY_CLAIMS, "claim", VALUE_CLAIMS)
	ROW(KEY_BLOCKS, "block", VALUE_CLAIMS)
	ROW(KEY_UNIQUE, "unique", VALUE_SUMMARY)
	ROW(KEY_USES, "network's uses", VALUE_SUMMARY)
	ROW(KEY_SERVER, "server name", VALUE_SUMMARY)
	ROW(KEY_GROUP, "process group", VALUE_SUMMARY)
	ROW(KEY_METADATA, "metadata", VALUE_SUMMARY)
	ROW(KEY_PORT, "port", VALUE_SUMMARY)
	ROW(KEY_DOMAIN, "private domain", VALUE_SUMMARY)
	ROW(KEY_HEAD, "store's head", VALUE_OWN)
	ROW(KEY_LENGTHS, "prefix lengths", VALUE_OWN)
	ROW(KEY_JOURNAL, "journal", VALUE_JOURNAL)
	ROW(KEY_LEFT, "fact left out", VALUE_LEFT)
	ROW(KEY_HALTED, "word of its source", VALUE_OWN)
	ROW(KEY_COMMITS, "count of commits", VALUE_OWN)
	}
	/* clang-format on */
	return (struct key_row){ .name = NULL };
}
