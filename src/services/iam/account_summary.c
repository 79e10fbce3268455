/*
 * account_summary.c: GetAccountSummary: how much of what an account has, and its quotas.
 */
#include "services/iam/iam_internal.h"

/* What users and accounts cannot have here counts 0; as a quota it has AWS's. */
static const struct {
    enum iam_summary_key_type key;
    int64_t value;
} FIXED[] = {
    {IAM_SUMMARY_KEY_TYPE_USERS_QUOTA, 5000},
    {IAM_SUMMARY_KEY_TYPE_ROLES_QUOTA, 1000},
    {IAM_SUMMARY_KEY_TYPE_POLICIES_QUOTA, 1500},
    {IAM_SUMMARY_KEY_TYPE_POLICY_VERSIONS_IN_USE_QUOTA, 10000},
    {IAM_SUMMARY_KEY_TYPE_VERSIONS_PER_POLICY_QUOTA, 5},
    {IAM_SUMMARY_KEY_TYPE_POLICY_SIZE_QUOTA, 6144},
    {IAM_SUMMARY_KEY_TYPE_ASSUME_ROLE_POLICY_SIZE_QUOTA, 2048},
    {IAM_SUMMARY_KEY_TYPE_ATTACHED_POLICIES_PER_USER_QUOTA, 10},
    {IAM_SUMMARY_KEY_TYPE_ATTACHED_POLICIES_PER_GROUP_QUOTA, 10},
    {IAM_SUMMARY_KEY_TYPE_ATTACHED_POLICIES_PER_ROLE_QUOTA, 10},
    {IAM_SUMMARY_KEY_TYPE_ACCESS_KEYS_PER_USER_QUOTA, 2},
    {IAM_SUMMARY_KEY_TYPE_SIGNING_CERTIFICATES_PER_USER_QUOTA, 2},
    {IAM_SUMMARY_KEY_TYPE_SERVER_CERTIFICATES, 0},
    {IAM_SUMMARY_KEY_TYPE_SERVER_CERTIFICATES_QUOTA, 20},
    {IAM_SUMMARY_KEY_TYPE_INSTANCE_PROFILES, 0},
    {IAM_SUMMARY_KEY_TYPE_INSTANCE_PROFILES_QUOTA, 1000},
    {IAM_SUMMARY_KEY_TYPE_MFA_DEVICES, 0},
    {IAM_SUMMARY_KEY_TYPE_MFA_DEVICES_IN_USE, 0},
    {IAM_SUMMARY_KEY_TYPE_PROVIDERS, 0},
    {IAM_SUMMARY_KEY_TYPE_ACCOUNT_MFA_ENABLED, 0},
    {IAM_SUMMARY_KEY_TYPE_ACCOUNT_PASSWORD_PRESENT, 0},
    {IAM_SUMMARY_KEY_TYPE_ACCOUNT_SIGNING_CERTIFICATES_PRESENT, 0},
    {IAM_SUMMARY_KEY_TYPE_GLOBAL_ENDPOINT_TOKEN_VERSION, 1},
};

struct summary {
    const struct call *call;
    struct iam_i64_map *map;
};

static void tell(const struct summary *summary, enum iam_summary_key_type key, int64_t value)
{
    struct iam_i64_map_entry *entry = list_add(summary->call->arena, summary->map);

    entry->key = iam_summary_key_type_text(key);
    entry->value = value;
}

static int64_t count(const struct call *call, const struct identity_kind *kind)
{
    struct iam_count_identities_row row = {0};

    iam_count_identities(call->txn, &(struct iam_count_identities_params){call->account, kind->word}, &row);
    return row.count;
}

static bool root_has_keys(const struct call *call)
{
    return iam_access_keys(call->txn, &(struct iam_access_keys_params){.account = call->account}).count > 0;
}

static void tell_policies(const struct summary *summary)
{
    const struct call *call = summary->call;
    struct iam_count_policies_row row = {0};

    iam_count_policies(call->txn, &(struct iam_count_policies_params){call->account}, &row);
    tell(summary, IAM_SUMMARY_KEY_TYPE_POLICIES, row.policies);
    tell(summary, IAM_SUMMARY_KEY_TYPE_POLICY_VERSIONS_IN_USE, row.versions);
}

enum outcome iam_get_account_summary(const struct call *call, const struct iam_get_account_summary_input *in,
                                     struct iam_get_account_summary_response *out)
{
    const struct summary summary = {call, &out->summary_map};

    (void)in;
    tell(&summary, IAM_SUMMARY_KEY_TYPE_USERS, count(call, &IAM_USER_KIND));
    tell(&summary, IAM_SUMMARY_KEY_TYPE_GROUPS, count(call, &IAM_GROUP_KIND));
    tell(&summary, IAM_SUMMARY_KEY_TYPE_ROLES, count(call, &IAM_ROLE_KIND));
    tell_policies(&summary);
    tell(&summary, IAM_SUMMARY_KEY_TYPE_ACCOUNT_ACCESS_KEYS_PRESENT, root_has_keys(call));
    tell(&summary, IAM_SUMMARY_KEY_TYPE_GROUPS_QUOTA, IAM_MAX_GROUPS);
    tell(&summary, IAM_SUMMARY_KEY_TYPE_GROUPS_PER_USER_QUOTA, IAM_MAX_GROUPS_OF_USER);
    tell(&summary, IAM_SUMMARY_KEY_TYPE_USER_POLICY_SIZE_QUOTA, IAM_USER_KIND.max_inline_bytes);
    tell(&summary, IAM_SUMMARY_KEY_TYPE_GROUP_POLICY_SIZE_QUOTA, IAM_GROUP_KIND.max_inline_bytes);
    tell(&summary, IAM_SUMMARY_KEY_TYPE_ROLE_POLICY_SIZE_QUOTA, IAM_ROLE_KIND.max_inline_bytes);
    for (size_t i = 0; i < sizeof FIXED / sizeof *FIXED; i++)
        tell(&summary, FIXED[i].key, FIXED[i].value);
    return DONE;
}
