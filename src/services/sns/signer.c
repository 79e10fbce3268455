/*
 * signer.c: the key that signs envelopes, and its certificate.
 *
 * The store keeps one key; this file holds it ready for all threads.  A reset of the store does not change
 * it.  Making a key takes some hundredths of a second or more, with the lock held: so every operation that
 * may be the first to need a key is `prepared long` and makes it on a worker.
 */
#include "sns_internal.h"

#include "base/check.h"
#include "base/hash.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdio.h>

enum {
    KEY_BITS = 2048,
    KEY_PRIMES = 3, /* made in a quarter of the time that two take; they sign as fast */
    CERTIFICATE_SECONDS = 10 * 365 * 24 * 3600,
    SIGNATURE_BYTES = KEY_BITS / 8,
    OK = 200,
    NOT_FOUND = 404,
    NAME_SIZE = 32
};

static struct {
    pthread_mutex_t lock; /* protects the next two */
    EVP_PKEY *key;
    char name[NAME_SIZE + 1];
} signer = {.lock = PTHREAD_MUTEX_INITIALIZER};

static str read_bio(struct arena *arena, BIO *bio)
{
    char *data;
    long size = BIO_get_mem_data(bio, &data);
    str text = arena_copy(arena, (str){data, (size_t)size});

    BIO_free(bio);
    return text;
}

static str key_text(struct arena *arena, EVP_PKEY *key)
{
    BIO *bio = BIO_new(BIO_s_mem());

    check(bio && PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1);
    return read_bio(arena, bio);
}

/* Self-signed, with AWS's name. */
static str certificate_text(struct arena *arena, EVP_PKEY *key)
{
    BIO *bio = BIO_new(BIO_s_mem());
    X509 *certificate = X509_new();
    X509_NAME *name = X509_get_subject_name(certificate);

    check(bio && X509_set_version(certificate, 2) == 1);
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), random_u64() >> 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), CERTIFICATE_SECONDS);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"sns.amazonaws.com", -1, -1,
                               0);
    X509_set_issuer_name(certificate, name);
    check(X509_set_pubkey(certificate, key) == 1 && X509_sign(certificate, key, EVP_sha256()) > 0);
    check(PEM_write_bio_X509(bio, certificate) == 1);
    X509_free(certificate);
    return read_bio(arena, bio);
}

static void remember(EVP_PKEY *key, str name)
{
    EVP_PKEY_free(signer.key);
    signer.key = key;
    snprintf(signer.name, sizeof signer.name, "%.*s", STR_ARGS(name));
}

static void store_key(const struct call *call)
{
    sns_add_signing_key(call->txn, &(struct sns_add_signing_key_params){
                                       .name = str_of(signer.name),
                                       .private_key = key_text(call->arena, signer.key),
                                       .certificate = certificate_text(call->arena, signer.key),
                                   });
}

/* A client cannot tell how many primes a key has. */
static EVP_PKEY *generate_key(void)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    EVP_PKEY *key = NULL;

    check(context && EVP_PKEY_keygen_init(context) == 1 &&
          EVP_PKEY_CTX_set_rsa_keygen_bits(context, KEY_BITS) == 1 &&
          EVP_PKEY_CTX_set_rsa_keygen_primes(context, KEY_PRIMES) == 1 &&
          EVP_PKEY_generate(context, &key) == 1);
    EVP_PKEY_CTX_free(context);
    return key;
}

static void make_key(const struct call *call)
{
    unsigned char bytes[NAME_SIZE / 2];

    if (call->preparing)
        read_anew(call);
    random_bytes(bytes, sizeof bytes);
    remember(generate_key(), hex_encode(call->arena, (str){(const char *)bytes, sizeof bytes}));
}

static void load_key(const struct call *call, str name)
{
    struct sns_find_private_key_row row;

    if (!sns_find_private_key(call->txn, &(struct sns_find_private_key_params){.name = name}, &row)) {
        make_key(call); /* the disk failed, and so will this call; the next one replaces its key */
        return;
    }
    BIO *bio = BIO_new_mem_buf(row.private_key.data, (int)row.private_key.size);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);

    BIO_free(bio);
    check(key != NULL);
    remember(key, name);
}

/* Make the store's key ready; when the store has no key, make one.  False when this call cannot store it. */
static bool make_ready(const struct call *call)
{
    struct sns_find_signing_key_name_row row;
    bool found = sns_find_signing_key_name(call->txn, &row);

    if (found && !str_equal(row.name, str_of(signer.name)))
        load_key(call, row.name);
    if (!found && !signer.key)
        make_key(call);
    if (!found && !call->preparing)
        store_key(call);
    return found || !call->preparing;
}

/* A copy for the caller to free; NULL when there is no key. */
static EVP_PKEY *take_key(const struct call *call, str *name)
{
    EVP_PKEY *key = NULL;
    struct arena_guard *guard = arena_hold(call->arena);

    pthread_mutex_lock(&signer.lock);
    if (make_ready(call)) {
        key = signer.key;
        EVP_PKEY_up_ref(key);
        *name = arena_copy(call->arena, str_of(signer.name));
    }
    pthread_mutex_unlock(&signer.lock);
    arena_let_go(call->arena, guard);
    return key;
}

void sns_signer_begin(const struct call *call)
{
    str name;

    EVP_PKEY_free(take_key(call, &name));
}

bool sns_signature_is_current(const struct call *call, const struct signature *signature, int64_t version)
{
    struct sns_find_signing_key_name_row row;

    return signature->version == version && sns_find_signing_key_name(call->txn, &row) &&
           str_equal(row.name, signature->key_name);
}

bool sns_signer_sign(const struct call *call, int64_t version, str text, struct signature *signature)
{
    unsigned char bytes[SIGNATURE_BYTES];
    size_t size = sizeof bytes;
    check(version == 1 || version == 2);
    EVP_PKEY *key = take_key(call, &signature->key_name);
    if (!key)
        return false;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    check(context &&
          EVP_DigestSignInit(context, NULL, version == 1 ? EVP_sha1() : EVP_sha256(), NULL, key) == 1);
    check(EVP_DigestSign(context, bytes, &size, (const unsigned char *)text.data, text.size) == 1);
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    signature->version = version;
    signature->base64 = base64_encode(call->arena, (str){(const char *)bytes, size});
    return true;
}

enum outcome sns_signer_show_certificate(const struct call *call, const struct visit *visit,
                                         struct http_reply *reply)
{
    struct sns_find_certificate_row row;
    bool found =
        sns_find_certificate(call->txn, &(struct sns_find_certificate_params){.name = visit->rest}, &row);

    *reply = (struct http_reply){.status = found ? OK : NOT_FOUND,
                                 .content_type = S("text/plain"),
                                 .body = found ? row.certificate : S("There is no such certificate.\n")};
    return DONE;
}
