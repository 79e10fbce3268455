/*
 * test_request_cost.c: a request about many items, or about large ones, costs as much as the items it is
 * about: with twice as many, or twice as large ones, at most about twice.  Counted in comparisons and hashes
 * of texts, looks at values, bytes of memory, and steps of the database.
 */
#include "../core/core.h"

#include "base/text.h"
#include "services/dynamodb/dynamodb.h"
#include "services/dynamodb/value.h"

#include <sqlite3.h>

/* ---- counting: the linker redirects calls to these functions, see meson.build ---- */

enum { TEXTS, HASHES, LOOKS, BYTES, STEPS, COUNTS };
static const char *const count_names[] = {"comparisons of texts", "hashes", "looks at values", "bytes",
                                          "steps of the database"};
static _Atomic size_t counts[COUNTS];

/* What str_equal() calls for texts of the same size. */
int __real_memcmp(const void *a, const void *b, size_t size);
int __wrap_memcmp(const void *a, const void *b, size_t size);
int __wrap_memcmp(const void *a, const void *b, size_t size)
{
    counts[TEXTS]++;
    return __real_memcmp(a, b, size);
}

int __real_str_compare(str a, str b);
int __wrap_str_compare(str a, str b);
int __wrap_str_compare(str a, str b)
{
    counts[TEXTS]++;
    return __real_str_compare(a, b);
}

uint64_t __real_keyed_hash(str text);
uint64_t __wrap_keyed_hash(str text);
uint64_t __wrap_keyed_hash(str text)
{
    counts[HASHES]++;
    return __real_keyed_hash(text);
}

enum value_type __real_dynamodb_value_type(const struct dynamodb_attribute_value *value);
enum value_type __wrap_dynamodb_value_type(const struct dynamodb_attribute_value *value);
enum value_type __wrap_dynamodb_value_type(const struct dynamodb_attribute_value *value)
{
    counts[LOOKS]++;
    return __real_dynamodb_value_type(value);
}

void *__real_arena_alloc(struct arena *arena, size_t size);
void *__wrap_arena_alloc(struct arena *arena, size_t size);
void *__wrap_arena_alloc(struct arena *arena, size_t size)
{
    counts[BYTES] += size;
    return __real_arena_alloc(arena, size);
}

int __real_sqlite3_step(sqlite3_stmt *statement);
int __wrap_sqlite3_step(sqlite3_stmt *statement);
int __wrap_sqlite3_step(sqlite3_stmt *statement)
{
    counts[STEPS]++;
    return __real_sqlite3_step(statement);
}

/* ---- requests ---- */

static const struct module *const modules[] = {&TOY_MODULE, &DYNAMODB_MODULE, NULL};

static str sent(const char *operation, str json)
{
    struct request *request =
        begin_target(arena_cstr(&scratch, arena_format(&scratch, "DynamoDB_20120810.%s", operation)), json);

    if (status_of(request) != 200)
        print_error("%.*s\n", STR_ARGS(body_of(request)));
    assert_int_equal(status_of(request), 200);
    return body_of(request);
}

/* How many items a request is about, and how many attributes each has.  No two runs have the same keys. */
struct scale {
    size_t items, attributes, run;
};

static void add_name(struct text *text, const struct scale *scale, size_t item)
{
    text_format(text, "%zu-%zu", 1000 + scale->run, 1000 + item);
}

static void add_key(struct text *text, const struct scale *scale, size_t item)
{
    text_add(text, S("{\"id\":{\"S\":\""));
    add_name(text, scale, item);
    text_add(text, S("\"}}"));
}

static void add_item(struct text *text, const struct scale *scale, size_t item)
{
    text_add(text, S("{\"id\":{\"S\":\""));
    add_name(text, scale, item);
    text_add(text, S("\"}"));
    for (size_t i = 0; i < scale->attributes; i++)
        text_format(text, ",\"x%zu\":{\"N\":\"%zu\"}", 1000 + i, 1000 + i);
    text_add(text, S("}"));
}

/* As PartiQL writes it, inside a JSON text. */
static void add_insert(struct text *text, const struct scale *scale, size_t item)
{
    text_add(text, S("{\"Statement\":\"INSERT INTO costs VALUE {'id': '"));
    add_name(text, scale, item);
    text_add(text, S("'"));
    for (size_t i = 0; i < scale->attributes; i++)
        text_format(text, ",'x%zu':%zu", 1000 + i, 1000 + i);
    text_add(text, S("}\"}"));
}

