/*
 * queue_lists.c: lists of queues with what is in them, for a console.
 *
 *     GET  /_orderly/sqs/queues              all queues
 *     GET  /_orderly/sqs/dead-letter-queues  the queues that redrive policies name
 *
 * Both take ?accountId=, region= and next=.
 *
 * A page has MOST_SHOWN queues at most, in the order of their names, as far as its time allows; then it has a
 * `next`.  Queues that do not exist are left out.
 */
#include "sqs_internal.h"

#include "aws/arn.h"
#include "wire/form.h"
#include "wire/json.h"

enum { MOST_SHOWN = 1000 };

struct queue_list {
    /* The name that follows `after`, which may be "".  False: no name does. */
    bool (*next)(const struct call *call, str after, str *name);
    void (*show)(const struct call *call, const struct queue *queue, struct json_writer *writer);
};

/* ---- all queues ---- */

static bool next_queue(const struct call *call, str after, str *name)
{
    struct sqs_queue_name_rows rows = sqs_list_queues_page(
        call->txn, &(struct sqs_list_queues_page_params){.account = call->account,
                                                         .region = call->region,
                                                         .from = arena_join(call->arena, after, S("!")),
                                                         .prefix_end = S("\x7f"),
                                                         .limit = 1});

    if (rows.count > 0)
        *name = rows.items[0].name;
    return rows.count > 0;
}

static void show_figures(const struct call *call, const struct queue *queue, struct json_writer *writer)
{
    struct counts counts = sqs_counts_read(call, queue);
    bool has_messages = counts.ready + counts.in_flight + counts.delayed > 0;

    json_i64_field(writer, S("ApproximateNumberOfMessages"), counts.ready);
    json_i64_field(writer, S("ApproximateNumberOfMessagesNotVisible"), counts.in_flight);
    json_i64_field(writer, S("ApproximateNumberOfMessagesDelayed"), counts.delayed);
    json_i64_field(writer, S("ApproximateAgeOfOldestMessage"), sqs_oldest_age_s(call, queue, has_messages));
}

/* ---- dead-letter queues ---- */

static bool next_dead_letter_queue(const struct call *call, str after, str *name)
{
    str prefix = arn(call, S("sqs"), S(""));
    struct sqs_find_dead_letter_arn_row row;

    if (!sqs_find_dead_letter_arn(
            call->txn,
            &(struct sqs_find_dead_letter_arn_params){.after = arena_join(call->arena, prefix, after),
                                                      .end = arena_join(call->arena, prefix, S("\x7f"))},
            &row))
        return false;
    *name = str_from(row.dead_letter_arn, prefix.size);
    return true;
}

static void show_messages(const struct call *call, const struct queue *queue, struct json_writer *writer)
{
    struct counts counts = sqs_counts_read(call, queue);

    json_i64_field(writer, S("Messages"), counts.ready + counts.delayed + counts.in_flight);
}

/* ---- pages ---- */

/* The name of the last queue of the page; absent when it is the last page. */
static str show_page(const struct call *call, const struct queue_list *list, str after,
                     struct json_writer *writer)
{
    struct queue queue;
    str name;

    for (int64_t looked_at = 0; list->next(call, after, &name); looked_at++) {
        if (looked_at == MOST_SHOWN || (looked_at > 0 && time_is_up(call)))
            return after;
        after = name;
        if (!sqs_queue_find(call, call->account, call->region, name, &queue))
            continue;
        json_open_object(writer);
        json_field(writer, S("QueueUrl"), sqs_queue_url(call, &queue));
        list->show(call, &queue, writer);
        json_close_object(writer);
    }
    return (str){0};
}

static enum outcome answer(const struct call *call, const struct queue_list *list, const struct visit *visit,
                           struct http_reply *reply)
{
    struct json_writer writer = json_writer_in(call->arena);
    struct form form = {0};

    if (!form_parse(call->arena, visit->request->query, &form))
        return fail(call, &SQS_INVALID_PARAMETER_VALUE_EXCEPTION, "The query is not a form.");
    str account = form_get(&form, S("accountId")), region = form_get(&form, S("region")),
        next = form_get(&form, S("next"));
    struct call there = call_in(call, str_present(account) ? account : call->account,
                                str_present(region) ? region : call->region);
    json_open_object(&writer);
    json_name(&writer, S("Queues"));
    json_open_array(&writer);
    next = show_page(&there, list, str_present(next) ? next : S(""), &writer);
    json_close_array(&writer);
    if (str_present(next))
        json_field(&writer, S("Next"), next);
    json_close_object(&writer);
    *reply = (struct http_reply){
        .status = 200, .content_type = S("application/json"), .body = json_written(&writer)};
    return DONE;
}

enum outcome sqs_all_queues(const struct call *call, const struct visit *visit, struct http_reply *reply)
{
    return answer(call, &(struct queue_list){next_queue, show_figures}, visit, reply);
}

enum outcome sqs_dead_letter_queues(const struct call *call, const struct visit *visit,
                                    struct http_reply *reply)
{
    return answer(call, &(struct queue_list){next_dead_letter_queue, show_messages}, visit, reply);
}
