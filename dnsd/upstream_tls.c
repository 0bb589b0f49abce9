/*
 * upstream_tls.c - what a TLS upstream has to prove (RFC 8310, 8.1: the
 * strict profile, with the name from the configuration).
 */
#include <openssl/x509v3.h>

#include "upstream_impl.h"

SSL_CTX *
tls_context(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	if (ctx == NULL)
		return NULL;
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 ||
	    SSL_CTX_set_default_verify_paths(ctx) != 1) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

/* Without a name the certificate has to be for the address. */
static bool
expect_certificate(SSL *ssl, const struct config_upstream *config)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
	const uint8_t *ip = config->address.ip;

	if (config->name != NULL)
		return SSL_set1_host(ssl, config->name) == 1 &&
		    SSL_set_tlsext_host_name(ssl, config->name) == 1;
	if (addr_is_v4(&config->address))
		return X509_VERIFY_PARAM_set1_ip(param, ip + 12, 4) == 1;
	return X509_VERIFY_PARAM_set1_ip(param, ip, 16) == 1;
}

SSL *
tls_for(SSL_CTX *ctx, const struct config_upstream *config)
{
	SSL *ssl = SSL_new(ctx);

	if (ssl != NULL && expect_certificate(ssl, config))
		return ssl;
	SSL_free(ssl);
	return NULL;
}
