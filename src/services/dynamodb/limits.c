/*
 * limits.c: what an account may have, and where to find the service.
 */
#include "dynamodb_internal.h"

enum {
    ACCOUNT_UNITS = 80000, /* the quotas of a new account; nothing enforces them */
    TABLE_UNITS = 40000,
    ENDPOINT_MINUTES = 1440,
};

enum outcome dynamodb_describe_limits(const struct call *call,
                                      const struct dynamodb_describe_limits_input *in,
                                      struct dynamodb_describe_limits_output *out)
{
    (void)in;
    out->account_max_read_capacity_units = arena_i64(call->arena, ACCOUNT_UNITS);
    out->account_max_write_capacity_units = arena_i64(call->arena, ACCOUNT_UNITS);
    out->table_max_read_capacity_units = arena_i64(call->arena, TABLE_UNITS);
    out->table_max_write_capacity_units = arena_i64(call->arena, TABLE_UNITS);
    return DONE;
}

/* Clients that discover endpoints come back to the address that they have called. */
enum outcome dynamodb_describe_endpoints(const struct call *call,
                                         const struct dynamodb_describe_endpoints_request *in,
                                         struct dynamodb_describe_endpoints_response *out)
{
    ptrdiff_t scheme = str_find(call->endpoint, S("://"));

    (void)in;
    *list_add(call->arena, &out->endpoints) = (struct dynamodb_endpoint){
        .address = scheme < 0 ? call->endpoint : str_from(call->endpoint, (size_t)scheme + 3),
        .cache_period_in_minutes = ENDPOINT_MINUTES,
    };
    return DONE;
}
