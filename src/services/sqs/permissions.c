/*
 * permissions.c: AddPermission and RemovePermission, which edit the queue's policy one statement at a time.
 */
#include "sqs_internal.h"

#include "wire/json.h"

static bool is_statement(const struct json *statement, str label)
{
    return str_equal(json_get_str(statement, S("Sid")), label);
}

static const struct json *statements_of(struct call *call, const struct queue *queue)
{
    const struct json *statements =
        json_get(json_parse(call->arena, queue->row.policy, NULL), S("Statement"));

    return json_is(statements, JSON_ARRAY) ? statements : NULL;
}

static bool has_label(const struct json *statements, str label)
{
    for (size_t i = 0; statements && i < statements->count; i++)
        if (is_statement(&statements->items[i], label))
            return true;
    return false;
}

/* A policy whose statements are the old ones but for `label`'s; the array is left open. */
static struct json_writer open_policy(struct call *call, const struct queue *queue,
                                      const struct json *statements, str label)
{
    struct json_writer writer = json_writer_in(call->arena);

    json_open_object(&writer);
    json_field(&writer, S("Version"), S("2008-10-17"));
    json_field(&writer, S("Id"), arena_format(call->arena, "%.*s/SQSDefaultPolicy", STR_ARGS(queue->arn)));
    json_name(&writer, S("Statement"));
    json_open_array(&writer);
    for (size_t i = 0; statements && i < statements->count; i++)
        if (!is_statement(&statements->items[i], label))
            json_value(&writer, &statements->items[i]);
    return writer;
}

static void store_policy(struct call *call, struct queue *queue, struct json_writer *writer)
{
    json_close_array(writer);
    json_close_object(writer);
    queue->row.policy = json_written(writer);
    attributes_store(call, queue);
}

static void add_principals(struct call *call, struct json_writer *writer, const struct str_list *accounts)
{
    json_name(writer, S("Principal"));
    json_open_object(writer);
    json_name(writer, S("AWS"));
    json_open_array(writer);
    for (size_t i = 0; i < accounts->count; i++)
        json_string(writer,
                    arena_format(call->arena, "arn:aws:iam::%.*s:root", STR_ARGS(accounts->items[i])));
    json_close_array(writer);
    json_close_object(writer);
}

static void add_actions(struct call *call, struct json_writer *writer, const struct str_list *actions)
{
    json_name(writer, S("Action"));
    json_open_array(writer);
    for (size_t i = 0; i < actions->count; i++)
        json_string(writer, arena_format(call->arena, "SQS:%.*s", STR_ARGS(actions->items[i])));
    json_close_array(writer);
}

enum outcome sqs_add_permission(struct call *call, const struct sqs_add_permission_request *in,
                                struct sqs_add_permission_output *out)
{
    struct queue queue;

    (void)out;
    if (!queue_open(call, in->queue_url, &queue))
        return FAILED;
    const struct json *statements = statements_of(call, &queue);
    if (has_label(statements, in->label))
        return fail(call, &SQS_INVALID_PARAMETER_VALUE_EXCEPTION,
                    "Value %.*s for parameter Label is invalid. Reason: Already exists.",
                    STR_ARGS(in->label));

    struct json_writer writer = open_policy(call, &queue, statements, in->label);
    json_open_object(&writer);
    json_field(&writer, S("Sid"), in->label);
    json_field(&writer, S("Effect"), S("Allow"));
    add_principals(call, &writer, &in->aws_account_ids);
    add_actions(call, &writer, &in->actions);
    json_field(&writer, S("Resource"), queue.arn);
    json_close_object(&writer);
    store_policy(call, &queue, &writer);
    return DONE;
}

enum outcome sqs_remove_permission(struct call *call, const struct sqs_remove_permission_request *in,
                                   struct sqs_remove_permission_output *out)
{
    struct queue queue;

    (void)out;
    if (!queue_open(call, in->queue_url, &queue))
        return FAILED;
    const struct json *statements = statements_of(call, &queue);
    if (!has_label(statements, in->label))
        return fail(call, &SQS_INVALID_PARAMETER_VALUE_EXCEPTION,
                    "Value %.*s for parameter Label is invalid. Reason: can't find label.",
                    STR_ARGS(in->label));

    struct json_writer writer = open_policy(call, &queue, statements, in->label);
    store_policy(call, &queue, &writer);
    return DONE;
}
