/*
 * deploy_role.c: the function's role, and its permissions.
 *
 * The C function gets exactly what it needs. The Node.js and Python functions get what their tutorials say,
 * so that the tutorials can be followed. Permissions of another function that this one does not have are
 * taken away.
 */
#include "orders/cli/deploy.h"
#include "orders/cli/documents.h"

#include "aws/arn.h"
#include "wire/uri.h"

#include "iam_model.h"

#define TRUST                                                                                                \
    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"Service\":"           \
    "\"lambda.amazonaws.com\"},\"Action\":\"sts:AssumeRole\"}]}"

enum grant_on { RESOURCE_QUEUE, RESOURCE_TABLE, RESOURCE_LOGS };

/* A policy of the role: one of AWS's managed policies, or an inline policy with actions on one resource. */
struct grant {
    unsigned functions;     /* the functions that have this grant, as bits */
    enum grant_on resource; /* of an inline policy */
    const char *name;
    const char *managed; /* the end of its ARN; NULL: an inline policy */
    const char *actions;
};

static const struct grant GRANTS[] = {
    {FUNCTION_C, RESOURCE_QUEUE, "TakeOrders", NULL,
     "\"sqs:ReceiveMessage\",\"sqs:DeleteMessage\",\"sqs:GetQueueAttributes\""},
    {FUNCTION_C, RESOURCE_TABLE, "StoreOrders", NULL, "\"dynamodb:PutItem\""},
    {FUNCTION_C, RESOURCE_LOGS, "WriteLog", NULL,
     "\"logs:CreateLogGroup\",\"logs:CreateLogStream\",\"logs:PutLogEvents\""},
    {FUNCTION_NODEJS, 0, "AmazonDynamoDBFullAccess", "AmazonDynamoDBFullAccess", NULL},
    {FUNCTION_NODEJS, 0, "AmazonSQSFullAccess", "AmazonSQSFullAccess", NULL},
    {FUNCTION_NODEJS | FUNCTION_PYTHON, 0, "AWSLambdaBasicExecutionRole",
     "service-role/AWSLambdaBasicExecutionRole", NULL},
    {FUNCTION_PYTHON, RESOURCE_TABLE, "DynamoPutItemPolicy", NULL, "\"dynamodb:PutItem\""},
    {FUNCTION_PYTHON, RESOURCE_QUEUE, "SQSDeleteMessagePolicy", NULL, "\"sqs:DeleteMessage\""},
    {FUNCTION_PYTHON, RESOURCE_QUEUE, "SQSGetQueueAttributesPolicy", NULL, "\"sqs:GetQueueAttributes\""},
    {FUNCTION_PYTHON, RESOURCE_QUEUE, "SQSReceiveMessagePolicy", NULL, "\"sqs:ReceiveMessage\""},
};
enum { GRANT_COUNT = sizeof GRANTS / sizeof *GRANTS };

/* AWS returns documents percent-encoded. */
static str plain_document(struct arena *arena, str document)
{
    str plain;

    return str_starts_with(document, S("%")) && uri_decode(arena, document, &plain) ? plain : document;
}

/* ---- the role ---- */

static enum deploy_change create_role(struct orders *orders)
{
    struct iam_create_role_request in = {
        .role_name = S(ORDERS_ROLE),
        .assume_role_policy_document = S(TRUST),
        .description = S("What the order processor may do"),
    };
    struct iam_create_role_response out = {0};

    return orders_call(orders, &IAM_CREATE_ROLE, &in, &out) ? CHANGE_CREATED : CHANGE_FAILED;
}

static enum deploy_change update_trust(struct orders *orders)
{
    struct iam_update_assume_role_policy_request in = {.role_name = S(ORDERS_ROLE),
                                                       .policy_document = S(TRUST)};
    struct iam_update_assume_role_policy_output out = {0};

    return orders_call(orders, &IAM_UPDATE_ASSUME_ROLE_POLICY, &in, &out) ? CHANGE_UPDATED : CHANGE_FAILED;
}

enum deploy_change deploy_role(struct deployment *deployment)
{
    struct orders *orders = deployment->orders;
    struct iam_get_role_request in = {.role_name = S(ORDERS_ROLE)};
    struct iam_get_role_response out = {0};

    if (!orders_call(orders, &IAM_GET_ROLE, &in, &out))
        return failed_with(&orders->failure, &IAM_NO_SUCH_ENTITY_EXCEPTION) ? create_role(orders)
                                                                            : CHANGE_FAILED;
    str trust = out.role ? plain_document(orders->arena, out.role->assume_role_policy_document) : (str){0};
    return documents_equal(orders->arena, trust, S(TRUST)) ? CHANGE_NONE : update_trust(orders);
}

/* ---- permissions ---- */

static str resource_of(const struct deployment *deployment, enum grant_on resource)
{
    switch (resource) {
    case RESOURCE_QUEUE:
        return deployment->queue_arn;
    case RESOURCE_TABLE:
        return deployment->table_arn;
    case RESOURCE_LOGS:
        return orders_arn(deployment->orders, "logs", "log-group:" ORDERS_LOG_GROUP "*");
    }
    return (str){0};
}

static str document_of(const struct deployment *deployment, const struct grant *grant)
{
    return arena_format(deployment->orders->arena,
                        "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[%s],"
                        "\"Resource\":\"%.*s\"}]}",
                        grant->actions, STR_ARGS(resource_of(deployment, grant->resource)));
}

