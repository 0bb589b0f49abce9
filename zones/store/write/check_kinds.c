/*
 * check_kinds.c - what there is to be checked of each kind of key.
 */
#include "check_impl.h"

/* A switch, so that the compiler asks for the row of a new kind. */
struct key_row
key_row(enum key_kind kind)
{
	switch (kind) {
	case KEY_REGION:
		return (struct key_row){ "region", VALUE_FACT };
	case KEY_DISTANCE:
		return (struct key_row){ "distance", VALUE_FACT };
	case KEY_GATEWAY:
		return (struct key_row){ "gateway", VALUE_FACT };
	case KEY_NETWORK:
		return (struct key_row){ "network", VALUE_FACT };
	case KEY_APP:
		return (struct key_row){ "app", VALUE_FACT };
	case KEY_INSTANCE:
		return (struct key_row){ "instance", VALUE_FACT };
	case KEY_PEER:
		return (struct key_row){ "peer", VALUE_FACT };
	case KEY_ALIAS:
		return (struct key_row){ "alias", VALUE_FACT };
	case KEY_ZONE:
		return (struct key_row){ "zone", VALUE_FACT };
	case KEY_RECORD:
		return (struct key_row){ "record", VALUE_FACT };
	case KEY_EXPORT:
		return (struct key_row){ "export", VALUE_FACT };
	case KEY_IMPORT:
		return (struct key_row){ "import", VALUE_SUMMARY };
	case KEY_NUMBER:
		return (struct key_row){ "network's number", VALUE_SUMMARY };
	case KEY_PREFIX:
		return (struct key_row){ "prefix", VALUE_SUMMARY };
	case KEY_RESOLVER:
		return (struct key_row){ "resolver", VALUE_SUMMARY };
	case KEY_RANKS:
		return (struct key_row){ "row of distances", VALUE_SUMMARY };
	case KEY_INSTANCES:
		return (struct key_row){ "app's page", VALUE_PACK };
	case KEY_NAMES:
		return (struct key_row){ "list of apps", VALUE_NAMES };
	case KEY_PEERS:
		return (struct key_row){ "list of peers", VALUE_NAMES };
	case KEY_CLAIMS:
		return (struct key_row){ "claim", VALUE_CLAIMS };
	case KEY_BLOCKS:
		return (struct key_row){ "block", VALUE_CLAIMS };
	case KEY_UNIQUE:
		return (struct key_row){ "unique", VALUE_SUMMARY };
	case KEY_USES:
		return (struct key_row){ "network's uses", VALUE_SUMMARY };
	case KEY_SERVER:
		return (struct key_row){ "server name", VALUE_SUMMARY };
	case KEY_GROUP:
		return (struct key_row){ "process group", VALUE_SUMMARY };
	case KEY_METADATA:
		return (struct key_row){ "metadata", VALUE_SUMMARY };
	case KEY_PORT:
		return (struct key_row){ "port", VALUE_SUMMARY };
	case KEY_DOMAIN:
		return (struct key_row){ "private domain", VALUE_SUMMARY };
	case KEY_HEAD:
		return (struct key_row){ "store's head", VALUE_OWN };
	case KEY_LENGTHS:
		return (struct key_row){ "prefix lengths", VALUE_OWN };
	case KEY_JOURNAL:
		return (struct key_row){ "journal", VALUE_JOURNAL };
	case KEY_LEFT:
		return (struct key_row){ "fact left out", VALUE_LEFT };
	case KEY_HALTED:
		return (struct key_row){ "word of its source", VALUE_OWN };
	case KEY_COMMITS:
		return (struct key_row){ "count of commits", VALUE_OWN };
	}
	return (struct key_row){ .name = NULL };
}
