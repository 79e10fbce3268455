/*
 * peek.c: looks at messages without receiving them, and changes single ones, for tests and for a console.
 *
 *     GET     /_aws/sqs/messages?QueueUrl=…[&ShowInvisible=true][&ShowDelayed=true]
 *     DELETE  /_aws/sqs/messages?QueueUrl=…              as PurgeQueue, without its rule of a minute
 *     POST    /_orderly/sqs/messages/delete              {"QueueUrl": …, "Messages": [{"ReceiptHandle": …}]}
 *     POST    /_orderly/sqs/messages/redrive             the same, with a "Body" for each edited message, and
 *                                                        with a "DestinationUrl" if they do not go back
 *
 * A handle of a peek names a message where it is now; only these paths take it.  Each request changes all of
 * its messages in one transaction, or none.  A reply has the first messages that fit MAX_REPLY_BYTES.
 */
#include "sqs_internal.h"

#include "wire/form.h"
#include "wire/json.h"

enum { MAX_SHOWN = 1000, MAX_REPLY_BYTES = 4 * 1024 * 1024, MAX_CHANGED = 100 };

/* ---- queues and handles ---- */

/* False: fail() has been called. */
static bool queue_of_url(const struct call *call, str url, struct queue *queue)
{
    struct resource found = {0};

    sqs_locate_queue(call, url, &found);
    if (found.row)
        *queue = *(const struct queue *)found.row;
    else
        fail(call, &SQS_QUEUE_DOES_NOT_EXIST, "The specified queue does not exist.");
    return found.row;
}

static bool query_read(const struct call *call, const struct visit *visit, struct form *form,
                       struct queue *queue)
{
    if (form_parse(call->arena, visit->request->query, form))
        return queue_of_url(call, form_get(form, S("QueueUrl")), queue);
    fail(call, &SQS_INVALID_PARAMETER_VALUE_EXCEPTION, "The query is not a form.");
    return false;
}

/* The row's id may be used again by another message, so the message's id is in the handle, too. */
static str handle_of(const struct call *call, const struct sqs_visible_row *row)
{
    return seal(call, S("sqs/peek"),
                arena_format(call->arena, "%lld/%.*s", (long long)row->id, STR_ARGS(row->message_id)));
}

static bool find_by_handle(const struct call *call, const struct queue *queue, str handle,
                           struct sqs_visible_row *row)
{
    str text, id;
    int64_t number;

    if (str_present(handle) && unseal(call, S("sqs/peek"), handle, &text) && str_next(&text, '/', &id) &&
        str_to_i64(id, &number) &&
        sqs_find_message(
            call->txn,
            &(struct sqs_find_message_params){.id = number, .generation_id = queue->row.generation_id},
            row) &&
        str_equal(row->message_id, text))
        return true;
    fail(call, &SQS_RECEIPT_HANDLE_IS_INVALID, "No message of the queue has the handle \"%.*s\".",
         STR_ARGS(str_present(handle) ? handle : S("")));
    return false;
}

/* ---- look ---- */

static struct str_list all_of(const struct call *call)
{
    struct str_list names = {0};

    *list_add(call->arena, &names) = S("All");
    return names;
}

static void show(const struct call *call, const struct sqs_visible_row *row, struct json_writer *writer)
{
    const struct sqs_receive_message_request in = {.attribute_names = all_of(call),
                                                   .message_attribute_names = all_of(call)};
    struct sqs_message message = {.receipt_handle = handle_of(call, row)};
    struct content content = sqs_body_of(call, row);

    sqs_message_show(call, &in, row, &content, &message);
    json_raw(writer, model_to_json(call->arena, &SQS_MESSAGE, &message));
}

static bool is_true(const struct form *form, str name)
{
    return str_equal_nocase(form_get(form, name), S("true"));
}

enum outcome sqs_peek(const struct call *call, const struct visit *visit, struct http_reply *reply)
{
    struct json_writer writer = json_writer_in(call->arena);
    struct form form = {0};
    struct queue queue;
    struct sqs_visible_row row;

    if (!query_read(call, visit, &form, &queue))
        return FAILED;
    const struct sqs_peek_messages_params params = {.generation_id = queue.row.generation_id,
                                                    .visible_ms = call->now_ms,
                                                    .show_invisible = is_true(&form, S("ShowInvisible")),
                                                    .show_delayed = is_true(&form, S("ShowDelayed"))};
    struct sqs_peek_messages_cursor cursor = sqs_peek_messages_open(call->txn, &params);
    json_open_object(&writer);
    json_name(&writer, S("Messages"));
    json_open_array(&writer);
    for (int shown = 0; shown < MAX_SHOWN && json_written(&writer).size < MAX_REPLY_BYTES &&
                        sqs_peek_messages_next(&cursor, &row);
         shown++)
        if (row.sent_ms >= sqs_queue_oldest_ms(call, &queue))
            show(call, &row, &writer);
    sqs_peek_messages_close(&cursor);
    json_close_array(&writer);
    json_close_object(&writer);
    *reply = (struct http_reply){
        .status = 200, .content_type = S("application/json"), .body = json_written(&writer)};
    return DONE;
}

/* ---- change ---- */