static void add_select(struct text *text, const struct scale *scale, size_t item)
{
    text_add(text, S("{\"Statement\":\"SELECT * FROM costs WHERE id = '"));
    add_name(text, scale, item);
    text_add(text, S("'\"}"));
}

typedef void add_part(struct text *text, const struct scale *scale, size_t item);

/* before, the parts between `open` and `close`, after */
static str request_of(const char *before, const char *open, add_part *add, const char *close,
                      const char *after, const struct scale *scale)
{
    struct text text = text_in(&scratch);

    text_add(&text, str_of(before));
    for (size_t i = 0; i < scale->items; i++) {
        text_format(&text, "%s%s", i ? "," : "", open);
        add(&text, scale, i);
        text_add(&text, str_of(close));
    }
    text_add(&text, str_of(after));
    return text_str(&text);
}

static str batch_get(const struct scale *scale)
{
    return request_of("{\"RequestItems\":{\"costs\":{\"Keys\":[", "", add_key, "", "]}}}", scale);
}

static str batch_write(const struct scale *scale)
{
    return request_of("{\"RequestItems\":{\"costs\":[", "{\"PutRequest\":{\"Item\":", add_item, "}}", "]}}",
                      scale);
}

static str transact_get(const struct scale *scale)
{
    return request_of("{\"TransactItems\":[", "{\"Get\":{\"TableName\":\"costs\",\"Key\":", add_key, "}}",
                      "]}", scale);
}

static str transact_put(const struct scale *scale)
{
    return request_of("{\"ReturnConsumedCapacity\":\"INDEXES\",\"ReturnItemCollectionMetrics\":\"SIZE\","
                      "\"TransactItems\":[",
                      "{\"Put\":{\"TableName\":\"costs\",\"Item\":", add_item, "}}", "]}", scale);
}

static str transact_update(const struct scale *scale)
{
    return request_of("{\"TransactItems\":[", "{\"Update\":{\"TableName\":\"costs\",\"Key\":", add_key,
                      ",\"UpdateExpression\":\"SET y = if_not_exists(y, x1000) + x1001\","
                      "\"ConditionExpression\":\"attribute_exists(x1002)\"}}",
                      "]}", scale);
}

static str select_many(const struct scale *scale)
{
    struct text text = text_in(&scratch);

    text_add(&text, S("{\"Statement\":\"SELECT * FROM costs WHERE id IN ("));
    for (size_t i = 0; i < scale->items; i++) {
        text_add(&text, i ? S(",'") : S("'"));
        add_name(&text, scale, i);
        text_add(&text, S("'"));
    }
    text_add(&text, S(")\"}"));
    return text_str(&text);
}

static str insert_one(const struct scale *scale)
{
    struct text text = text_in(&scratch);

    add_insert(&text, scale, 0);
    return text_str(&text);
}

static str batch_select(const struct scale *scale)
{
    return request_of("{\"Statements\":[", "", add_select, "", "]}", scale);
}

static str batch_insert(const struct scale *scale)
{
    return request_of("{\"Statements\":[", "", add_insert, "", "]}", scale);
}

static str transact_select(const struct scale *scale)
{
    return request_of("{\"TransactStatements\":[", "", add_select, "", "]}", scale);
}

static str transact_insert(const struct scale *scale)
{
    return request_of("{\"TransactStatements\":[", "", add_insert, "", "]}", scale);
}

static const struct row {
    const char *operation;
    str (*request)(const struct scale *scale);
    size_t most_items; /* of a request */
    bool reads;        /* the items are there before */
} rows[] = {
    {"BatchGetItem", batch_get, 100, true},
    {"BatchWriteItem", batch_write, 24, false},
    {"TransactGetItems", transact_get, 100, true},
    {"TransactWriteItems", transact_put, 100, false},
    {"TransactWriteItems", transact_update, 100, true},
    {"ExecuteStatement", select_many, 50, true},
    {"ExecuteStatement", insert_one, 1, false},
    {"BatchExecuteStatement", batch_select, 24, true},
    {"BatchExecuteStatement", batch_insert, 24, false},
    {"ExecuteTransaction", transact_select, 100, true},
    {"ExecuteTransaction", transact_insert, 100, false},
};
enum { ROWS = sizeof rows / sizeof *rows };

