/*
 * test_writes.c: when a worker has prepared a write, the engine decodes, evaluates and encodes nothing,
 * unless the item has changed.
 */
#include "../core/core.h"
#include "../core/world.h"

#include "base/limits.h"
#include "services/dynamodb/dynamodb.h"
#include "services/dynamodb/dynamodb_internal.h"
#include "services/dynamodb/expression.h"

/* ---- counting: the linker redirects calls to these functions, see meson.build ---- */

static _Thread_local bool on_engine; /* a handler has asked for what was prepared */
static _Atomic unsigned decoded, evaluated, encoded, elsewhere;

static void count(_Atomic unsigned *done)
{
    (*(on_engine ? done : &elsewhere))++;
}

void *__real_prepared(const struct call *call);
void *__wrap_prepared(const struct call *call);
void *__wrap_prepared(const struct call *call)
{
    on_engine |= !call->preparing;
    return __real_prepared(call);
}

/* How long after the call images are removed, by the first timer for that. */
static _Atomic int64_t removed_after_ms;

void __real_timer_set(const struct call *call, const struct operation *operation, str id, int64_t due_ms,
                      const void *input);
void __wrap_timer_set(const struct call *call, const struct operation *operation, str id, int64_t due_ms,
                      const void *input);
void __wrap_timer_set(const struct call *call, const struct operation *operation, str id, int64_t due_ms,
                      const void *input)
{
    if (operation == &DYNAMODB_REMOVE_IMAGES && !removed_after_ms)
        removed_after_ms = due_ms - call->now_ms;
    __real_timer_set(call, operation, id, due_ms, input);
}

/* While held, preparations wait here at their end. */
static struct {
    bool held;
    unsigned came;
} gate;

void __real_leave_prepared(const struct call *call, void *prepared);
void __wrap_leave_prepared(const struct call *call, void *prepared);
void __wrap_leave_prepared(const struct call *call, void *prepared)
{
    __real_leave_prepared(call, prepared);
    lock_news();
    gate.came++;
    unlock_news();
    lock_news();
    while (gate.held)
        wait_for_news();
    unlock_news();
}

struct dynamodb_attribute_map __real_dynamodb_item_decode(struct arena *arena, str blob);
struct dynamodb_attribute_map __wrap_dynamodb_item_decode(struct arena *arena, str blob);
struct dynamodb_attribute_map __wrap_dynamodb_item_decode(struct arena *arena, str blob)
{
    count(&decoded);
    return __real_dynamodb_item_decode(arena, blob);
}

bool __real_dynamodb_expression_holds(struct arena *arena, const struct node *condition,
                                      const struct dynamodb_attribute_map *item);
bool __wrap_dynamodb_expression_holds(struct arena *arena, const struct node *condition,
                                      const struct dynamodb_attribute_map *item);
bool __wrap_dynamodb_expression_holds(struct arena *arena, const struct node *condition,
                                      const struct dynamodb_attribute_map *item)
{
    count(&evaluated);
    return __real_dynamodb_expression_holds(arena, condition, item);
}

str __real_dynamodb_item_encode(struct arena *arena, const struct dynamodb_attribute_map *item,
                                struct item_size *size);
str __wrap_dynamodb_item_encode(struct arena *arena, const struct dynamodb_attribute_map *item,
                                struct item_size *size);
str __wrap_dynamodb_item_encode(struct arena *arena, const struct dynamodb_attribute_map *item,
                                struct item_size *size)
{
    count(&encoded);
    return __real_dynamodb_item_encode(arena, item, size);
}

static void count_from_here(void)
{
    decoded = evaluated = encoded = elsewhere = 0;
}

static void assert_engine_did(unsigned decodes, unsigned evaluations, unsigned encodes)
{
    assert_int_equal(decoded, decodes);
    assert_int_equal(evaluated, evaluations);
    assert_int_equal(encoded, encodes);
}

/* ---- requests ---- */

static const struct module *const modules[] = {&TOY_MODULE, &DYNAMODB_MODULE, NULL};

