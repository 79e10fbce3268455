/*
 * test_streams.c: another service waits for the records of a stream.
 */
#include "../core/core.h"
#include "reader.h"

#include "services/dynamodb/dynamodb.h"
#include "wire/json.h"

#define KEY "\"Item\": {\"id\": {\"S\": \"a\"}, \"n\": {\"N\": \"%d\"}}"

static struct request *begin_for(const char *service, const char *target, str json)
{
    sign_for(service);
    struct request *request = begin_target(target, json);
    sign_for("toy");
    return request;
}

static str reply_of(const char *target, str json, int status)
{
    struct request *request = begin_for("dynamodb", target, json);

    assert_int_equal(status_of(request), status);
    return body_of(request);
}

static const struct json *parsed(str body)
{
    const struct json *json = json_parse(&scratch, body, NULL);

    assert_non_null(json);
    return json;
}

static str text_at(const struct json *json, const char *name)
{
    const struct json *value = json_get(json, str_of(name));

    return value ? value->text : (str){0};
}

static str begin_of_stream(void)
{
    static const char table[] =
        "{\"TableName\": \"watched\", \"BillingMode\": \"PAY_PER_REQUEST\","
        "\"KeySchema\": [{\"AttributeName\": \"id\", \"KeyType\": \"HASH\"}],"
        "\"AttributeDefinitions\": [{\"AttributeName\": \"id\", \"AttributeType\": \"S\"}],"
        "\"StreamSpecification\": {\"StreamEnabled\": true, \"StreamViewType\": \"NEW_IMAGE\"}}";
    const struct json *made = parsed(reply_of("DynamoDB_20120810.CreateTable", str_of(table), 200));
    str arn = text_at(json_get(made, S("TableDescription")), "LatestStreamArn");
    const struct json *about =
        parsed(reply_of("DynamoDBStreams_20120810.DescribeStream",
                        arena_format(&scratch, "{\"StreamArn\": \"%.*s\"}", STR_ARGS(arn)), 200));
    const struct json *shards = json_get(json_get(about, S("StreamDescription")), S("Shards"));
    str shard = text_at(&shards->items[0], "ShardId");
    return text_at(parsed(reply_of("DynamoDBStreams_20120810.GetShardIterator",
                                   arena_format(&scratch,
                                                "{\"StreamArn\": \"%.*s\", \"ShardId\": \"%.*s\", "
                                                "\"ShardIteratorType\": \"TRIM_HORIZON\"}",
                                                STR_ARGS(arn), STR_ARGS(shard)),
                                   200)),
                   "ShardIterator");
}

static struct request *begin_read(str iterator, int wait_seconds)
{
    return begin_for("reader", "Reader.Read",
                     arena_format(&scratch, "{\"ShardIterator\": \"%.*s\", \"WaitSeconds\": %d}",
                                  STR_ARGS(iterator), wait_seconds));
}

static void put(int n)
{
    reply_of("DynamoDB_20120810.PutItem", arena_format(&scratch, "{\"TableName\": \"watched\", " KEY "}", n),
             200);
}

static str records_of(struct request *request)
{
    assert_int_equal(status_of(request), 200);
    return text_at(parsed(body_of(request)), "Records");
}

TEST(records_that_are_there_are_read_at_once)
{
    str iterator = begin_of_stream();

    put(1);
    put(2);
    assert_text(records_of(begin_read(iterator, 60)), "2");
    assert_text(records_of(begin_read(iterator, 0)), "2");
}

TEST(the_next_record_wakes_who_waits)
{
    str iterator = begin_of_stream();
    struct request *waiting = begin_read(iterator, 60), *other = begin_read(iterator, 60);

    let_run();
    assert_false(is_answered(waiting));
    put(1);
    assert_text(records_of(waiting), "1");
    assert_text(records_of(other), "1");
    str next = text_at(parsed(body_of(waiting)), "Next");
    waiting = begin_read(next, 60);
    let_run();
    put(1); /* changes nothing */
    assert_false(is_answered(waiting));
    put(2);
    assert_text(records_of(waiting), "1");
}

TEST(who_waits_gives_up_after_the_wait)
{
    struct request *waiting = begin_read(begin_of_stream(), 60);

    let_run();
    advance_clock(59 * 1000);
    let_run();
    assert_false(is_answered(waiting));
    advance_clock(2 * 1000);
    assert_text(records_of(waiting), "0");
}

TEST(the_end_of_a_stream_wakes_who_waits)
{
    struct request *waiting = begin_read(begin_of_stream(), 60);

    let_run();
    reply_of("DynamoDB_20120810.DeleteTable", S("{\"TableName\": \"watched\"}"), 200);
    assert_text(records_of(waiting), "0");
    assert_absent(text_at(parsed(body_of(waiting)), "Next"));
}

TEST(a_wrong_iterator_is_refused)
{
    struct request *request = begin_read(S("x"), 60);

    assert_int_equal(status_of(request), 400);
    assert_true(str_find(body_of(request), S("Invalid ShardIterator")) > 0);
}

static int streams_setup(void **state)
{
    core_add_module(&DYNAMODB_MODULE);
    core_add_module(&DYNAMODBSTREAMS_MODULE);
    core_add_module(&READER_MODULE);
    return core_setup(state);
}
#define streams_test(name) cmocka_unit_test_setup_teardown(name, streams_setup, core_teardown)

TESTS(streams_test(records_that_are_there_are_read_at_once), streams_test(the_next_record_wakes_who_waits),
      streams_test(who_waits_gives_up_after_the_wait), streams_test(the_end_of_a_stream_wakes_who_waits),
      streams_test(a_wrong_iterator_is_refused))