enum outcome sqs_peek_purge(const struct call *call, const struct visit *visit, struct http_reply *reply)
{
    struct form form = {0};
    struct queue queue;

    if (!query_read(call, visit, &form, &queue))
        return FAILED;
    sqs_queue_purge(call, &queue);
    *reply = (struct http_reply){.status = 204};
    return DONE;
}

/* The queue and the list of messages in the body. */
static bool body_read(const struct call *call, const struct json *body, struct queue *queue,
                      const struct json **messages)
{
    *messages = json_get(body, S("Messages"));
    if (json_is(*messages, JSON_ARRAY) && (*messages)->count >= 1 && (*messages)->count <= MAX_CHANGED)
        return queue_of_url(call, json_get_str(body, S("QueueUrl")), queue);
    fail(call, &SQS_INVALID_PARAMETER_VALUE_EXCEPTION, "Messages must be a list of 1 to %d messages.",
         MAX_CHANGED);
    return false;
}

static void tell(const struct call *call, const struct json *messages, struct http_reply *reply)
{
    *reply = (struct http_reply){.status = 200,
                                 .content_type = S("application/json"),
                                 .body = arena_format(call->arena, "{\"Changed\":%u}", messages->count)};
}

enum outcome sqs_peek_delete(const struct call *call, const struct visit *visit, struct http_reply *reply)
{
    const struct json *messages;
    struct queue queue;

    if (!body_read(call, json_parse(call->arena, visit->request->body, NULL), &queue, &messages))
        return FAILED;
    for (size_t i = 0; i < messages->count; i++) {
        struct sqs_visible_row row;
        if (!find_by_handle(call, &queue, json_get_str(&messages->items[i], S("ReceiptHandle")), &row))
            return FAILED;
        sqs_message_drop(call, &queue, &row);
    }
    tell(call, messages, reply);
    return DONE;
}

/* The message gets another body, which the other queue may have; its attributes stay. */
static bool edit(const struct call *call, const struct sqs_visible_row *row, str body, const struct queue *to)
{
    struct sqs_message_body_attribute_map attributes = {0};
    const struct sqs_message_body_system_attribute_map none = {0};
    const struct outgoing edited = {.body = body, .attributes = &attributes, .system_attributes = &none};
    struct content content = sqs_body_of(call, row);

    if (str_present(content.attributes))
        model_from_json(call->arena, &SQS_MESSAGE_BODY_ATTRIBUTE_MAP, content.attributes, &attributes);
    if (!sqs_outgoing_check(call, &edited) ||
        !sqs_outgoing_size_check(call, to, body.size + sqs_message_attributes_size(&attributes)))
        return false;
    content = sqs_message_content(call, &edited);
    const int64_t *body_id = sqs_body_store(call, &content, 1);
    sqs_set_body(call->txn,
                 &(struct sqs_set_body_params){.id = row->id,
                                               .body = body_id ? S("") : content.body,
                                               .attributes = body_id ? (str){0} : content.attributes,
                                               .body_id = body_id});
    if (row->body_id)
        sqs_remove_unused_body(call->txn, &(struct sqs_remove_unused_body_params){.id = *row->body_id});
    return true;
}

static bool origin_of(const struct call *call, const struct sqs_visible_row *row, struct queue *to)
{
    if (str_present(row->dead_letter_source_arn) && sqs_queue_find_arn(call, row->dead_letter_source_arn, to))
        return true;
    fail(call, &SQS_QUEUE_DOES_NOT_EXIST, "Message %.*s did not come from a queue that exists.",
         STR_ARGS(row->message_id));
    return false;
}

/* Where the message goes: to the given queue, or to the one that it came from. */
static bool destination_of(const struct call *call, const struct queue *from, str url,
                           const struct sqs_visible_row *row, struct queue *to)
{
    if (!(str_present(url) ? queue_of_url(call, url, to) : origin_of(call, row, to)))
        return false;
    if (to->row.fifo == from->row.fifo && to->row.id != from->row.id)
        return true;
    fail(call, &SQS_INVALID_PARAMETER_VALUE_EXCEPTION,
         "The source queue and destination queue must be of the same queue type, and not the same.");
    return false;
}

static bool redrive(const struct call *call, const struct queue *from, str url, const struct json *message)
{
    str body = json_get_str(message, S("Body"));
    struct sqs_visible_row row;
    struct queue to;

    if (!find_by_handle(call, from, json_get_str(message, S("ReceiptHandle")), &row) ||
        !destination_of(call, from, url, &row, &to) || (str_present(body) && !edit(call, &row, body, &to)))
        return false;
    sqs_message_move(call, from, &row, &to);
    return true;
}

enum outcome sqs_peek_redrive(const struct call *call, const struct visit *visit, struct http_reply *reply)
{
    const struct json *body = json_parse(call->arena, visit->request->body, NULL), *messages;
    struct queue queue;

    if (!body_read(call, body, &queue, &messages))
        return FAILED;
    for (size_t i = 0; i < messages->count; i++)
        if (!redrive(call, &queue, json_get_str(body, S("DestinationUrl")), &messages->items[i]))
            return FAILED;
    tell(call, messages, reply);
    return DONE;
}
