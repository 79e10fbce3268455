/*
 * sign.c: Signature Version 4 over the headers that an SDK signs.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
 */
#include "sign.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { DIGEST_BYTES = 32, DIGEST_HEX = 2 * DIGEST_BYTES + 1, HEAD_BYTES = 2048 };

static void hex(const unsigned char digest[DIGEST_BYTES], char text[DIGEST_HEX])
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < DIGEST_BYTES; i++) {
        text[2 * i] = digits[digest[i] >> 4];
        text[2 * i + 1] = digits[digest[i] & 15];
    }
    text[DIGEST_HEX - 1] = '\0';
}

static void sha256_hex(const char *bytes, size_t length, char text[DIGEST_HEX])
{
    static EVP_MD_CTX *context;
    static EVP_MD *sha256;
    unsigned char digest[DIGEST_BYTES];

    if (!context) {
        context = EVP_MD_CTX_new();
        sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    }
    EVP_DigestInit_ex2(context, sha256, NULL);
    EVP_DigestUpdate(context, bytes, length);
    EVP_DigestFinal_ex(context, digest, NULL);
    hex(digest, text);
}

static void hmac(const void *key, size_t key_length, const char *text, unsigned char digest[DIGEST_BYTES])
{
    unsigned int length = DIGEST_BYTES;

    HMAC(EVP_sha256(), key, (int)key_length, (const unsigned char *)text, strlen(text), digest, &length);
}

/* The key of a day, region and service; kept, because a run signs for one of each. */
static const unsigned char *signing_key(const struct signer *signer, const char *date, const char *service)
{
    static unsigned char key[DIGEST_BYTES];
    static char made_for[128];
    char wanted[128], secret[256];
    unsigned char step[DIGEST_BYTES];

    snprintf(wanted, sizeof wanted, "%s %s %s", date, signer->region, service);
    if (strcmp(wanted, made_for) == 0)
        return key;
    int secret_length = snprintf(secret, sizeof secret, "AWS4%s", signer->secret);
    hmac(secret, (size_t)secret_length, date, step);
    hmac(step, sizeof step, signer->region, step);
    hmac(step, sizeof step, service, step);
    hmac(step, sizeof step, "aws4_request", key);
    memcpy(made_for, wanted, sizeof wanted);
    return key;
}

static void canonical_hash(const struct signer *signer, const struct message *message, const char *time_text,
                           char text[DIGEST_HEX])
{
    char payload[DIGEST_HEX], canonical[HEAD_BYTES], target[256] = "";

    sha256_hex(message->body, strlen(message->body), payload);
    if (message->target)
        snprintf(target, sizeof target, "x-amz-target:%s\n", message->target);
    int length = snprintf(canonical, sizeof canonical,
                          "POST\n%s\n\ncontent-type:%s\nhost:%s\nx-amz-date:%s\n%s\n"
                          "content-type;host;x-amz-date%s\n%s",
                          message->path, message->content_type, signer->host, time_text, target,
                          message->target ? ";x-amz-target" : "", payload);
    sha256_hex(canonical, (size_t)length, text);
}

static void sign(const struct signer *signer, const struct message *message, const char *time_text,
                 char signature[DIGEST_HEX])
{
    char hash[DIGEST_HEX], date[9], to_sign[512];
    unsigned char digest[DIGEST_BYTES];

    canonical_hash(signer, message, time_text, hash);
    snprintf(date, sizeof date, "%.8s", time_text);
    snprintf(to_sign, sizeof to_sign, "AWS4-HMAC-SHA256\n%s\n%s/%s/%s/aws4_request\n%s", time_text, date,
             signer->region, message->service, hash);
    hmac(signing_key(signer, date, message->service), DIGEST_BYTES, to_sign, digest);
    hex(digest, signature);
}

static struct request write_request(const struct signer *signer, const struct message *message,
                                    const char *authorization)
{
    char target[256] = "";
    size_t body_length = strlen(message->body), room = HEAD_BYTES + body_length;
    struct request request = {.bytes = malloc(room)};

    if (!request.bytes)
        abort();
    if (message->target)
        snprintf(target, sizeof target, "X-Amz-Target: %s\r\n", message->target);
    int head =
        snprintf(request.bytes, room,
                 "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\n%s%s"
                 "Content-Length: %zu\r\n\r\n",
                 message->path, signer->host, message->content_type, target, authorization, body_length);
    memcpy(request.bytes + head, message->body, body_length);
    request.length = (size_t)head + body_length;
    return request;
}

struct request plain_request(const struct signer *signer, const struct message *message)
{
    return write_request(signer, message, "");
}

struct request sign_request(const struct signer *signer, const struct message *message)
{
    char time_text[32], signature[DIGEST_HEX], authorization[768];
    time_t now = time(NULL);
    struct tm utc;

    gmtime_r(&now, &utc);
    strftime(time_text, sizeof time_text, "%Y%m%dT%H%M%SZ", &utc);
    sign(signer, message, time_text, signature);
    snprintf(authorization, sizeof authorization,
             "X-Amz-Date: %s\r\nAuthorization: AWS4-HMAC-SHA256 Credential=%s/%.8s/%s/%s/aws4_request, "
             "SignedHeaders=content-type;host;x-amz-date%s, Signature=%s\r\n",
             time_text, signer->access_key_id, time_text, signer->region, message->service,
             message->target ? ";x-amz-target" : "", signature);
    return write_request(signer, message, authorization);
}
