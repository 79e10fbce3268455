/*
 * signature.c: the canonical request, the string to sign, the key of the day, which is computed once.
 */
#include "signature.h"

#include <nettle/sha2.h>
#include <string.h>

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
static void derive(const void *key, size_t key_length, const char *text, size_t length,
                   uint8_t result[SHA256_DIGEST_SIZE])
{
    struct hmac_sha256_ctx hmac;

    hmac_sha256_set_key(&hmac, key_length, key);
    hmac_sha256_update(&hmac, length, (const uint8_t *)text);
    hmac_sha256_digest(&hmac, SHA256_DIGEST_SIZE, result);
}

static void derive_key(struct signer *signer, const char *day)
{
    struct json_text *secret = &signer->text;
    uint8_t key[SHA256_DIGEST_SIZE];

    secret->length = 0;
    json_add_texts(secret, "AWS4", signer->secret, NULL);
    derive(secret->data, secret->length, day, DAY_LENGTH, key);
    derive(key, sizeof key, signer->region, strlen(signer->region), key);
    derive(key, sizeof key, "dynamodb", strlen("dynamodb"), key);
    derive(key, sizeof key, "aws4_request", strlen("aws4_request"), key);
    hmac_sha256_set_key(&signer->key, sizeof key, key);
    memcpy(signer->day, day, DAY_LENGTH);
}

static void add_names(struct json_text *text, const struct signed_post *post)
{
    for (size_t i = 0; i < post->header_count; i++)
        json_add_texts(text, i > 0 ? ";" : "", post->headers[i].name, NULL);
}

static void add_canonical_request(struct json_text *text, const struct signed_post *post)
{
    json_add_texts(text, "POST\n", post->path, "\n\n", NULL);
    for (size_t i = 0; i < post->header_count; i++)
        json_add_texts(text, post->headers[i].name, ":", post->headers[i].value, "\n", NULL);
    json_add_texts(text, "\n", NULL);
    add_names(text, post);
    json_add_texts(text, "\n", NULL);
    add_hash(text, post->body, post->body_length);
}

static void add_scope(struct json_text *text, const struct signer *signer, const struct signed_post *post)
{
    json_add_bytes(text, post->date, DAY_LENGTH);
    json_add_texts(text, "/", signer->region, "/dynamodb/aws4_request", NULL);
}

static void sign(struct signer *signer, const struct signed_post *post, uint8_t signature[SHA256_DIGEST_SIZE])
{
    struct json_text *canonical = &signer->canonical, *text = &signer->text;

    if (memcmp(signer->day, post->date, DAY_LENGTH) != 0)
        derive_key(signer, post->date);
    canonical->length = text->length = 0;
    add_canonical_request(canonical, post);
    json_add_texts(text, "AWS4-HMAC-SHA256\n", post->date, "\n", NULL);
    add_scope(text, signer, post);
    json_add_texts(text, "\n", NULL);
    add_hash(text, canonical->data, canonical->length);
    hmac_sha256_update(&signer->key, text->length, (const uint8_t *)text->data);
    hmac_sha256_digest(&signer->key, SHA256_DIGEST_SIZE, signature); /* restores the key's state */
}

void signature_add(struct json_text *text, struct signer *signer, const struct signed_post *post)
{
    uint8_t signature[SHA256_DIGEST_SIZE];

    sign(signer, post, signature);
    json_add_texts(text, "AWS4-HMAC-SHA256 Credential=", signer->key_id, "/", NULL);
    add_scope(text, signer, post);
    json_add_texts(text, ", SignedHeaders=", NULL);
    add_names(text, post);
    json_add_texts(text, ", Signature=", NULL);
    add_hex(text, signature);
}
