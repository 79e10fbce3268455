/*
 * test_signature.c: the signer of the order processor, which keeps the day's key.
 */
#include "unit.h"

#include "orders/functions/c/signature.h"

static const struct signed_header headers[] = {{"host", "localhost:4566"}, {"x-amz-target", "PutItem"}};

static struct signer new_signer(void)
{
    return (struct signer){.region = "us-east-1", .key_id = "AKIAEXAMPLE", .secret = "secret"};
}

static void release(struct signer *signer)
{
    json_text_release(&signer->canonical);
    json_text_release(&signer->text);
}

/* The header's value, in memory of its own. */
static struct json_text signed_on(struct signer *signer, const char *date)
{
    const struct signed_post post = {
        .date = date, .path = "/", .headers = headers, .header_count = 2, .body = "{}", .body_length = 2};
    struct json_text text = {0};

    signature_add(&text, signer, &post);
    return text;
}

TEST(the_key_of_a_new_day_is_computed)
{
    static const char *const dates[] = {"20260131T235959Z", "20260201T000000Z", "20260201T000001Z"};
    struct signer kept = new_signer();

    for (size_t i = 0; i < 3; i++) {
        struct signer fresh = new_signer();
        struct json_text expected = signed_on(&fresh, dates[i]), text = signed_on(&kept, dates[i]);
        assert_string_equal(text.data, expected.data);
        json_text_release(&expected);
        json_text_release(&text);
        release(&fresh);
    }
    release(&kept);
}

TESTS(test(the_key_of_a_new_day_is_computed))
