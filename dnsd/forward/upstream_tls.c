/*
 * upstream_tls.c - what a TLS upstream has to prove (RFC 8310, 8.1: the
 * strict profile, with the name from the configuration).
 */
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

SSL *
tls_for(SSL_CTX *ctx, const struct config_upstream *config)
{
	SSL *ssl = SSL_new(ctx);

	if (ssl != NULL && SSL_set1_host(ssl, config->name) == 1 &&
	    SSL_set_tlsext_host_name(ssl, config->name) == 1)
		return ssl;
	SSL_free(ssl);
	return NULL;
}
