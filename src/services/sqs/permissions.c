/*
 * permissions.c: AddPermission and RemovePermission, which edit the queue's policy one statement at a time.
 */
#include "sqs_internal.h"

#include "aws/arn.h"
#include "aws/policy_document.h"

enum { MAX_LABEL = 80, MAX_ACTIONS = 7 };

static const str shared_actions[] = {
    STR_INIT("*"),
    STR_INIT("ChangeMessageVisibility"),
    STR_INIT("DeleteMessage"),
    STR_INIT("GetQueueAttributes"),
    STR_INIT("GetQueueUrl"),
    STR_INIT("ListDeadLetterSourceQueues"),
    STR_INIT("PurgeQueue"),
    STR_INIT("ReceiveMessage"),
    STR_INIT("SendMessage"),
};

/* ---- checks ---- */

static bool label_check(const struct call *call, str label)
{
    return (label.size >= 1 && label.size <= MAX_LABEL && str_is_word(label, S("-_"))) ||
           sqs_value_refuse(
               call, "Label", label,
               "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length.");
}

static bool refuse_principal(const struct call *call, str account)
{
    return sqs_value_refuse(call, "PrincipalId", arena_concat(call->arena, S("["), account, S("]")),
                            "Unable to verify.");
}

static bool account_check(const struct call *call, str account)
{
    return arn_is_account(account) || refuse_principal(call, account);
}

/* A batch operation has its action's permission, and no name of its own among the permissions. */
static bool is_owners_action(const struct call *call, str action)
{
    for (const struct operation *const *at = call->operation->service->operations; *at; at++)
        if (str_equal(str_of((*at)->name), action))
            return !str_ends_with(action, S("Batch"));
    return false;
}

static bool action_check(const struct call *call, str action)
{
    for (size_t i = 0; i < sizeof shared_actions / sizeof *shared_actions; i++)
        if (str_equal(shared_actions[i], action))
            return true;
    return sqs_value_refuse(call, "ActionName", arena_join(call->arena, S("SQS:"), action),
                            is_owners_action(call, action)
                                ? "Only the queue owner is allowed to invoke this action."
                                : "Please refer to the appropriate WSDL for a list of valid actions.");
}

static bool permission_check(const struct call *call, const struct sqs_add_permission_request *in)
{
    if (in->actions.count == 0) {
        fail(call, &SQS_MISSING_REQUIRED_PARAMETER_EXCEPTION,
             "The request must contain the parameter Actions.");
        return false;
    }
    if (in->aws_account_ids.count == 0)
        return refuse_principal(call, S(""));
    if (in->actions.count > MAX_ACTIONS) {
        fail(call, &SQS_OVER_LIMIT, "%zu Actions were found, maximum allowed is 7.", in->actions.count);
        return false;
    }
    if (!sqs_policy_principals_check(call, in->aws_account_ids.count))
        return false;
    for (size_t i = 0; i < in->actions.count; i++)
        if (!action_check(call, in->actions.items[i]))
            return false;
    for (size_t i = 0; i < in->aws_account_ids.count; i++)
        if (!account_check(call, in->aws_account_ids.items[i]))
            return false;
    return label_check(call, in->label);
}

/* ---- the policy ---- */

/* A single text is written alone, several in an array. */
static void add_texts(struct json_writer *writer, str name, const struct str_list *texts)
{
    json_name(writer, name);
    if (texts->count == 1) {
        json_string(writer, texts->items[0]);
        return;
    }
    json_open_array(writer);
    for (size_t i = 0; i < texts->count; i++)
        json_string(writer, texts->items[i]);
    json_close_array(writer);
}

static str statement_of(const struct call *call, const struct sqs_add_permission_request *in, str arn)
{
    struct json_writer writer = json_writer_in(call->arena);
    struct str_list principals = {0}, actions = {0};

    for (size_t i = 0; i < in->aws_account_ids.count; i++)
        *list_add(call->arena, &principals) = arn_of_root(call->arena, in->aws_account_ids.items[i]);
    for (size_t i = 0; i < in->actions.count; i++)
        *list_add(call->arena, &actions) = arena_join(call->arena, S("SQS:"), in->actions.items[i]);

    json_open_object(&writer);
    json_field(&writer, S("Sid"), in->label);
    json_field(&writer, S("Effect"), S("Allow"));
    json_name(&writer, S("Principal"));
    json_open_object(&writer);
    add_texts(&writer, S("AWS"), &principals);
    json_close_object(&writer);
    add_texts(&writer, S("Action"), &actions);
    json_field(&writer, S("Resource"), arn);
    json_close_object(&writer);
    return json_written(&writer);
}

/* A new policy has the name that AWS gives it. */
static str head_of(const struct call *call, const struct queue *queue)
{
    return arena_concat(call->arena, S("\"Version\":\"2008-10-17\",\"Id\":\""), queue->arn,
                        S("/SQSDefaultPolicy\""));
}

enum outcome sqs_add_permission(const struct call *call, const struct sqs_add_permission_request *in,
                                struct sqs_add_permission_output *out)
{
    const struct queue *located = sqs_queue_of(call);

    (void)out;
    if (!located || !permission_check(call, in))
        return FAILED;
    struct queue queue = *located;
    struct policy_document policy = policy_document_read(call->arena, queue.row.policy);
    if (policy_document_find(&policy, in->label)) {
        sqs_value_refuse(call, "Label", in->label, "Already exists.");
        return FAILED;
    }

    queue.row.policy =
        policy_document_add(call->arena, &policy, head_of(call, &queue), statement_of(call, in, queue.arn));
    if (!sqs_policy_size_check(call, queue.row.policy) || !sqs_policy_quotas_check(call, queue.row.policy))
        return FAILED;
    sqs_attributes_store(call, &queue);
    if (!is_resource_policy(call, queue.row.policy)) {
        sqs_value_refuse(call, "PrincipalId", in->aws_account_ids.items[0], "Unable to verify.");
        return FAILED;
    }
    return DONE;
}

/* When its last statement is removed, the policy is removed, too. */
enum outcome sqs_remove_permission(const struct call *call, const struct sqs_remove_permission_request *in,
                                   struct sqs_remove_permission_output *out)
{
    const struct queue *located = sqs_queue_of(call);

    (void)out;
    if (!located)
        return FAILED;
    struct queue queue = *located;
    struct policy_document policy = policy_document_read(call->arena, queue.row.policy);
    if (!policy_document_find(&policy, in->label)) {
        sqs_value_refuse(call, "Label", in->label, "can't find label.");
        return FAILED;
    }

    queue.row.policy = policy_document_remove(call->arena, &policy, in->label);
    sqs_attributes_store(call, &queue);
    return DONE;
}
