#include "dnsctl/etcd.h"
#include <string.h>
bool
etcd_is_url(const char *source)
{
	return strncmp(source, "etcd://", 7) == 0;
}
enum exit_status
follow_etcd(const struct ctl *ctl, struct store *store)
{
	(void)ctl;
	(void)store;
	return CTL_FAILED;
}
