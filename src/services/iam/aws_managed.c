#include "services/iam/aws_managed.h"

static const str PREFIX = STR_INIT("arn:aws:iam::aws:policy");

static bool has_arn(const struct aws_managed_policy *policy, str path_and_name)
{
    return str_starts_with(path_and_name, policy->path) &&
           str_equal(str_from(path_and_name, policy->path.size), policy->name);
}

const struct aws_managed_policy *iam_aws_managed_find(str arn)
{
    if (!str_starts_with(arn, PREFIX))
        return NULL;
    for (size_t i = 0; i < IAM_AWS_MANAGED_POLICY_COUNT; i++)
        if (has_arn(&IAM_AWS_MANAGED_POLICIES[i], str_from(arn, PREFIX.size)))
            return &IAM_AWS_MANAGED_POLICIES[i];
    return NULL;
}

str iam_aws_managed_arn(struct arena *arena, const struct aws_managed_policy *policy)
{
    return arena_format(arena, "%.*s%.*s%.*s", STR_ARGS(PREFIX), STR_ARGS(policy->path),
                        STR_ARGS(policy->name));
}
