/*
 * test_identity.c: who may call: keys, signatures, sessions, strictness.
 */
#include "core.h"

#include "base/time.h"

enum { MINUTE = 60 * 1000 };

static void restart_strictly(void)
{
    core_options()->strict_auth = true;
    core_options()->root_access_key_id = S("AKIAROOT");
    core_options()->root_secret = S("root-secret");
    core_restart();
}

static int status_as(const char *access_key_id, const char *secret, const char *session_token)
{
    sign_as(access_key_id, secret, session_token);
    return status_of(begin("Get", "{\"Key\": \"k\"}"));
}

/* The caller as authorize() gets it, taken from the sentence of our provider. */
static str caller_as(const char *access_key_id, const char *secret, const char *session_token)
{
    sign_as(access_key_id, secret, session_token);
    return body_of(begin("Get", "{\"Key\": \"denied\"}"));
}

static bool says(struct request *request, const char *words)
{
    return str_find(body_of(request), str_of(words)) >= 0;
}

TEST(a_known_key_with_its_signature_is_its_owner)
{
    assert_true(str_find(caller_as("AKIAALICE", "secret", NULL), S("alice may not toy:Get.")) >= 0);
}

TEST(a_bad_signature_is_refused)
{
    assert_int_equal(status_as("AKIAALICE", "wrong", NULL), 400);
    assert_true(says(begin("Get", "{\"Key\": \"k\"}"), "InvalidSignatureException"));
    struct request *query = begin_query("Get&Key=k");
    assert_int_equal(status_of(query), 403);
    assert_true(says(query, "<Code>SignatureDoesNotMatch</Code>"));
}

TEST(a_bad_signature_writes_nothing)
{
    sign_as("AKIAALICE", "wrong", NULL);
    assert_int_equal(run("put a 1"), 400);
    sign_as("AKIAALICE", "secret", NULL);
    assert_no_item("a");
}

TEST(an_unknown_key_is_the_administrator_while_no_key_was_created)
{
    assert_true(str_find(caller_as("whoever", "whatever", NULL), S("root may not")) >= 0);
    have_access_keys(true);
    assert_int_equal(status_as("whoever", "whatever", NULL), 400);
    assert_true(says(begin("Get", "{\"Key\": \"k\"}"), "UnrecognizedClientException"));
    struct request *query = begin_query("Get&Key=k");
    assert_int_equal(status_of(query), 403);
    assert_true(says(query, "<Code>InvalidClientTokenId</Code>"));
}

TEST(a_key_of_twelve_digits_selects_an_account)
{
    have_access_keys(true);
    assert_int_equal(status_as("123456789012", "whatever", NULL), 200);
    assert_int_equal(status_as("12345678901", "whatever", NULL), 400);
    assert_int_equal(status_as("12345678901x", "whatever", NULL), 400);
}

TEST(strictly_only_known_keys_come_in)
{
    restart_strictly();
    assert_int_equal(status_as("whoever", "whatever", NULL), 400);
    assert_int_equal(status_as("123456789012", "whatever", NULL), 400);
    assert_int_equal(status_as("AKIAALICE", "secret", NULL), 200);
    assert_int_equal(status_as("AKIAROOT", "root-secret", NULL), 200);
    assert_int_equal(status_as("AKIAROOT", "wrong", NULL), 400);
}

static int admin_status_as(const char *access_key_id, const char *secret)
{
    sign_as(access_key_id, secret, NULL);
    return status_of(begin_signed_http("POST", "/_orderly/clock", "{\"advance_ms\": 1}"));
}

TEST(strictly_the_admin_paths_are_the_administrators)
{
    restart_strictly();
    sign_for("whatever");
    assert_int_equal(admin_status_as("AKIAROOT", "root-secret"), 200);
    assert_int_equal(admin_status_as("AKIAROOT", "wrong"), 403);
    assert_int_equal(admin_status_as("AKIAALICE", "secret"), 403);
    assert_int_equal(admin_status_as("123456789012", "whatever"), 403);
    sign_as("AKIAROOT", "root-secret", NULL);
    sign_at(wall_clock_ms() - 60 * MINUTE);
    assert_int_equal(status_of(begin_signed_http("POST", "/_localstack/state/reset", "")), 403);
    sign_at(0);
    assert_int_equal(status_of(begin_signed_http("POST", "/_localstack/state/reset", "")), 200);
}

/* Compare the door's status at the public port and at a sandbox's port. */
static void assert_door(const char *name, const char *value, int public_status, int sandbox_status)
{
    assert_int_equal(status_of(begin_http_at(NULL, "/_orderly/health", name, value)), public_status);
    assert_int_equal(status_of(begin_http_at("sandbox", "/_orderly/health", name, value)), sandbox_status);
}