static enum deploy_change ensure_inline(const struct deployment *deployment, const struct grant *grant)
{
    struct orders *orders = deployment->orders;
    struct iam_get_role_policy_request get = {.role_name = S(ORDERS_ROLE),
                                              .policy_name = str_of(grant->name)};
    struct iam_get_role_policy_response actual = {0};
    struct iam_put_role_policy_request put = {.role_name = S(ORDERS_ROLE),
                                              .policy_name = str_of(grant->name),
                                              .policy_document = document_of(deployment, grant)};
    struct iam_put_role_policy_output nothing = {0};
    bool there = orders_call(orders, &IAM_GET_ROLE_POLICY, &get, &actual);

    if (!there && !failed_with(&orders->failure, &IAM_NO_SUCH_ENTITY_EXCEPTION))
        return CHANGE_FAILED;
    if (there && documents_equal(orders->arena, plain_document(orders->arena, actual.policy_document),
                                 put.policy_document))
        return CHANGE_NONE;
    if (!orders_call(orders, &IAM_PUT_ROLE_POLICY, &put, &nothing))
        return CHANGE_FAILED;
    return there ? CHANGE_UPDATED : CHANGE_CREATED;
}

static enum deploy_change remove_inline(struct orders *orders, const struct grant *grant)
{
    struct iam_delete_role_policy_request in = {.role_name = S(ORDERS_ROLE),
                                                .policy_name = str_of(grant->name)};
    struct iam_delete_role_policy_output out = {0};

    return orders_call(orders, &IAM_DELETE_ROLE_POLICY, &in, &out) ? CHANGE_UPDATED : CHANGE_FAILED;
}

static str managed_arn(const struct orders *orders, const struct grant *grant)
{
    return arn_build(orders->arena, &(struct arn){.partition = orders->partition,
                                                  .service = S("iam"),
                                                  .account = S("aws"),
                                                  .resource = arena_join(orders->arena, S("policy/"),
                                                                         str_of(grant->managed))});
}

static enum deploy_change attach(struct orders *orders, const struct grant *grant)
{
    struct iam_attach_role_policy_request in = {.role_name = S(ORDERS_ROLE),
                                                .policy_arn = managed_arn(orders, grant)};
    struct iam_attach_role_policy_output out = {0};

    return orders_call(orders, &IAM_ATTACH_ROLE_POLICY, &in, &out) ? CHANGE_CREATED : CHANGE_FAILED;
}

static enum deploy_change detach(struct orders *orders, const struct grant *grant)
{
    struct iam_detach_role_policy_request in = {.role_name = S(ORDERS_ROLE),
                                                .policy_arn = managed_arn(orders, grant)};
    struct iam_detach_role_policy_output out = {0};

    return orders_call(orders, &IAM_DETACH_ROLE_POLICY, &in, &out) ? CHANGE_UPDATED : CHANGE_FAILED;
}

/* What the role has now: far less than a page, so one call for each kind is enough. */
struct grants {
    struct iam_list_role_policies_response inline_policies;
    struct iam_list_attached_role_policies_response attached;
};

static bool list_grants(struct orders *orders, struct grants *grants)
{
    struct iam_list_role_policies_request inline_in = {.role_name = S(ORDERS_ROLE)};
    struct iam_list_attached_role_policies_request attached_in = {.role_name = S(ORDERS_ROLE)};

    return orders_call(orders, &IAM_LIST_ROLE_POLICIES, &inline_in, &grants->inline_policies) &&
           orders_call(orders, &IAM_LIST_ATTACHED_ROLE_POLICIES, &attached_in, &grants->attached);
}

static bool is_granted(const struct grants *grants, const struct grant *grant)
{
    const struct str_list *inline_names = &grants->inline_policies.policy_names;
    str name = str_of(grant->name);

    if (!grant->managed)
        return str_is_one_of(name, inline_names->items, inline_names->count);
    for (size_t i = 0; i < grants->attached.attached_policies.count; i++)
        if (str_equal(grants->attached.attached_policies.items[i].policy_name, name))
            return true;
    return false;
}

static enum deploy_change settle(const struct deployment *deployment, const struct grants *grants,
                                 const struct grant *grant)
{
    struct orders *orders = deployment->orders;
    bool wanted = grant->functions & deployment->flavor->function;
    bool granted = is_granted(grants, grant);

    if (!wanted && granted)
        return grant->managed ? detach(orders, grant) : remove_inline(orders, grant);
    if (wanted && !grant->managed)
        return ensure_inline(deployment, grant);
    return wanted && !granted ? attach(orders, grant) : CHANGE_NONE;
}

enum deploy_change deploy_permissions(struct deployment *deployment)
{
    struct grants grants = {0};
    bool first = true;
    enum deploy_change change = CHANGE_NONE;

    if (!list_grants(deployment->orders, &grants))
        return CHANGE_FAILED;
    for (size_t i = 0; i < GRANT_COUNT; i++) {
        enum deploy_change one = settle(deployment, &grants, &GRANTS[i]);
        if (one == CHANGE_FAILED)
            return CHANGE_FAILED;
        first = first && !is_granted(&grants, &GRANTS[i]);
        if (one != CHANGE_NONE)
            change = CHANGE_UPDATED;
    }
    return change != CHANGE_NONE && first ? CHANGE_CREATED : change;
}
