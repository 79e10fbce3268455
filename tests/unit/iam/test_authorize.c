/*
 * test_authorize.c: decisions by policies in a store, requested as the engine requests them.
 */
#include "engine/engine_internal.h"
#include "services/iam/iam.h"
#include "services/iam/iam_internal.h"
#include "sts_model.h"
#include "tags_sql.h"

#include "unit.h"

#define QUEUE S("arn:aws:sqs:us-east-1:000000000000:orders")
#define ALLOW_SENDING                                                                                        \
    S("{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"sqs:SendMessage\",\"Resource\":\"*\"}}")

static struct store *store;
static struct call call;
static struct identity role;

static void ignore(void *context, uint64_t sequence)
{
    (void)context;
    (void)sequence;
}

static const struct principal iam = {.kind = PRINCIPAL_SERVICE, .name = STR_INIT("iam.amazonaws.com")};
static const struct principal sns = {.kind = PRINCIPAL_SERVICE, .name = STR_INIT("sns.amazonaws.com")};
static const struct principal internal = {.kind = PRINCIPAL_ROOT, .name = STR_INIT("internal")};

static struct call_progress progress;
/* The part of an engine that handlers need to authorize. */
static struct engine engine = {.options = {.identity = {.authorize = iam_authorize}}};

static int open_store(void **state)
{
    const struct schema *const schemas[] = {&TAGS_SCHEMA, &IAM_SCHEMA, NULL};
    struct store_options options = {.in_memory = true, .schemas = schemas, .on_durable = ignore};
    str error;

    (void)state;
    store = store_open(&options, &scratch, &error);
    assert_non_null(store);
    call = (struct call){.engine = &engine,
                         .progress = &progress,
                         .txn = store_begin(store),
                         .arena = &scratch,
                         .operation = &IAM_CREATE_ROLE,
                         .account = S("000000000000"),
                         .region = S("us-east-1"),
                         .now_ms = 1767225600000};
    txn_use_arena(call.txn, &scratch);
    role = (struct identity){.kind = &IAM_ROLE_KIND,
                             .arn = S("arn:aws:iam::000000000000:role/Worker"),
                             .row = {.account = call.account,
                                     .name = S("Worker"),
                                     .path = S("/"),
                                     .trust_policy = S("{\"Statement\":{\"Effect\":\"Allow\",\"Principal\":{"
                                                       "\"Service\":\"iam.amazonaws.com\"},"
                                                       "\"Action\":\"sts:AssumeRole\"}}")}};
    assert_true(iam_identity_create(&call, &role, &(struct iam_tag_list_type){0}));
    struct principal *session = arena_new(&scratch, struct principal);
    *session = iam_session_principal(&scratch, &role, S("s"));
    call.caller = session;
    return 0;
}

static int close_store(void **state)
{
    uint64_t sequence;

    assert_true(store_commit(store, &sequence));
    store_close(store);
    return free_arena(state);
}

static bool may_send_by(str queue_policy, struct objection *objection)
{
    static const struct context_list nothing;

    return iam_authorize(
        &call, &(struct question){S("sqs:SendMessage"), QUEUE, queue_policy, &nothing, false}, objection);
}

static bool may_send(void)
{
    struct objection objection;

    return may_send_by((str){0}, &objection);
}

static void put_policy(str document)
{
    struct iam_put_inline_policy_params params = {role.row.id, S("own"), document};

    iam_put_inline_policy(call.txn, &params);
    iam_policies_changed(&call);
}

TEST(a_session_has_its_role_s_policies)
{
    assert_false(may_send());
    put_policy(ALLOW_SENDING);
    assert_true(may_send());
}

TEST(what_an_undone_call_changed_is_not_remembered)
{
    txn_savepoint(call.txn);
    put_policy(ALLOW_SENDING);
    assert_true(may_send());
    txn_rollback(call.txn);
    assert_false(may_send());

    txn_savepoint(call.txn);
    put_policy(S("{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"sns:*\",\"Resource\":\"*\"}}"));
    assert_false(may_send());
    txn_release(call.txn);
}

TEST(a_role_that_is_gone_allows_nothing)
{
    put_policy(ALLOW_SENDING);
    assert_true(may_send());
    iam_remove_identity(call.txn, &(struct iam_remove_identity_params){role.row.id});
    iam_policies_changed(&call);
    assert_false(may_send());
}

/* A parked call runs again with the principal that was admitted at first. */
TEST(a_role_that_is_gone_is_let_in_by_no_resource_policy)
{
    struct objection objection;
    str everybody = S("{\"Statement\":{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"sqs:*\","
                      "\"Resource\":\"*\"}}");

    assert_true(may_send_by(everybody, &objection));
    iam_remove_identity(call.txn, &(struct iam_remove_identity_params){role.row.id});
    iam_policies_changed(&call);
    assert_false(may_send_by(everybody, &objection));
}

