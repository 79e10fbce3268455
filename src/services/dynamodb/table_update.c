/*
 * table_update.c: UpdateTable.
 */
#include "dynamodb_internal.h"

enum outcome dynamodb_update_table(const struct call *call, const struct dynamodb_update_table_input *in,
                                   struct dynamodb_update_table_output *out)
{
    const struct table *located = dynamodb_table_of(call);
    struct index_update_request request = {.updates = &in->global_secondary_index_updates,
                                           .definitions = &in->attribute_definitions};
    struct dynamodb_read_settings_row row = {0};

    if (!located)
        return FAILED;
    if (in->global_secondary_index_updates.count == 0)
        return fail(call, &DYNAMODB_VALIDATION_EXCEPTION,
                    "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, "
                    "GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required");
    if (!dynamodb_index_updates_check(call, request.updates) || !dynamodb_table_open(call, located))
        return FAILED;
    struct table table = *located;
    dynamodb_read_settings(call->txn, &(struct dynamodb_read_settings_params){.id = table.row.id}, &row);
    request.on_demand = row.on_demand;
    if (!dynamodb_index_updates_fit(call, &table, &request))
        return FAILED;
    dynamodb_index_updates_apply(call, &table, &request);
    out->table_description = dynamodb_table_describe(call, &table, DYNAMODB_TABLE_STATUS_UPDATING);
    return DONE;
}
