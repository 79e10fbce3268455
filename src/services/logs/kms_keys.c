/*
 * kms_keys.c: the keys of log groups, which are only stored: nothing is encrypted.
 */
#include "logs_internal.h"

static bool locate(const struct call *call, str name, str identifier, struct resource *found)
{
    if (str_present(name) == str_present(identifier)) {
        fail(call, &LOGS_INVALID_PARAMETER_EXCEPTION,
             "Exactly one of logGroupName and resourceIdentifier must be specified.");
        return false;
    }
    if (!str_starts_with(identifier, S("arn:")) || str_starts_with(identifier, logs_group_arn(call, S(""))))
        return logs_locate_group(call, str_present(name) ? name : identifier, found);
    fail(call, &LOGS_INVALID_PARAMETER_EXCEPTION,
         "Orderly stores keys of log groups only; see docs/compatibility.md.");
    return false;
}

bool logs_locate_keyed_group(const struct call *call, const struct logs_associate_kms_key_request *in,
                             struct resource *found)
{
    return locate(call, in->log_group_name, in->resource_identifier, found);
}

bool logs_locate_unkeyed_group(const struct call *call, const struct logs_disassociate_kms_key_request *in,
                               struct resource *found)
{
    return locate(call, in->log_group_name, in->resource_identifier, found);
}

static enum outcome set_key(const struct call *call, str key)
{
    const struct group *group = logs_group_of(call);

    if (!group)
        return FAILED;
    logs_set_kms_key(call->txn, &(struct logs_set_kms_key_params){.id = group->row.id, .kms_key_id = key});
    return DONE;
}

enum outcome logs_associate_kms_key(const struct call *call, const struct logs_associate_kms_key_request *in,
                                    struct logs_associate_kms_key_output *out)
{
    (void)out;
    return set_key(call, in->kms_key_id);
}

enum outcome logs_disassociate_kms_key(const struct call *call,
                                       const struct logs_disassociate_kms_key_request *in,
                                       struct logs_disassociate_kms_key_output *out)
{
    (void)in;
    (void)out;
    return set_key(call, (str){0});
}
