#pragma once

/*
 * arn.h: Amazon Resource Names, arn:<partition>:<service>:<region>:<account>:<resource>.
 *
 * The resource keeps all further colons and slashes.  Region and account may be empty: IAM and S3 have no
 * regions.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
 */
#include "base/arena.h"

struct arn {
    str partition, service, region, account, resource;
};

/* False when the text is not an ARN or its resource is empty; *arn then has the parts that were read. */
bool arn_parse(str text, struct arn *arn);
/* The ARN as text; an absent partition becomes "aws". */
str arn_build(struct arena *arena, const struct arn *arn);

/* arn:aws:iam::<account>:root */
str arn_of_root(struct arena *arena, str account);

/* The account of an ARN, absent unless it has twelve characters.  The resource may be missing. */
str arn_account(str text);
/* The region of an ARN; absent when the text is not an ARN. */
str arn_region(str text);
/* Could it be a region's name, "us-east-1" or "us-gov-west-1": some words of letters, and a number? */
bool arn_is_region(str text);
/* Could it be the number of an account: twelve digits? */
bool arn_is_account(str text);
/* The text after the last slash: the name of a role in arn:aws:iam::<account>:role/<path>/<name>. */
str arn_name(str text);
/* The text after the last colon: the name in arn:aws:sqs:<region>:<account>:<name>. */
str arn_last(str text);
