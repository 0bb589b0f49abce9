/*
 * keys.c - X25519 keys, as WireGuard writes them.
 */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/log.h"
#include "impl.h"

#define KEY_OCTETS 32

void
keys_guard(void)
{
	const struct rlimit none = { 0, 0 };

	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static void
base64_encode(
    char out[FACT_PUBLIC_KEY + 1], const unsigned char key[KEY_OCTETS])
{
	(void)EVP_EncodeBlock((unsigned char *)out, key, KEY_OCTETS);
}

static bool
pair_write(struct keys *k, const EVP_PKEY *pair)
{
	unsigned char private[KEY_OCTETS], public[KEY_OCTETS];
	size_t n = sizeof(private), m = sizeof(public);
	bool good = pair != NULL &&
	    EVP_PKEY_get_raw_private_key(pair, private, &n) == 1 &&
	    EVP_PKEY_get_raw_public_key(pair, public, &m) == 1;

	if (good) {
		base64_encode(k->private, private);
		base64_encode(k->public, public);
	}
	OPENSSL_cleanse(private, sizeof(private));
	return good;
}

bool
keys_make(struct keys *k)
{
	EVP_PKEY *pair = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
	bool good = pair_write(k, pair);

	EVP_PKEY_free(pair); /* cleanses its own */
	if (!good)
		log_error("no key could be made: OpenSSL has no X25519");
	return good;
}

bool
keys_read(struct keys *k, const char *private)
{
	unsigned char octets[KEY_OCTETS + 1]; /* 44 letters are 33 octets */
	EVP_PKEY *pair = NULL;
	bool good = strlen(private) >= FACT_PUBLIC_KEY &&
	    EVP_DecodeBlock(octets, (const unsigned char *)private,
		FACT_PUBLIC_KEY) == sizeof(octets);

	if (good)
		pair = EVP_PKEY_new_raw_private_key(
		    EVP_PKEY_X25519, NULL, octets, KEY_OCTETS);
	good = good && pair_write(k, pair);
	EVP_PKEY_free(pair);
	OPENSSL_cleanse(octets, sizeof(octets));
	return good;
}