#define TABLE "\"TableName\": \"table\""
#define KEY TABLE ", \"Key\": {\"id\": {\"S\": \"a\"}}"
#define IF_N_IS_THERE ", \"ConditionExpression\": \"attribute_exists(n)\""
#define UPDATE                                                                                               \
    "{" KEY IF_N_IS_THERE ", \"UpdateExpression\": \"SET v = :v\", \"ExpressionAttributeValues\": "          \
    "{\":v\": {\"N\": \"2\"}}"

static struct request *begin_write(const char *operation, const char *json)
{
    char target[64];

    snprintf(target, sizeof target, "DynamoDB_20120810.%s", operation);
    return begin_target(target, str_of(json));
}

/* A request with a body that is large enough to be prepared. */
static struct request *begin_large(const char *operation, const char *json)
{
    static char padded[LIMIT_UNPREPARED_BODY_BYTES + 1024];

    snprintf(padded, sizeof padded, "%-*s", LIMIT_UNPREPARED_BODY_BYTES + 1, json);
    return begin_write(operation, padded);
}

static void put_item(const char *attributes)
{
    static char json[64 * 1024];

    snprintf(json, sizeof json, "{" TABLE ", \"Item\": {\"id\": {\"S\": \"a\"}%s}}", attributes);
    assert_int_equal(status_of(begin_write("PutItem", json)), 200);
}

static void delete_item(void)
{
    assert_int_equal(status_of(begin_write("DeleteItem", "{" KEY "}")), 200);
}

static void assert_stored(const char *part)
{
    assert_non_null(strstr(body_of(begin_write("GetItem", "{" KEY "}")).data, part));
}

static void assert_not_stored(void)
{
    assert_text(body_of(begin_write("GetItem", "{" KEY "}")), "{}");
}

static void hold(bool held)
{
    lock_news();
    gate.held = held;
    unlock_news();
}

/* An update that is prepared, and has not reached the engine yet. */
static struct request *begin_held_update(void)
{
    hold(true);
    struct request *update = begin_large("UpdateItem", UPDATE "}");
    lock_news();
    while (gate.came == 0)
        wait_for_news();
    unlock_news();
    return update;
}

static int table(void **state)
{
    core_setup(state);
    core_stop();
    core_close();
    core_options()->modules = modules;
    core_start();
    sign_for("dynamodb");
    gate.held = false;
    gate.came = 0;
    assert_int_equal(
        status_of(begin_write(
            "CreateTable", "{" TABLE ", \"BillingMode\": \"PAY_PER_REQUEST\", "
                           "\"AttributeDefinitions\": [{\"AttributeName\": \"id\", \"AttributeType\": "
                           "\"S\"}], \"KeySchema\": [{\"AttributeName\": \"id\", \"KeyType\": \"HASH\"}]}")),
        200);
    put_item(", \"n\": {\"N\": \"1\"}");
    count_from_here();
    return 0;
}

#define table_test(name) cmocka_unit_test_setup_teardown(name, table, core_teardown)

/* ---- tests ---- */

TEST(a_small_write_is_worked_out_by_the_engine)
{
    assert_int_equal(status_of(begin_write("UpdateItem", UPDATE "}")), 200);
    assert_engine_did(1, 1, 1);
    assert_int_equal(elsewhere, 0);
    assert_stored("\"v\":{\"N\":\"2\"}");
}

TEST(a_large_update_is_only_written_by_the_engine)
{
    assert_int_equal(status_of(begin_large("UpdateItem", UPDATE "}")), 200);
    assert_engine_did(0, 0, 0);
    assert_int_equal(elsewhere, 3);
    assert_stored("\"v\":{\"N\":\"2\"}");
}

TEST(a_large_update_that_returns_the_item_is_not_decoded_again)
{
    str body = body_of(begin_large("UpdateItem", UPDATE ", \"ReturnValues\": \"ALL_NEW\"}"));

    assert_engine_did(0, 0, 0);
    assert_non_null(strstr(body.data, "\"v\":{\"N\":\"2\"}"));
    assert_non_null(strstr(body.data, "\"n\":{\"N\":\"1\"}"));
}

