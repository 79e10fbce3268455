/*
 * queue_find.c: from names, URLs and ARNs to queues.
 */
#include "sqs_internal.h"

#include "aws/arn.h"

bool sqs_queue_find(const struct call *call, str account, str region, str name, struct queue *queue)
{
    queue->arn =
        arn_build(call->arena,
                  &(struct arn){.service = S("sqs"), .region = region, .account = account, .resource = name});
    return sqs_find_queue(call->txn,
                          &(struct sqs_find_queue_params){.account = account, .region = region, .name = name},
                          &queue->row);
}

bool sqs_queue_arn_split(str text, struct queue_address *address)
{
    struct arn arn;
    bool parsed = arn_parse(text, &arn);

    *address = (struct queue_address){.account = arn.account, .region = arn.region, .name = arn.resource};
    return parsed && str_equal(arn.service, S("sqs")) && str_index(arn.resource, ':') < 0;
}

bool sqs_queue_find_arn(const struct call *call, str queue_arn, struct queue *queue)
{
    struct queue_address address;

    return sqs_queue_arn_split(queue_arn, &address) &&
           sqs_queue_find(call, address.account, address.region, address.name, queue);
}

/*
 * "…/<account>/<name>", "…/queue/<region>/<account>/<name>", or just a name of the caller's account.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html
 */
static struct queue_address address_of(const struct call *call, str url)
{
    ptrdiff_t scheme = str_find(url, S("://"));
    str rest = scheme < 0 ? url : str_from(url, (size_t)scheme + 3), segment;
    str last[4] = {0}; /* the last segment first */

    while (str_next(&rest, '/', &segment)) {
        for (int i = 3; i > 0; i--)
            last[i] = last[i - 1];
        last[0] = segment;
    }
    return (struct queue_address){
        .account = str_empty(last[1]) ? call->account : last[1],
        .region = str_equal(last[3], S("queue")) ? last[2] : call->region,
        .name = last[0],
    };
}

bool sqs_queue_authorize(const struct call *call, const struct queue *queue, bool found,
                         struct context_list context)
{
    if (found) {
        context.resource_tags = sqs_queue_tags_in_context;
        context.resource_id = queue->row.id;
    }
    return authorize_in_context(call, queue->arn, found ? queue->row.policy : (str){0}, &context);
}

static bool open_at(const struct call *call, struct queue_address address, struct context_list context,
                    struct queue *queue)
{
    bool found = sqs_queue_find(call, address.account, address.region, address.name, queue);

    if (!sqs_queue_authorize(call, queue, found, context))
        return false;
    if (!found)
        fail(call, &SQS_QUEUE_DOES_NOT_EXIST, "The specified queue does not exist.");
    return found;
}

bool sqs_queue_open(const struct call *call, str url, struct queue *queue)
{
    return sqs_queue_open_in_context(call, url, (struct context_list){0}, queue);
}

bool sqs_queue_open_in_context(const struct call *call, str url, struct context_list context,
                               struct queue *queue)
{
    return open_at(call, address_of(call, url), context, queue);
}

bool sqs_queue_open_arn(const struct call *call, str queue_arn, struct queue *queue)
{
    struct queue_address address;

    sqs_queue_arn_split(queue_arn, &address);
    return open_at(call, address, (struct context_list){0}, queue);
}

str sqs_queue_url(const struct call *call, const struct queue *queue)
{
    return arena_format(call->arena, "%.*s/%.*s/%.*s", STR_ARGS(call->endpoint), STR_ARGS(queue->row.account),
                        STR_ARGS(queue->row.name));
}

int64_t sqs_queue_oldest_ms(const struct call *call, const struct queue *queue)
{
    check(queue->row.retention_seconds > 0);
    return call->now_ms - queue->row.retention_seconds * MS_PER_S;
}

str sqs_queue_arrivals(const struct call *call, const struct queue *queue)
{
    return arena_format(call->arena, "sqs/%lld", (long long)queue->row.id);
}
