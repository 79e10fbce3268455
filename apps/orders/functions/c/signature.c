/*
 * signature.c: the canonical request, the string to sign, the key of the day.
 */
#include "signature.h"

#include <nettle/hmac.h>
#include <nettle/sha2.h>
#include <string.h>

enum { DATE_LENGTH = 8 };

static void add_hex(struct json_text *text, const uint8_t digest[SHA256_DIGEST_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    char hex[2 * SHA256_DIGEST_SIZE];

    for (size_t i = 0; i < SHA256_DIGEST_SIZE; i++) {
        hex[2 * i] = digits[digest[i] >> 4];
        hex[2 * i + 1] = digits[digest[i] & 15];
    }
    json_add_bytes(text, hex, sizeof hex);
}

static void add_hash(struct json_text *text, const char *bytes, size_t length)
{
    struct sha256_ctx hash;
    uint8_t digest[SHA256_DIGEST_SIZE];

    sha256_init(&hash);
    sha256_update(&hash, length, (const uint8_t *)bytes);
    sha256_digest(&hash, sizeof digest, digest);
    add_hex(text, digest);
}

/* The result may take the place of the key. */
static void sign(const void *key, size_t key_length, const char *text, size_t length,
                 uint8_t result[SHA256_DIGEST_SIZE])
{
    struct hmac_sha256_ctx hmac;

    hmac_sha256_set_key(&hmac, key_length, key);
    hmac_sha256_update(&hmac, length, (const uint8_t *)text);
    hmac_sha256_digest(&hmac, SHA256_DIGEST_SIZE, result);
}

static void derive_key(const struct signed_post *post, uint8_t key[SHA256_DIGEST_SIZE])
{
    struct json_text secret = {0};

    json_add(&secret, "AWS4%s", post->secret);
    sign(secret.data, secret.length, post->date, DATE_LENGTH, key);
    sign(key, SHA256_DIGEST_SIZE, post->region, strlen(post->region), key);
    sign(key, SHA256_DIGEST_SIZE, "dynamodb", strlen("dynamodb"), key);
    sign(key, SHA256_DIGEST_SIZE, "aws4_request", strlen("aws4_request"), key);
    json_text_release(&secret);
}

static void add_names(struct json_text *text, const struct signed_post *post)
{
    for (size_t i = 0; i < post->header_count; i++)
        json_add(text, "%s%s", i > 0 ? ";" : "", post->headers[i].name);
}

static void add_canonical_request(struct json_text *text, const struct signed_post *post)
{
    json_add(text, "POST\n%s\n\n", post->path);
    for (size_t i = 0; i < post->header_count; i++)
        json_add(text, "%s:%s\n", post->headers[i].name, post->headers[i].value);
    json_add(text, "\n");
    add_names(text, post);
    json_add(text, "\n");
    add_hash(text, post->body, post->body_length);
}

static void add_scope(struct json_text *text, const struct signed_post *post)
{
    json_add(text, "%.*s/%s/dynamodb/aws4_request", DATE_LENGTH, post->date, post->region);
}

void signature_add(struct json_text *text, const struct signed_post *post)
{
    struct json_text canonical = {0}, to_sign = {0};
    uint8_t key[SHA256_DIGEST_SIZE];

    add_canonical_request(&canonical, post);
    json_add(&to_sign, "AWS4-HMAC-SHA256\n%s\n", post->date);
    add_scope(&to_sign, post);
    json_add(&to_sign, "\n");
    add_hash(&to_sign, canonical.data, canonical.length);
    derive_key(post, key);
    sign(key, sizeof key, to_sign.data, to_sign.length, key);

    json_add(text, "AWS4-HMAC-SHA256 Credential=%s/", post->key_id);
    add_scope(text, post);
    json_add(text, ", SignedHeaders=");
    add_names(text, post);
    json_add(text, ", Signature=");
    add_hex(text, key);
    json_text_release(&canonical);
    json_text_release(&to_sign);
}