TEST(a_large_put_and_a_large_delete_are_only_written_by_the_engine)
{
    assert_int_equal(
        status_of(begin_large("PutItem", "{" TABLE IF_N_IS_THERE ", \"Item\": {\"id\": {\"S\": \"a\"}, "
                                         "\"n\": {\"N\": \"3\"}}}")),
        200);
    assert_engine_did(0, 0, 0);
    assert_stored("\"n\":{\"N\":\"3\"}");
    count_from_here();
    assert_int_equal(status_of(begin_large("DeleteItem", "{" KEY IF_N_IS_THERE "}")), 200);
    assert_engine_did(0, 0, 0);
    assert_not_stored();
}

TEST(a_condition_that_does_not_hold_is_not_asked_again)
{
    put_item("");
    count_from_here();
    struct request *refused = begin_large("UpdateItem", UPDATE "}");
    assert_int_equal(status_of(refused), 400);
    assert_non_null(strstr(body_of(refused).data, "ConditionalCheckFailedException"));
    assert_engine_did(0, 0, 0);
}

TEST(an_item_that_has_changed_meanwhile_is_worked_out_anew)
{
    struct request *update = begin_held_update();

    put_item(", \"n\": {\"N\": \"7\"}");
    count_from_here();
    hold(false);
    assert_int_equal(status_of(update), 200);
    assert_engine_did(1, 1, 1);
    assert_stored("\"n\":{\"N\":\"7\"}");
    assert_stored("\"v\":{\"N\":\"2\"}");
}

TEST(a_condition_that_held_beforehand_is_asked_of_the_item_that_is_there)
{
    struct request *update = begin_held_update();

    put_item("");
    hold(false);
    assert_int_equal(status_of(update), 400);
}

TEST(an_item_that_is_deleted_and_put_again_alike_is_written_where_it_is_now)
{
    struct request *update = begin_held_update();

    delete_item();
    put_item(", \"n\": {\"N\": \"1\"}");
    hold(false);
    assert_int_equal(status_of(update), 200);
    assert_stored("\"v\":{\"N\":\"2\"}");
}

TEST(an_item_that_is_gone_meanwhile_is_not_what_was_prepared)
{
    struct request *update = begin_held_update();

    delete_item();
    hold(false);
    assert_int_equal(status_of(update), 400);
    assert_not_stored();
}

TEST(a_small_write_to_a_large_item_moves_to_a_worker)
{
    enum { LARGE = 40 * 1000 };
    static char attributes[LARGE + 64];

    snprintf(attributes, sizeof attributes, ", \"n\": {\"N\": \"1\"}, \"t\": {\"S\": \"%0*d\"}", LARGE, 0);
    put_item(attributes);
    count_from_here();
    assert_int_equal(status_of(begin_write("UpdateItem", UPDATE "}")), 200);
    assert_engine_did(0, 0, 0);
    assert_int_equal(elsewhere, 3);
    assert_stored("\"v\":{\"N\":\"2\"}");
}

static void select_item(unsigned by_engine)
{
    count_from_here();
    str items = body_of(begin_write("ExecuteStatement",
                                    "{\"Statement\": \"SELECT n, id FROM \\\"table\\\" WHERE id = 'a'\"}"));
    assert_text(items, "{\"Items\":[{\"n\":{\"N\":\"1\"},\"id\":{\"S\":\"a\"}}]}");
    assert_int_equal(evaluated, by_engine);
    assert_int_equal(elsewhere, 1 - by_engine);
}

TEST(a_select_of_a_large_item_moves_to_a_worker)
{
    enum { LARGE = 32 * 1024 };
    static char attributes[LARGE + 128];

    for (size_t above = 0; above < 100; above += 99) {
        snprintf(attributes, sizeof attributes, ", \"n\": {\"N\": \"1\"}, \"t\": {\"S\": \"%0*d\"}",
                 (int)(LARGE - 50 + above), 0);
        put_item(attributes);
        select_item(above ? 0 : 1);
    }
}

