#pragma once

/*
 * arn.h: Amazon Resource Names, arn:<partition>:<service>:<region>:<account>:<resource>.
 *
 * The resource has all the colons and slashes that follow. Region and account may be empty (IAM has no
 * regions, S3 neither).
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
 */
#include "base/arena.h"

struct arn {
    str partition, service, region, account, resource;
};

/* False when the text is no ARN or its resource is empty; *arn then has the parts that were read. */
bool arn_parse(str text, struct arn *arn);
/* The text; an absent partition is "aws". */
str arn_build(struct arena *arena, const struct arn *arn);

/* arn:aws:iam::<account>:root */
str arn_of_root(struct arena *arena, str account);

/* The account of an ARN whose account is twelve characters long, absent otherwise. The resource may be
 * missing. */
str arn_account(str text);
/* What follows the last slash: the name of a role in arn:aws:iam::<account>:role/<path>/<name>. */
str arn_name(str text);
