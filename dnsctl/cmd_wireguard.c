/*
 * cmd_wireguard.c - wireguard create, show, ...; flycast allocate.
 */
#include <stddef.h>
#include <string.h>

#include "base/log.h"
#include "dnsctl/ctl.h"
#include "dnsctl/wireguard/wireguard.h"

/* To add one: its row here, its word in main.c. */
static const struct {
	const char *name, *args;
	unsigned least, most;
	bool (*run)(const struct wireguard_options *);
} commands[] = {
	{ "create", "NETWORK [NAME] [FILE]", 1, 3, wireguard_create },
	{ "show", "NETWORK NAME", 2, 2, wireguard_show },
	{ "list", "[NETWORK]", 0, 1, wireguard_list },
	{ "remove", "NETWORK NAME", 2, 2, wireguard_remove },
	{ "renew", "NETWORK NAME", 2, 2, wireguard_renew },
	{ "rekey", "NETWORK NAME [FILE]", 2, 3, wireguard_rekey },
	{ "follow", "DEVICE", 1, 1, wireguard_follow },
};

/* What each option is for; to add one: its row here and in main.c. */
static const struct {
	const char *option;
	size_t at;
	const char *commands;
} uses[] = {
#define AT(member) offsetof(struct ctl, member)
	{ "region", AT(region), "create" },
	{ "gateway", AT(gateway), "create follow" },
	{ "for", AT(lease), "create renew" },
	{ "role", AT(role), "create" },
	{ "apps", AT(apps), "create" },
	{ "public-key", AT(public_key), "create rekey" },
	{ "qr", AT(qr), "create rekey show" },
	{ "png", AT(png), "create rekey" },
	{ "mtu", AT(mtu), "create rekey show" },
	{ "search", AT(search), "create rekey show" },
	{ "split-dns", AT(split_dns), "create rekey show" },
	{ "mesh", AT(mesh), "create rekey show" },
	{ "to", AT(to), "create rekey show renew remove" },
	{ "print", AT(print), "create rekey renew remove" },
	{ "device", AT(device), "list" },
	{ "json", AT(json), "list" },
	{ "once", AT(once), "follow" },
	{ "keep-others", AT(keep_others), "follow" },
#undef AT
};

static bool
options_check(const struct ctl *ctl, const char *command)
{
	const char *value;

	for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
		memcpy(&value, (const char *)ctl + uses[i].at, sizeof(value));
		if (value == NULL || strstr(uses[i].commands, command) != NULL)
			continue;
		log_error(
		    "wireguard %s has no option --%s", command, uses[i].option);
		return false;
	}
	return true;
}

static struct wireguard_options
options_of(const struct ctl *ctl)
{
	const char *const *args = ctl->args + 1;
	unsigned count = ctl->arg_count - 1;

	return (struct wireguard_options){
		.store = ctl->store,
		.no_sync = ctl->no_sync != NULL,
		.print = ctl->print != NULL,
		.to = ctl_etcd(ctl, ctl->to),
		.network = count > 0 ? args[0] : NULL,
		.name = count > 1 ? args[1] : NULL,
		.file = count > 2 ? args[2] : NULL,
		.gateway = ctl->gateway,
		.region = ctl->region,
		.lease = ctl->lease,
		.role = ctl->role,
		.apps = ctl->apps,
		.public_key = ctl->public_key,
		.png = ctl->png,
		.mtu = ctl->mtu,
		.qr = ctl->qr != NULL,
		.search = ctl->search != NULL,
		.split_dns = ctl->split_dns != NULL,
		.mesh = ctl->mesh != NULL,
		.device =
		    strcmp(ctl->args[0], "follow") == 0 ? args[0] : ctl->device,
		.json = ctl->json != NULL,
		.once = ctl->once != NULL,
		.keep_others = ctl->keep_others != NULL,
		.stop = ctl->stop,
	};
}

enum exit_status
cmd_wireguard(const struct ctl *ctl)
{
	const struct wireguard_options o = options_of(ctl);
	unsigned count = ctl->arg_count - 1;

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, ctl->args[0]) != 0)
			continue;
		if (!options_check(ctl, commands[i].name))
			return CTL_USAGE;
		if (count >= commands[i].least && count <= commands[i].most)
			return commands[i].run(&o) ? CTL_OK : CTL_FAILED;
		log_error("wireguard %s takes %s", commands[i].name,
		    commands[i].args);
		return CTL_USAGE;
	}
	log_error("wireguard %s: there is no such command; see dnsctl help"
		  " wireguard",
	    ctl->args[0]);
	return CTL_USAGE;
}

enum exit_status
cmd_flycast(const struct ctl *ctl)
{
	const struct wireguard_options o = options_of(ctl);

	if (strcmp(ctl->args[0], "allocate") == 0)
		return flycast_allocate(&o) ? CTL_OK : CTL_FAILED;
	log_error("flycast %s: must be allocate", ctl->args[0]);
	return CTL_USAGE;
}
