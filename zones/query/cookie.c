/*
 * cookie.c - server cookies, which only who receives at its address can have
 * (RFC 7873), as all servers with one secret make them (RFC 9018).
 */
#include "impl.h"

#include "base/siphash.h"

#define COOKIE_OLD     3600 /* seconds that one is good for */
#define COOKIE_RENEW   1800 /* from that age on a new one is given */
#define COOKIE_FUTURE  300  /* servers' clocks differ */
#define COOKIE_VERSION 1

/*
 * RFC 9018, 4: a version, three octets, the time, and this hash of the
 * client's cookie, of what is before it, and of the address.
 */
static uint64_t
cookie_hash(const struct siphash_key *secret, const struct query *q)
{
	uint8_t octets[32];
	bool v4 = addr_is_v4(&q->from);

	memcpy(octets, q->cookie, 16);
	memcpy(octets + 16, q->from.ip + (v4 ? 12 : 0), v4 ? 4 : 16);
	return siphash_2_4(secret, octets, v4 ? 20 : 32);
}

/* 4.3: in serial arithmetic (RFC 1982). */
static int32_t
age_of(const struct query *q, const struct query_env *env)
{
	struct wire_in time = wire_in(q->cookie + 12, 4);

	return (int32_t)((uint32_t)env->now - wire_get32(&time));
}

/* Which secret made it; env->secret_count: none, or it is no more good. */
static unsigned
secret_of(const struct query *q, const struct query_env *env)
{
	int32_t age = age_of(q, env);
	unsigned i = 0;

	if (q->cookie_len != COOKIE_LEN || q->cookie[8] != COOKIE_VERSION ||
	    age > COOKIE_OLD || age < -COOKIE_FUTURE)
		return env->secret_count;
	for (; i < env->secret_count; i++) {
		uint64_t hash = cookie_hash(&env->secret[i], q);

		if (memcmp(q->cookie + 16, &hash, 8) == 0)
			break;
	}
	return i;
}

/* The first secret signs; those behind it are of before. */
static void
cookie_make(struct query *q, const struct query_env *env)
{
	uint64_t hash;

	memset(q->cookie + 8, 0, 4);
	q->cookie[8] = COOKIE_VERSION;
	dns_put32(q->cookie + 12, (uint32_t)env->now);
	hash = cookie_hash(&env->secret[0], q);
	memcpy(q->cookie + 16, &hash, 8);
	q->cookie_len = COOKIE_LEN;
}

void
query_check_cookie(struct query *q, const struct query_env *env)
{
	unsigned by = secret_of(q, env);

	q->proven = by < env->secret_count;
	if (env->secret_count == 0)
		q->cookie_len = 0;
	else if (by != 0 || age_of(q, env) > COOKIE_RENEW)
		cookie_make(q, env);
}