static void scan(const char *parameters, const char *reply, unsigned expected)
{
    char json[256];

    count_from_here();
    snprintf(json, sizeof json, "{" TABLE "%s}", parameters);
    assert_str(body_of(begin_write("Scan", json)), str_of(reply));
    assert_int_equal(elsewhere, expected);
}

TEST(a_page_decodes_only_items_that_it_shows_whole)
{
    scan(", \"FilterExpression\": \"attribute_exists(v)\"", "{\"Items\":[],\"Count\":0,\"ScannedCount\":1}",
         1); /* evaluated, not decoded */
    scan(", \"Select\": \"COUNT\"", "{\"Count\":1,\"ScannedCount\":1}", 0);
    scan(", \"ProjectionExpression\": \"n\"",
         "{\"Items\":[{\"n\":{\"N\":\"1\"}}],\"Count\":1,\"ScannedCount\":1}", 0);
    scan("", "{\"Items\":[{\"id\":{\"S\":\"a\"},\"n\":{\"N\":\"1\"}}],\"Count\":1,\"ScannedCount\":1}", 1);
}

/* ---- tables with indexes ---- */

#define S_ATTRIBUTE(name) "{\"AttributeName\": \"" name "\", \"AttributeType\": \"S\"}"
#define KEY_PART(name, kind) "{\"AttributeName\": \"" name "\", \"KeyType\": \"" kind "\"}"
#define BY_V                                                                                                 \
    "{\"IndexName\": \"by_v\", \"KeySchema\": [" KEY_PART(                                                   \
        "v", "HASH") "], \"Projection\": "                                                                   \
                     "{\"ProjectionType\": \"INCLUDE\", \"NonKeyAttributes\": [\"n\"]}}"

static void add_index(void)
{
    assert_int_equal(
        status_of(begin_write("UpdateTable",
                              "{" TABLE ", \"AttributeDefinitions\": [" S_ATTRIBUTE(
                                  "v") "], "
                                       "\"GlobalSecondaryIndexUpdates\": [{\"Create\": " BY_V "}]}")),
        200);
}

static str entries(void)
{
    str found;

    for (bool active = false; !active;) {
        found = body_of(begin_write("Scan", "{" TABLE ", \"IndexName\": \"by_v\"}"));
        active = !strstr(found.data, "backfilling");
    }
    return found;
}

#define UPDATE_V                                                                                             \
    "{" KEY IF_N_IS_THERE ", \"UpdateExpression\": \"SET v = :v\", \"ExpressionAttributeValues\": "          \
    "{\":v\": {\"S\": \"x\"}}}"

TEST(entries_of_indexes_are_planned_by_the_worker)
{
    add_index();
    assert_int_equal(status_of(begin_write("UpdateTable", "{" TABLE ", \"StreamSpecification\": "
                                                          "{\"StreamEnabled\": true, \"StreamViewType\": "
                                                          "\"NEW_AND_OLD_IMAGES\"}}")),
                     200);
    assert_non_null(strstr(entries().data, "\"Count\":0"));
    count_from_here();
    assert_int_equal(status_of(begin_large("UpdateItem", UPDATE_V)), 200);
    assert_engine_did(0, 0, 1); /* the key in the stream's record */
    assert_non_null(strstr(entries().data, "\"v\":{\"S\":\"x\"}"));
}

TEST(an_index_that_is_made_meanwhile_has_the_entry)
{
    hold(true);
    struct request *update = begin_large("UpdateItem", UPDATE_V);
    lock_news();
    while (gate.came == 0)
        wait_for_news();
    unlock_news();
    add_index();
    assert_non_null(strstr(entries().data, "\"Count\":0"));
    hold(false);
    assert_int_equal(status_of(update), 200);
    assert_non_null(strstr(entries().data, "\"v\":{\"S\":\"x\"}"));
}

