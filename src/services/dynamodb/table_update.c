/*
 * table_update.c: UpdateTable.
 */
#include "dynamodb_internal.h"

enum outcome dynamodb_update_table(const struct call *call, const struct dynamodb_update_table_input *in,
                                   struct dynamodb_update_table_output *out)
{
    const struct table *table = dynamodb_table_of(call);

    if (!table || (!table->row.id && !dynamodb_refuse_missing(call, table)))
        return FAILED;
    if (!in->stream_specification) {
        dynamodb_refuse(call,
                        S("At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, "
                          "GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required"));
        return FAILED;
    }
    if (!dynamodb_stream_update(call, table, in->stream_specification))
        return FAILED;
    out->table_description = dynamodb_describe(call, table, DYNAMODB_TABLE_STATUS_UPDATING);
    return DONE;
}
