/*
 * dead_letter_queues.c: the queues that redrive policies name, for a console.
 *
 *     GET  /_orderly/sqs/dead-letter-queues[?accountId=…][&region=…][&next=…]
 *
 * A page has MOST_SHOWN queues at most, in the order of their names, as far as its time allows; then it has a
 * `next`.  Queues that do not exist are left out.
 */
#include "sqs_internal.h"

#include "aws/arn.h"
#include "wire/form.h"
#include "wire/json.h"

enum { MOST_SHOWN = 1000 };

static void show(const struct call *call, const struct queue *queue, struct json_writer *writer)
{
    struct counts counts = sqs_counts_read(call, queue);

    json_open_object(writer);
    json_field(writer, S("QueueUrl"), sqs_queue_url(call, queue));
    json_i64_field(writer, S("Messages"), counts.ready + counts.delayed + counts.in_flight);
    json_close_object(writer);
}

/* The name of the last queue of the page; absent when it is the last page. */
static str show_page(const struct call *call, str after, struct json_writer *writer)
{
    str prefix = arn(call, S("sqs"), S("")), name = after;
    struct sqs_find_dead_letter_arn_params params = {.after = arena_join(call->arena, prefix, after),
                                                     .end = arena_join(call->arena, prefix, S("\x7f"))};
    struct sqs_find_dead_letter_arn_row row;
    struct queue queue;
    int64_t looked_at = 0;

    for (; sqs_find_dead_letter_arn(call->txn, &params, &row); looked_at++) {
        if (looked_at == MOST_SHOWN || (looked_at > 0 && time_is_up(call)))
            return name;
        params.after = row.dead_letter_arn;
        name = str_from(row.dead_letter_arn, prefix.size);
        if (sqs_queue_find_arn(call, row.dead_letter_arn, &queue))
            show(call, &queue, writer);
    }
    return (str){0};
}

enum outcome sqs_dead_letter_queues(const struct call *call, const struct visit *visit,
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
    next = show_page(&there, str_present(next) ? next : S(""), &writer);
    json_close_array(&writer);
    if (str_present(next))
        json_field(&writer, S("Next"), next);
    json_close_object(&writer);
    *reply = (struct http_reply){
        .status = 200, .content_type = S("application/json"), .body = json_written(&writer)};
    return DONE;
}
