/*
 * metrics.c: what CloudWatch shows of DynamoDB.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
 */
#include "stream_internal.h"

#include "engine/count.h"

enum { SERVER_ERROR = 500 };
static const double us_per_ms = 1000;

#define OF_INDEX "TableName,GlobalSecondaryIndexName"
/* Other services read records by AwaitRecords, which counts as GetRecords, too. */
#define OF_STREAM "Operation=GetRecords,TableName,StreamLabel"

/* The value of both dimensions of OF_INDEX. */
static str index_name(const struct call *call, const struct table *table, const struct index *index)
{
    return arena_concat(call->arena, table->name, S("/"), index->name);
}

/* The value of the dimensions of OF_STREAM. */
static str stream_name(const struct call *call, const struct dynamodb_stream_row *stream)
{
    return arena_concat(call->arena, stream->table_name, S("/"), stream->label);
}

static bool reads(const struct call *call)
{
    return call->operation->flags & OPERATION_READS;
}

void dynamodb_count_capacity(const struct call *call, const struct table *table, const struct index *index,
                             double units)
{
    static const struct metric of_table[] = {
        {"AWS/DynamoDB", "ConsumedWriteCapacityUnits", "TableName", "Count"},
        {"AWS/DynamoDB", "ConsumedReadCapacityUnits", "TableName", "Count"},
    };
    static const struct metric of_index[] = {
        {"AWS/DynamoDB", "ConsumedWriteCapacityUnits", OF_INDEX, "Count"},
        {"AWS/DynamoDB", "ConsumedReadCapacityUnits", OF_INDEX, "Count"},
    };

    if (units > 0)
        count(call, index ? &of_index[reads(call)] : &of_table[reads(call)],
              index ? index_name(call, table, index) : table->name, units);
}

/*
 * ReadThrottleEvents and WriteThrottleEvents, and those of the reason: what is only prepared is asked again.
 */
void dynamodb_count_throttle(const struct call *call, const struct table *table, const struct index *index,
                             bool on_demand)
{
#define THROTTLES(dimension)                                                                                 \
    {                                                                                                        \
        {"AWS/DynamoDB", "WriteThrottleEvents", dimension, "Count"},                                         \
            {"AWS/DynamoDB", "ReadThrottleEvents", dimension, "Count"},                                      \
            {"AWS/DynamoDB", "WriteProvisionedThroughputThrottleEvents", dimension, "Count"},                \
            {"AWS/DynamoDB", "ReadProvisionedThroughputThrottleEvents", dimension, "Count"},                 \
            {"AWS/DynamoDB", "WriteMaxOnDemandThroughputThrottleEvents", dimension, "Count"},                \
            {"AWS/DynamoDB", "ReadMaxOnDemandThroughputThrottleEvents", dimension, "Count"},                 \
    }
    static const struct metric of_table[] = THROTTLES("TableName"), of_index[] = THROTTLES(OF_INDEX);
    const struct metric *metrics = index ? of_index : of_table;
    str of = index ? index_name(call, table, index) : table->name;

    if (call->preparing)
        return;
    count_at_once(call, &metrics[reads(call)], of, 1);
    count_at_once(call, &metrics[(on_demand ? 4 : 2) + reads(call)], of, 1);
}

void dynamodb_count_returned(const struct call *call, const struct table *table, int64_t items)
{
    static const struct metric returned = {"AWS/DynamoDB", "ReturnedItemCount", "TableName,Operation",
                                           "Count"};

    count(call, &returned, table->name, (double)items);
}

void dynamodb_count_conflict(const struct call *call, const struct table *table)
{
    static const struct metric conflict = {"AWS/DynamoDB", "TransactionConflict", "TableName", "Count"};

    count_at_once(call, &conflict, table->name, 1);
}

void dynamodb_count_records(const struct call *call, const struct dynamodb_stream_row *stream,
                            int64_t records, int64_t bytes)
{
    static const struct metric of_records = {"AWS/DynamoDB", "ReturnedRecordsCount", OF_STREAM, "Count"},
                               of_bytes = {"AWS/DynamoDB", "ReturnedBytes", OF_STREAM, "Bytes"};
    str of = stream_name(call, stream);

    count_at_once(call, &of_records, of, (double)records); /* a trigger's reader may read them on a worker */
    count_at_once(call, &of_bytes, of, (double)bytes);
}

void dynamodb_count_expired(const struct call *call, const struct table *table)
{
    static const struct metric expired = {"AWS/DynamoDB", "TimeToLiveDeletedItemCount", "TableName", "Count"};

    count(call, &expired, table->name, 1);
}

/* The name of the table that the request is about; absent: none, or it came not that far. */
static str table_of_request(const struct call *call)
{
    const struct table *table = NULL;

    if (call->progress->resources.count > 0 &&
        dynamodb_resource_kind(call_resource(call, 0)) == RESOURCE_TABLE)
        table = call_resource(call, 0)->row;
    return table && table->row.id ? table->name : (str){0};
}

static void count_error(const struct call *call, const struct error *error, str table)
{
    static const struct metric of_server = {"AWS/DynamoDB", "SystemErrors", "TableName,Operation", "Count"};
    static const struct metric of_user = {"AWS/DynamoDB", "UserErrors", NULL, "Count"};
    static const struct metric throttled = {"AWS/DynamoDB", "ThrottledRequests", "TableName,Operation",
                                            "Count"};
    static const struct metric conditions = {"AWS/DynamoDB", "ConditionalCheckFailedRequests", "TableName",
                                             "Count"};

    if (error == &DYNAMODB_CONDITIONAL_CHECK_FAILED_EXCEPTION)
        count_at_once(call, &conditions, table, 1);
    else if (error == &DYNAMODB_PROVISIONED_THROUGHPUT_EXCEEDED_EXCEPTION ||
             error == &DYNAMODB_THROTTLING_EXCEPTION)
        count_at_once(call, &throttled, table, 1);
    else if (error->status < SERVER_ERROR)
        count_at_once(call, &of_user, (str){0}, 1);
    else if (str_present(table))
        count_at_once(call, &of_server, table, 1);
}

void dynamodb_request_ended(const struct call *call, int64_t took_us)
{
    static const struct metric latency = {"AWS/DynamoDB", "SuccessfulRequestLatency", "TableName,Operation",
                                          "Milliseconds"};
    const struct error *error = call->progress->failure.error;
    str table = table_of_request(call);

    if (error)
        count_error(call, error, table);
    else if (str_present(table))
        count_at_once(call, &latency, table, (double)took_us / us_per_ms);
}

/* The stream that the request reads; NULL: none, or its iterator is not valid. */
static const struct stream *stream_of_request(const struct call *call)
{
    if (call->operation != &DYNAMODBSTREAMS_GET_RECORDS || call->progress->resources.count == 0)
        return NULL;
    const struct stream *stream = call_resource(call, 0)->row;
    return stream && stream->row.id ? stream : NULL;
}

void dynamodb_stream_request_ended(const struct call *call, int64_t took_us)
{
    static const struct metric latency = {"AWS/DynamoDB", "SuccessfulRequestLatency", OF_STREAM,
                                          "Milliseconds"};
    const struct error *error = call->progress->failure.error;
    const struct stream *stream = stream_of_request(call);

    if (error)
        count_error(call, error, stream ? stream->row.table_name : (str){0});
    else if (stream)
        count_at_once(call, &latency, stream_name(call, &stream->row), (double)took_us / us_per_ms);
}