TEST(a_sandboxs_port_is_for_programs_only)
{
    static const str hosts[] = {STR_INIT("a.example")}, origins[] = {STR_INIT("http://localhost:3000")};

    core_options()->origin_rules = (struct origin_rules){hosts, 1, origins, 1};
    core_restart();
    assert_door("X-Any", "x", 200, 404);
    assert_door("Host", "127.0.0.1:9001", 200, 404);
    assert_door("Host", "a.example", 200, 403);
    assert_door("Host", "rebind.example", 403, 403);
    assert_door("Origin", "http://localhost:3000", 200, 403);
    assert_door("Origin", "http://localhost:3001", 403, 403);
    assert_door("Sec-Fetch-Site", "none", 200, 403);
    assert_door("Sec-Fetch-Site", "cross-site", 403, 403);
}

TEST(a_signature_for_another_service_is_refused)
{
    static const char *const keys[] = {"AKIAALICE", "123456789012"};

    for (size_t i = 0; i < 2; i++) {
        sign_for("lambda");
        assert_int_equal(status_as(keys[i], "secret", NULL), 400);
        assert_true(says(begin("Get", "{\"Key\": \"k\"}"), "InvalidSignatureException"));
        assert_true(
            says(begin("Get", "{\"Key\": \"k\"}"), "Credential should be scoped to correct service: 'toy'."));
        sign_for("toy");
        assert_int_equal(status_as(keys[i], "secret", NULL), 200);
    }
}

TEST(strictly_the_admin_paths_are_closed_but_for_the_health)
{
    restart_strictly();
    assert_int_equal(status_of(begin_http("POST", "/_orderly/clock", "{\"advance_ms\": 1}")), 403);
    assert_int_equal(status_of(begin_http("POST", "/_localstack/state/reset", "")), 403);
    assert_int_equal(status_of(begin_http("GET", "/_orderly/health", "")), 200);
}

TEST(a_session_needs_its_token)
{
    assert_int_equal(status_as("ASIASESSION", "secret", "token"), 200);
    assert_int_equal(status_as("ASIASESSION", "secret", "other"), 400);
    assert_int_equal(status_as("ASIASESSION", "secret", NULL), 400);
    assert_true(says(begin("Get", "{\"Key\": \"k\"}"), "UnrecognizedClientException"));
}

TEST(a_session_that_ran_out_is_told_so)
{
    session_expires(wall_clock_ms() + 60 * MINUTE);
    assert_int_equal(status_as("ASIASESSION", "secret", "token"), 200);
    advance_clock(61 * MINUTE);
    assert_int_equal(status_as("ASIASESSION", "secret", "token"), 400);
    assert_true(says(begin("Get", "{\"Key\": \"k\"}"), "ExpiredTokenException"));
    struct request *query = begin_query("Get&Key=k");
    assert_int_equal(status_of(query), 403);
    assert_true(says(query, "<Code>ExpiredToken</Code>"));
}

TEST(a_signature_is_good_for_a_quarter_of_an_hour_of_the_machines_time)
{
    sign_at(wall_clock_ms() - 14 * MINUTE);
    assert_int_equal(status_as("AKIAALICE", "secret", NULL), 200);
    sign_at(wall_clock_ms() - 16 * MINUTE);
    assert_int_equal(status_as("AKIAALICE", "secret", NULL), 400);
    assert_true(says(begin("Get", "{\"Key\": \"k\"}"), "Signature expired"));
    sign_at(wall_clock_ms() + 16 * MINUTE);
    assert_int_equal(status_as("AKIAALICE", "secret", NULL), 400);
    assert_true(says(begin("Get", "{\"Key\": \"k\"}"), "Signature not yet current"));
    sign_at(0);
    advance_clock(24 * 60 * MINUTE);
    assert_int_equal(status_as("AKIAALICE", "secret", NULL), 200);
}

TEST(a_request_without_a_signature_is_refused)
{
    struct request *request = begin_with(NULL);

    assert_int_equal(status_of(request), 403);
    assert_true(says(request, "<Code>MissingAuthenticationToken</Code>"));
}

TEST(half_a_signature_is_refused_as_such)
{
    struct request *request =
        begin_with("AWS4-HMAC-SHA256 Credential=AKIAALICE/20240101/us-east-1/toy/aws4_request");

    assert_int_equal(status_of(request), 400);
    assert_true(says(request, "<Code>IncompleteSignature</Code>"));
}

TESTS(engine_test(a_known_key_with_its_signature_is_its_owner), engine_test(a_bad_signature_is_refused),
      engine_test(a_bad_signature_writes_nothing),
      engine_test(an_unknown_key_is_the_administrator_while_no_key_was_created),
      engine_test(a_key_of_twelve_digits_selects_an_account), engine_test(strictly_only_known_keys_come_in),
      engine_test(strictly_the_admin_paths_are_the_administrators),
      engine_test(a_sandboxs_port_is_for_programs_only),
      engine_test(a_signature_for_another_service_is_refused),
      engine_test(strictly_the_admin_paths_are_closed_but_for_the_health),
      engine_test(a_session_needs_its_token), engine_test(a_session_that_ran_out_is_told_so),
      engine_test(a_signature_is_good_for_a_quarter_of_an_hour_of_the_machines_time),
      engine_test(a_request_without_a_signature_is_refused), engine_test(half_a_signature_is_refused_as_such))