/* ---- item collections ---- */

enum { COLLECTION_BYTES = 100 };

static int collections(void **state)
{
    dynamodb_configure(&(struct dynamodb_options){.collection_bytes = COLLECTION_BYTES});
    table(state);
    assert_int_equal(
        status_of(begin_write(
            "CreateTable",
            "{\"TableName\": \"parts\", \"BillingMode\": \"PAY_PER_REQUEST\", \"AttributeDefinitions\": "
            "[" S_ATTRIBUTE("p") ", " S_ATTRIBUTE("s") "], \"KeySchema\": [" KEY_PART(
                "p",
                "HASH") ", " KEY_PART("s",
                                      "RANGE") "], \"LocalSecondaryIndexes\": [{\"IndexName\": \"local\", "
                                               "\"KeySchema\": [" KEY_PART("p", "HASH") ", " KEY_PART(
                                                   "s", "RANGE") "],"
                                                                 " "
                                                                 "\""
                                                                 "Pr"
                                                                 "oj"
                                                                 "ec"
                                                                 "ti"
                                                                 "on"
                                                                 "\""
                                                                 ": "
                                                                 "{"
                                                                 "\""
                                                                 "Pr"
                                                                 "oj"
                                                                 "ec"
                                                                 "ti"
                                                                 "on"
                                                                 "Ty"
                                                                 "pe"
                                                                 "\""
                                                                 ": "
                                                                 "\""
                                                                 "KE"
                                                                 "YS"
                                                                 "_O"
                                                                 "NL"
                                                                 "Y"
                                                                 "\""
                                                                 "}}"
                                                                 "]"
                                                                 "}")),
        200);
    return 0;
}

static int unlimited(void **state)
{
    dynamodb_configure(&(struct dynamodb_options){0});
    return core_teardown(state);
}

#define collection_test(name) cmocka_unit_test_setup_teardown(name, collections, unlimited)

/*
 * An item of the collection x, whose attribute v has that many bytes: 4 of the key, also in the entry, and 1.
 */
static const char *part(const char *s, int bytes)
{
    static char json[4][512];
    static int next;

    next = (next + 1) % 4;
    snprintf(json[next], sizeof *json,
             "{\"p\": {\"S\": \"x\"}, \"s\": {\"S\": \"%s\"}, \"v\": {\"S\": \"%0*d\"}}", s, bytes, 0);
    return json[next];
}

static str put_part(const char *s, int bytes)
{
    char json[1024];

    snprintf(json, sizeof json, "{\"TableName\": \"parts\", \"Item\": %s}", part(s, bytes));
    return body_of(begin_write("PutItem", json));
}

static void assert_too_large(str body)
{
    assert_non_null(strstr(body.data, "ItemCollectionSizeLimitExceededException"));
    assert_non_null(strstr(body.data, "Collection size exceeded"));
}

TEST(a_collection_grows_up_to_its_limit_with_the_entries_of_local_indexes)
{
    enum { OVERHEAD = 9 };

    assert_too_large(put_part("a", COLLECTION_BYTES - OVERHEAD + 1));
    assert_text(put_part("a", COLLECTION_BYTES - OVERHEAD), "{}");
    assert_too_large(put_part("b", 1));
    assert_text(put_part("a", 50), "{}");
    assert_too_large(put_part("b", COLLECTION_BYTES - (50 + OVERHEAD) - OVERHEAD + 1));
    assert_text(put_part("b", COLLECTION_BYTES - (50 + OVERHEAD) - OVERHEAD), "{}");
    assert_int_equal(
        status_of(begin_write("DeleteItem", "{\"TableName\": \"parts\", \"Key\": {\"p\": {\"S\": "
                                            "\"x\"}, \"s\": {\"S\": \"a\"}}}")),
        200);
    assert_text(put_part("c", 40), "{}");
}

