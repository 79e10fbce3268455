/*
 * permissions.c: AddPermission and RemovePermission, which edit the topic's policy one statement at a time.
 *
 * A topic whose policy was never set has AWS's default policy: the first edit writes it down.
 * https://docs.aws.amazon.com/sns/latest/api/API_AddPermission.html
 */
#include "sns_internal.h"

#include "aws/arn.h"
#include "aws/policy_document.h"
#include "aws/wildcard.h"

/* In a policy a name takes six bytes at least. */
enum { MOST_STATEMENTS = 100, MAX_NAMES = MAX_POLICY_BYTES / 6 };

/* What a topic's policy may grant, as SNS writes it. */
static const str shared_actions[] = {
    STR_INIT("*"),
    STR_INIT("AddPermission"),
    STR_INIT("DeleteTopic"),
    STR_INIT("GetDataProtectionPolicy"),
    STR_INIT("GetTopicAttributes"),
    STR_INIT("ListSubscriptionsByTopic"),
    STR_INIT("ListTagsForResource"),
    STR_INIT("Publish"),
    STR_INIT("PutDataProtectionPolicy"),
    STR_INIT("Receive"),
    STR_INIT("RemovePermission"),
    STR_INIT("SetTopicAttributes"),
    STR_INIT("Subscribe"),
};

static bool refuse(const struct call *call, const char *problem)
{
    fail(call, &SNS_INVALID_PARAMETER_EXCEPTION, "Invalid parameter: %s", problem);
    return false;
}

static bool permission_check(const struct call *call, const struct sns_add_permission_input *in)
{
    if (str_empty(in->label))
        return refuse(call, "Label");
    if (in->action_name.count == 0)
        return refuse(call, "ActionName");
    if (in->aws_account_id.count == 0)
        return refuse(call, "AWSAccountId");
    if (in->action_name.count + in->aws_account_id.count > MAX_NAMES)
        return refuse(call, "Policy Reason: Policy is too long");
    for (size_t i = 0; i < in->action_name.count; i++)
        if (!str_is_one_of(in->action_name.items[i], shared_actions,
                           sizeof shared_actions / sizeof *shared_actions))
            return refuse(call, "Policy statement action out of service scope!");
    for (size_t i = 0; i < in->aws_account_id.count; i++)
        if (!arn_is_account(in->aws_account_id.items[i]))
            return refuse(call, "Policy Error: PrincipalNotFound");
    return true;
}

/* ---- the policy ---- */

/* May a topic's policy grant the action, which may have wildcards? */
static bool is_in_scope(const struct call *call, str action)
{
    str service = {0}, name = action;

    if (str_equal(action, S("*")))
        return true;
    str_next(&name, ':', &service);
    str pattern = wildcard_compile(call->arena, name, true, false).text;
    for (size_t i = 0; i < sizeof shared_actions / sizeof *shared_actions; i++)
        if (str_equal_nocase(service, S("sns")) && wildcard_match_nocase(pattern, shared_actions[i]))
            return true;
    return false;
}

static bool are_in_scope(const struct call *call, const struct json *actions)
{
    if (json_is(actions, JSON_STRING))
        return is_in_scope(call, actions->text);
    for (size_t i = 0; json_is(actions, JSON_ARRAY) && i < actions->count; i++)
        if (!is_in_scope(call, actions->items[i].text))
            return false;
    return true;
}

/* https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-language-api-permissions-reference.html */
const char *sns_policy_problem(const struct call *call, str text)
{
    if (text.size > MAX_POLICY_BYTES)
        return "Policy Reason: Policy is too long";
    struct policy_document policy = policy_document_read(call->arena, text);
    if (policy.count > MOST_STATEMENTS)
        return "Policy Reason: Policy has too many statements";
    for (size_t i = 0; i < policy.count; i++) {
        const struct json *statement = &policy.statements[i];
        if (!are_in_scope(call, json_get(statement, S("Action"))))
            return "Policy statement action out of service scope!";
        if (policy.count > 1 && policy_document_find(&policy, json_get_str(statement, S("Sid"))) != statement)
            return "Every policy statement must have a unique ID.";
    }
    return NULL;
}

/* A single text is written alone, several in an array. */
static void add_texts(struct json_writer *writer, str name, str before, const struct str_list *texts,
                      str after)
{
    struct arena *arena = writer->text.arena;

    json_name(writer, name);
    if (texts->count > 1)
        json_open_array(writer);
    for (size_t i = 0; i < texts->count; i++)
        json_string(writer, arena_concat(arena, before, texts->items[i], after));
    if (texts->count > 1)
        json_close_array(writer);
}

static str statement_of(const struct call *call, const struct sns_add_permission_input *in, str topic_arn)
{
    struct json_writer writer = json_writer_in(call->arena);

    json_open_object(&writer);
    json_field(&writer, S("Sid"), in->label);
    json_field(&writer, S("Effect"), S("Allow"));
    json_name(&writer, S("Principal"));
    json_open_object(&writer);
    add_texts(&writer, S("AWS"), S("arn:aws:iam::"), &in->aws_account_id, S(":root"));
    json_close_object(&writer);
    add_texts(&writer, S("Action"), S("SNS:"), &in->action_name, S(""));
    json_field(&writer, S("Resource"), topic_arn);
    json_close_object(&writer);
    return json_written(&writer);
}

static bool store(const struct call *call, const struct topic *topic, str policy)
{
    const char *problem = sns_policy_problem(call, policy);

    if (!problem && !is_resource_policy(call, policy))
        problem = "Policy Error: PrincipalNotFound";
    if (problem)
        return refuse(call, problem);
    sns_set_topic_policy(call->txn,
                         &(struct sns_set_topic_policy_params){.id = topic->row.id, .policy = policy});
    return true;
}

enum outcome sns_add_permission(const struct call *call, const struct sns_add_permission_input *in,
                                struct sns_add_permission_output *out)
{
    const struct topic *topic = sns_topic_of(call);

    (void)out;
    if (!topic || !permission_check(call, in))
        return FAILED;
    struct policy_document policy = policy_document_read(call->arena, sns_topic_policy(call, topic));
    if (policy_document_find(&policy, in->label)) {
        refuse(call, "Statement already exists");
        return FAILED;
    }
    str edited = policy_document_add(call->arena, &policy, S(""), statement_of(call, in, topic->arn));
    return store(call, topic, edited) ? DONE : FAILED;
}

/* Removing a statement that is not there succeeds, as on AWS.  The last statement leaves an empty policy. */
enum outcome sns_remove_permission(const struct call *call, const struct sns_remove_permission_input *in,
                                   struct sns_remove_permission_output *out)
{
    const struct topic *topic = sns_topic_of(call);

    (void)out;
    if (!topic)
        return FAILED;
    struct policy_document policy = policy_document_read(call->arena, sns_topic_policy(call, topic));
    if (!policy_document_find(&policy, in->label))
        return DONE;
    str edited = policy_document_remove(call->arena, &policy, in->label);
    if (!str_present(edited))
        edited = S("{\"Version\":\"2008-10-17\",\"Id\":\"__default_policy_ID\",\"Statement\":[]}");
    sns_set_topic_policy(call->txn,
                         &(struct sns_set_topic_policy_params){.id = topic->row.id, .policy = edited});
    return DONE;
}
