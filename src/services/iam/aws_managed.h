#pragma once

/*
 * aws_managed.h: the policies that AWS provides to all accounts (arn:aws:iam::aws:policy/…): a table made
 * from managed/ at build time, sorted by name.
 *
 * To add a policy, put its document into managed/ and name it in meson.build.
 */
#include "base/arena.h"

struct aws_managed_policy {
    str name, path;
    int64_t version;
    int64_t created_ms, updated_ms;
    str document;
};

extern const struct aws_managed_policy IAM_AWS_MANAGED_POLICIES[];
extern const size_t IAM_AWS_MANAGED_POLICY_COUNT;

/* AWS's policy with that ARN, or NULL. */
const struct aws_managed_policy *iam_aws_managed_find(str arn);
str iam_aws_managed_arn(struct arena *arena, const struct aws_managed_policy *policy);