/* ---- tests ---- */

static void table_make(const char *indexes)
{
    sent("CreateTable",
         arena_format(&scratch,
                      "{\"TableName\":\"costs\",\"BillingMode\":\"PAY_PER_REQUEST\",\"KeySchema\":"
                      "[{\"AttributeName\":\"id\",\"KeyType\":\"HASH\"}],\"AttributeDefinitions\":"
                      "[{\"AttributeName\":\"id\",\"AttributeType\":\"S\"}%s",
                      indexes));
}

static int engine(void **state)
{
    core_setup(state);
    core_stop();
    core_close();
    core_options()->modules = modules;
    core_start();
    sign_for("dynamodb");
    return 0;
}

#define request_test(name) cmocka_unit_test_setup_teardown(name, engine, core_teardown)

static void put_all(const struct scale *scale)
{
    for (size_t i = 0; i < scale->items; i++) {
        struct text text = text_in(&scratch);
        text_add(&text, S("{\"TableName\":\"costs\",\"Item\":"));
        add_item(&text, scale, i);
        text_add(&text, S("}"));
        sent("PutItem", text_str(&text));
    }
}

static void cost_of(const struct row *row, struct scale scale, size_t costs[COUNTS])
{
    static size_t runs;

    scale.run = runs++;
    if (row->reads)
        put_all(&scale);
    str request = row->request(&scale);
    for (size_t i = 0; i < COUNTS; i++)
        counts[i] = 0;
    sent(row->operation, request);
    for (size_t i = 0; i < COUNTS; i++)
        costs[i] = counts[i];
}

/* A tenth more than twice, and some steps of the engine's own. */
static void assert_twice(const struct row *row, const size_t once[COUNTS], const size_t twice[COUNTS])
{
    static const size_t of_its_own[COUNTS] = {50, 50, 50, 16384, 10};

    for (size_t i = 0; i < COUNTS; i++) {
        if (twice[i] <= once[i] * 22 / 10 + of_its_own[i])
            continue;
        print_error("%s, row %d: %zu, then %zu %s\n", row->operation, (int)(row - rows), once[i], twice[i],
                    count_names[i]);
        assert_true(false);
    }
}

/* Both requests have over 2 KB, so that both writes are prepared. */
static void rows_check(void)
{
    for (const struct row *row = rows; row < rows + ROWS; row++) {
        size_t warm[COUNTS], once[COUNTS], twice[COUNTS], most = row->most_items,
                                                          half = most > 1 ? most / 2 : 1;
        cost_of(row, (struct scale){.items = 1, .attributes = 25}, warm);
        if (most > 1) {
            cost_of(row, (struct scale){.items = half, .attributes = 20}, once);
            cost_of(row, (struct scale){.items = most, .attributes = 20}, twice);
            assert_twice(row, once, twice);
        }
        cost_of(row, (struct scale){.items = half / 2 + 1, .attributes = 250}, once);
        cost_of(row, (struct scale){.items = half / 2 + 1, .attributes = 500}, twice);
        assert_twice(row, once, twice);
    }
}

TEST(twice_as_many_items_or_twice_as_large_ones_cost_twice_as_much)
{
    table_make("]}");
    rows_check();
}

static const char indexes[] =
    ",{\"AttributeName\":\"x1000\",\"AttributeType\":\"N\"},{\"AttributeName\":\"x1001\",\"AttributeType\":"
    "\"N\"}],"
    "\"GlobalSecondaryIndexes\":["
    "{\"IndexName\":\"all\",\"KeySchema\":[{\"AttributeName\":\"x1000\",\"KeyType\":\"HASH\"}],"
    "\"Projection\":{\"ProjectionType\":\"ALL\"}},"
    "{\"IndexName\":\"some\",\"KeySchema\":[{\"AttributeName\":\"x1001\",\"KeyType\":\"HASH\"}],"
    "\"Projection\":{\"ProjectionType\":\"INCLUDE\",\"NonKeyAttributes\":[\"x1003\"]}}]}";

TEST(so_they_do_in_a_table_with_indexes)
{
    table_make(indexes);
    rows_check();
}

TESTS(request_test(twice_as_many_items_or_twice_as_large_ones_cost_twice_as_much),
      request_test(so_they_do_in_a_table_with_indexes))
