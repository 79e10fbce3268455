/*
 * metrics.c: what CloudWatch shows of DynamoDB.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
 */
#include "dynamodb_internal.h"

#include "engine/count.h"

enum { SERVER_ERROR = 500 };
static const double us_per_ms = 1000;

void dynamodb_count_capacity(const struct call *call, const struct table *table, double units)
{
    static const struct metric reads = {"AWS/DynamoDB", "ConsumedReadCapacityUnits", "TableName", "Count"};
    static const struct metric writes = {"AWS/DynamoDB", "ConsumedWriteCapacityUnits", "TableName", "Count"};

    count(call, call->operation->flags & OPERATION_READS ? &reads : &writes, table->name, units);
}

void dynamodb_count_returned(const struct call *call, const struct table *table, int64_t items)
{
    static const struct metric returned = {"AWS/DynamoDB", "ReturnedItemCount", "TableName,Operation",
                                           "Count"};

    count(call, &returned, table->name, (double)items);
}

/* The name of the table that the request is about; absent: none, or it came not that far. */
static str table_of_request(const struct call *call)
{
    const struct table *table = NULL;

    if (call->progress->resources.count > 0)
        table = call_resource(call, 0)->row;
    return table && table->row.id ? table->name : (str){0};
}

static void count_error(const struct call *call, const struct error *error, str table)
{
    static const struct metric of_server = {"AWS/DynamoDB", "SystemErrors", "TableName,Operation", "Count"};
    static const struct metric of_user = {"AWS/DynamoDB", "UserErrors", NULL, "Count"};
    static const struct metric conditions = {"AWS/DynamoDB", "ConditionalCheckFailedRequests", "TableName",
                                             "Count"};

    if (error == &DYNAMODB_CONDITIONAL_CHECK_FAILED_EXCEPTION)
        count_at_once(call, &conditions, table, 1);
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
