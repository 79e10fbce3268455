/*
 * groups.c: making, describing and deleting groups, and how long their events are kept.
 */
#include "subscription.h"

#include "services/tags/tags.h"

/* https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
static const int64_t retention_choices[] = {1,   3,   5,   7,   14,   30,   60,   90,   120,  150,  180,
                                            365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653};

enum outcome logs_create_log_group(const struct call *call, const struct logs_create_log_group_request *in,
                                   struct logs_create_log_group_output *out)
{
    struct group group = {.arn = logs_group_arn(call, in->log_group_name)};

    (void)out;
    if (str_equal_nocase(str_head(in->log_group_name, 4), S("aws/")))
        return fail(call, &LOGS_INVALID_PARAMETER_EXCEPTION,
                    "Log groups starting with AWS/ are reserved for AWS.");
    if (call_resource(call, 0)->row)
        return fail(call, &LOGS_RESOURCE_ALREADY_EXISTS_EXCEPTION, "The specified log group already exists");

    group.row.id =
        logs_add_group(call->txn, &(struct logs_add_group_params){
                                      .account = call->account,
                                      .region = call->region,
                                      .name = in->log_group_name,
                                      .created_ms = call->now_ms,
                                      .class = str_present(in->log_group_class)
                                                   ? in->log_group_class
                                                   : logs_log_group_class_text(LOGS_LOG_GROUP_CLASS_STANDARD),
                                      .kms_key_id = in->kms_key_id,
                                      .deletion_protected =
                                          in->deletion_protection_enabled && *in->deletion_protection_enabled,
                                  });
    return logs_tags_put(call, group.arn, &in->tags) ? DONE : FAILED;
}

enum outcome logs_delete_log_group(const struct call *call, const struct logs_delete_log_group_request *in,
                                   struct logs_delete_log_group_output *out)
{
    const struct group *group = logs_group_of(call);

    (void)in;
    (void)out;
    if (!group)
        return FAILED;
    if (group->row.deletion_protected)
        return fail(call, &LOGS_VALIDATION_EXCEPTION,
                    "The specified log group has deletion protection enabled. Disable it first.");

    tags_remove_all(call, group->arn);
    logs_remove_metric_filters(call->txn,
                               &(struct logs_remove_metric_filters_params){.group_id = group->row.id});
    logs_subscriptions_remove(call, group);
    logs_resource_policies_remove(call, group->arn);
    logs_remove_index_policies(
        call->txn, &(struct logs_remove_index_policies_params){
                       .account = call->account, .region = call->region, .group_id = group->row.id});
    logs_remove_found_fields(call->txn, &(struct logs_remove_found_fields_params){.group_id = group->row.id});
    logs_end_group(call->txn, &(struct logs_end_group_params){.id = group->row.id});
    logs_expiry_stop(call, group);
    logs_cleanup_start(call);
    return DONE;
}

static bool retention_check(const struct call *call, int64_t days)
{
    struct text choices = text_in(call->arena);

    for (size_t i = 0; i < sizeof retention_choices / sizeof *retention_choices; i++) {
        if (retention_choices[i] == days)
            return true;
        text_format(&choices, "%s%lld", i ? ", " : "", (long long)retention_choices[i]);
    }
    fail(call, &LOGS_INVALID_PARAMETER_EXCEPTION,
         "1 validation error detected: Value '%lld' at 'retentionInDays' failed to satisfy constraint: "
         "Member must satisfy enum value set: [%.*s]",
         (long long)days, STR_ARGS(text_str(&choices)));
    return false;
}

enum outcome logs_put_retention_policy(const struct call *call,
                                       const struct logs_put_retention_policy_request *in,
                                       struct logs_put_retention_policy_output *out)
{
    const struct group *group = logs_group_of(call);

    (void)out;
    if (!group || !retention_check(call, in->retention_in_days))
        return FAILED;
    logs_set_retention(call->txn, &(struct logs_set_retention_params){
                                      .id = group->row.id, .retention_days = &in->retention_in_days});
    logs_expiry_start(call, group);
    return DONE;
}

enum outcome logs_delete_retention_policy(const struct call *call,
                                          const struct logs_delete_retention_policy_request *in,
                                          struct logs_delete_retention_policy_output *out)
{
    const struct group *group = logs_group_of(call);

    (void)in;
    (void)out;
    if (!group)
        return FAILED;
    logs_set_retention(call->txn, &(struct logs_set_retention_params){.id = group->row.id});
    logs_expiry_stop(call, group);
    return DONE;
}

enum outcome
logs_put_log_group_deletion_protection(const struct call *call,
                                       const struct logs_put_log_group_deletion_protection_request *in,
                                       struct logs_put_log_group_deletion_protection_output *out)
{
    const struct group *group = logs_group_of(call);

    (void)out;
    if (!group)
        return FAILED;
    logs_set_deletion_protected(call->txn, &(struct logs_set_deletion_protected_params){
                                               .id = group->row.id,
                                               .deletion_protected = in->deletion_protection_enabled,
                                           });
    return DONE;
}