TEST(a_collection_that_is_too_large_fails_a_batch_and_cancels_a_transaction)
{
    char json[2048];

    snprintf(json, sizeof json,
             "{\"RequestItems\": {\"parts\": [{\"PutRequest\": {\"Item\": %s}}, {\"PutRequest\": {\"Item\": "
             "%s}}]}}",
             part("a", 1), part("b", 200));
    assert_too_large(body_of(begin_write("BatchWriteItem", json)));
    snprintf(
        json, sizeof json,
        "{\"TransactItems\": [{\"Put\": {\"TableName\": \"parts\", \"Item\": %s}}, {\"Put\": {\"TableName\": "
        "\"parts\", \"Item\": %s}}]}",
        part("a", 1), part("b", 200));
    str cancelled = body_of(begin_write("TransactWriteItems", json));
    assert_non_null(strstr(cancelled.data, "[None, ItemCollectionSizeLimitExceeded]"));
    assert_non_null(strstr(cancelled.data, "Collection size exceeded"));
    assert_non_null(strstr(body_of(begin_write("Scan", "{\"TableName\": \"parts\"}")).data, "\"Count\":0"));
}

TEST(the_third_preparation_of_a_request_has_no_drafts)
{
    struct write_set set = {0};

    for (int i = 0; i < 2; i++) {
        dynamodb_drafts_begin(&set);
        assert_int_not_equal(set.drafts, 0);
    }
    dynamodb_drafts_begin(&set);
    assert_int_equal(set.drafts, 0);
}

TEST(drafts_are_removed_a_minute_after_the_last_one)
{
    enum { ITEMS = 30, BYTES = 40 * 1000 };

    assert_int_equal(
        status_of(begin_write("UpdateContinuousBackups", "{" TABLE ", \"PointInTimeRecoverySpecification\": "
                                                         "{\"PointInTimeRecoveryEnabled\": true}}")),
        200);
    static char body[ITEMS * (BYTES + 200)];
    size_t size = 0;
    size += (size_t)sprintf(body, "{\"TransactItems\": [");
    for (int i = 0; i < ITEMS; i++)
        size += (size_t)sprintf(body + size,
                                "%s{\"Put\": {" TABLE
                                ", \"Item\": {\"id\": {\"S\": \"i%d\"}, \"v\": {\"S\": \"%0*d\"}}}}",
                                i > 0 ? "," : "", i, BYTES, 0);
    sprintf(body + size, "]}");
    removed_after_ms = 0;
    assert_int_equal(status_of(begin_write("TransactWriteItems", body)), 200);
    assert_int_equal(removed_after_ms, 60 * 1000);
}

TESTS(table_test(the_third_preparation_of_a_request_has_no_drafts),
      table_test(drafts_are_removed_a_minute_after_the_last_one),
      table_test(entries_of_indexes_are_planned_by_the_worker),
      table_test(an_index_that_is_made_meanwhile_has_the_entry),
      collection_test(a_collection_grows_up_to_its_limit_with_the_entries_of_local_indexes),
      collection_test(a_collection_that_is_too_large_fails_a_batch_and_cancels_a_transaction),
      table_test(a_small_write_is_worked_out_by_the_engine),
      table_test(a_large_update_is_only_written_by_the_engine),
      table_test(a_large_update_that_returns_the_item_is_not_decoded_again),
      table_test(a_large_put_and_a_large_delete_are_only_written_by_the_engine),
      table_test(a_condition_that_does_not_hold_is_not_asked_again),
      table_test(an_item_that_has_changed_meanwhile_is_worked_out_anew),
      table_test(a_condition_that_held_beforehand_is_asked_of_the_item_that_is_there),
      table_test(an_item_that_is_deleted_and_put_again_alike_is_written_where_it_is_now),
      table_test(an_item_that_is_gone_meanwhile_is_not_what_was_prepared),
      table_test(a_small_write_to_a_large_item_moves_to_a_worker),
      table_test(a_select_of_a_large_item_moves_to_a_worker),
      table_test(a_page_decodes_only_items_that_it_shows_whole))
