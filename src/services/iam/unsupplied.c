/*
 * unsupplied.c: the condition keys that Orderly's services supply, and those that only AWS supplies.
 *
 * The value of an unsupplied key is unknown, so a Deny with it applies and an Allow does not. Keys that AWS
 * would also leave out are absent: of organizations, private networks, MFA, and of parameters that are
 * refused (lambda:Layer). A key that is unknown in some requests has an absent value in their context
 * (lambda:VpcIds). To supply a key, pass it to authorize_in_context(), and move it from UNSUPPLIED to
 * SUPPLIED.
 *
 * https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
 */
#include "services/iam/policy_internal.h"

enum { ANYBODY = ~0, A_SERVICE = 1 << PRINCIPAL_SERVICE };

struct unsupplied_key {
    str key;
    int callers; /* the callers with which AWS supplies it */
};

static const struct unsupplied_key UNSUPPLIED[] = {
    {STR_INIT("aws:Referer"), ANYBODY},
    {STR_INIT("aws:UserAgent"), ANYBODY},
    {STR_INIT("aws:PrincipalServiceNamesList"), A_SERVICE},
};

static const str SUPPLIED[] = {
    STR_INIT("aws:RequestTag/*"),
    STR_INIT("aws:ResourceTag/*"),
    STR_INIT("aws:TagKeys"),
    STR_INIT("dynamodb:Attributes"),
    STR_INIT("dynamodb:LeadingKeys"),
    STR_INIT("dynamodb:ReturnValues"),
    STR_INIT("dynamodb:Select"),
    STR_INIT("dynamodb:ReturnConsumedCapacity"),
    STR_INIT("iam:AssociatedResourceArn"),
    STR_INIT("iam:PassedToService"),
    STR_INIT("iam:PermissionsBoundary"),
    STR_INIT("iam:PolicyARN"),
    STR_INIT("iam:ResourceTag/*"),
    STR_INIT("lambda:FunctionArn"),
    STR_INIT("lambda:Principal"),
    STR_INIT("lambda:SecurityGroupIds"),
    STR_INIT("lambda:SubnetIds"),
    STR_INIT("lambda:VpcIds"),
    STR_INIT("sns:Endpoint"),
    STR_INIT("sns:Protocol"),
    STR_INIT("sts:ExternalId"),
    STR_INIT("sts:RoleSessionName"),
};

static bool is_meant(str pattern, str text)
{
    if (!str_ends_with(pattern, S("*")))
        return str_equal_nocase(pattern, text);
    str beginning = str_head(pattern, pattern.size - 1);
    return str_equal_nocase(beginning, str_head(text, beginning.size));
}

bool iam_key_is_unsupplied(const struct policy_request *request, str key)
{
    int caller = 1 << request->caller->kind;

    for (size_t i = 0; i < sizeof UNSUPPLIED / sizeof *UNSUPPLIED; i++)
        if (str_equal_nocase(UNSUPPLIED[i].key, key))
            return UNSUPPLIED[i].callers & caller;
    return false;
}

bool iam_key_is_supplied(str key)
{
    for (size_t i = 0; i < sizeof SUPPLIED / sizeof *SUPPLIED; i++)
        if (is_meant(SUPPLIED[i], key))
            return true;
    return false;
}