TEST(a_changed_resource_policy_is_seen)
{
    struct objection objection;
    str policy;

    policy = arena_format(&scratch,
                          "{\"Statement\":{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"sqs:*\","
                          "\"Resource\":\"*\"}}");
    assert_true(may_send_by(policy, &objection));
    policy =
        arena_format(&scratch, "{\"Statement\":{\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"sqs:*\","
                               "\"Resource\":\"*\"}}");
    assert_false(may_send_by(policy, &objection));
    assert_true(str_ends_with(objection.message, S("with an explicit deny in a resource-based policy")));
}

TEST(a_role_is_found_only_by_a_service_that_it_trusts)
{
    struct principal found;

    call.caller = NULL;
    assert_true(iam_find_role(&call, S("arn:aws:iam::000000000000:role/Worker"), S("x"), &found));
    assert_text(found.arn, "arn:aws:sts::000000000000:assumed-role/Worker/x");
    assert_false(iam_find_role(&call, S("arn:aws:iam::000000000000:role/other/Worker"), S("x"), &found));
    assert_false(iam_find_role(&call, S("arn:aws:iam::111111111111:role/Worker"), S("x"), &found));

    call.caller = &sns;
    assert_false(iam_find_role(&call, S("arn:aws:iam::000000000000:role/Worker"), S("x"), &found));
}

TEST(a_service_becomes_a_role_that_trusts_it_for_as_long_as_it_likes)
{
    const int64_t twelve_hours = (int64_t)12 * 3600;
    struct sts_assume_role_request in = {
        .role_arn = role.arn, .role_session_name = S("f"), .duration_seconds = &twelve_hours};
    struct sts_assume_role_response out = {0};
    struct credentials credentials;

    call.operation = &STS_ASSUME_ROLE;
    call.caller = &iam;
    assert_int_equal(call_handle(&call, &in, &out), DONE);
    assert_true(
        iam_find_credentials(call.txn, &scratch, out.credentials->access_key_id, call.now_ms, &credentials));
    assert_str(credentials.secret, out.credentials->secret_access_key);
    assert_text(credentials.principal.arn, "arn:aws:sts::000000000000:assumed-role/Worker/f");
    assert_int_equal(credentials.expires_ms, call.now_ms + twelve_hours * 1000);

    progress = (struct call_progress){0};
    call.caller = &sns;
    assert_int_equal(call_handle(&call, &in, &out), FAILED);
    assert_ptr_equal(call.progress->failure.error, &STS_ACCESS_DENIED);
}

TEST(the_engine_itself_is_at_home_in_every_account)
{
    call.caller = &internal;
    assert_true(may_send());
}

TEST(callers_on_this_machine_are_secure)
{
    put_policy(S("{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\","
                 "\"Condition\":{\"Bool\":{\"aws:SecureTransport\":\"true\"}}}}"));
    call.endpoint = S("http://localhost:4566");
    call.source_ip = S("127.0.0.1");
    assert_true(may_send());
    call.source_ip = S("192.0.2.1");
    assert_false(may_send());
    call.endpoint = S("https://aws.example.com");
    assert_true(may_send());
}

TEST(a_forgotten_session_is_expired_and_a_stranger_s_key_is_unknown)
{
    struct credentials credentials;
    str ours = iam_new_access_key_id(&scratch, S("ASIA"));

    assert_int_equal(ours.size, 20);
    assert_true(iam_find_credentials(call.txn, &scratch, ours, call.now_ms, &credentials));
    assert_true(credentials.expires_ms < call.now_ms);
    assert_false(str_present(credentials.secret));
    assert_false(
        iam_find_credentials(call.txn, &scratch, S("ASIAIOSFODNN7EXAMPLE"), call.now_ms, &credentials));
    assert_false(
        iam_find_credentials(call.txn, &scratch, S("AKIAIOSFODNN7EXAMPLE"), call.now_ms, &credentials));
}

#define with_store(name) cmocka_unit_test_setup_teardown(name, open_store, close_store)

TESTS(with_store(a_session_has_its_role_s_policies),
      with_store(what_an_undone_call_changed_is_not_remembered),
      with_store(a_role_that_is_gone_allows_nothing), with_store(a_changed_resource_policy_is_seen),
      with_store(a_role_is_found_only_by_a_service_that_it_trusts),
      with_store(a_service_becomes_a_role_that_trusts_it_for_as_long_as_it_likes),
      with_store(the_engine_itself_is_at_home_in_every_account),
      with_store(callers_on_this_machine_are_secure),
      with_store(a_forgotten_session_is_expired_and_a_stranger_s_key_is_unknown),
      with_store(a_role_that_is_gone_is_let_in_by_no_resource_policy))
