/*
 * queue_find.c: from names, URLs and ARNs to queues.
 */
#include "sqs_internal.h"

#include "aws/arn.h"
#include "services/tags/tags.h"

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
    str last[4] = {0}; /* from the last segment on */

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

/* A resource for a queue, whether it exists or not. */
static void locate(const struct call *call, struct queue_address address, struct resource *found)
{
    struct queue *queue = arena_new(call->arena, struct queue);
    bool there = sqs_queue_find(call, address.account, address.region, address.name, queue);

    found->arn = queue->arn;
    if (there) {
        found->row = queue;
        found->policy = queue->row.policy;
        found->add_context = tags_add_context;
    }
}

/* "http://localhost:4566", of a URL or of one with a path; absent: it is a name. */
static str site_of(str url)
{
    ptrdiff_t scheme = str_find(url, S("://"));
    str host;

    if (scheme < 0)
        return (str){0};
    size_t before = (size_t)scheme + 3;
    str rest = str_from(url, before);
    return str_next(&rest, '/', &host) ? str_head(url, before + host.size) : (str){0};
}

/* The region that a host of AWS's form has: "sqs.<region>.…" or "<region>.queue.…"; absent: it has none. */
static str region_of_site(str site)
{
    ptrdiff_t scheme = str_find(site, S("://"));
    str rest, first = {0}, second = {0};

    if (scheme < 0)
        return (str){0};
    rest = str_from(site, (size_t)scheme + 3);
    if (!str_next(&rest, '.', &first) || !str_next(&rest, '.', &second))
        return (str){0};
    if (str_equal(first, S("sqs")) && arn_is_region(second))
        return second;
    return str_equal(second, S("queue")) && arn_is_region(first) ? first : (str){0};
}

/*
 * A URL belongs to its region's endpoint: a queue of this region may have the same name.  Hosts without a
 * region, and the one that the client has called, are as good as any.
 */
static bool site_check(const struct call *call, str url)
{
    str site = site_of(url), region = region_of_site(site);

    if (!str_present(region) || str_equal(region, call->region) || str_equal(site, call->endpoint))
        return true;
    fail(call, &SQS_INVALID_ADDRESS, "The address %.*s/ is not valid for this endpoint.", STR_ARGS(site));
    return false;
}

bool sqs_locate_queue(const struct call *call, str url, struct resource *found)
{
    if (!site_check(call, url))
        return false;
    locate(call, address_of(call, url), found);
    return true;
}

bool sqs_locate_asked_queue(const struct call *call, const struct sqs_get_queue_url_request *in,
                            struct resource *found)
{
    str owner = in->queue_owner_aws_account_id;

    locate(call,
           (struct queue_address){.account = str_present(owner) ? owner : call->account,
                                  .region = call->region,
                                  .name = in->queue_name},
           found);
    return true;
}

/* CreateQueue does not evaluate the policy of an existing queue. */
bool sqs_locate_new_queue(const struct call *call, const struct sqs_create_queue_request *in,
                          struct resource *found)
{
    locate(call, (struct queue_address){call->account, call->region, in->queue_name}, found);
    found->policy = (str){0};
    return true;
}

bool sqs_locate_arn(const struct call *call, str text, struct resource *found)
{
    struct queue_address address;
    bool is_queue = sqs_queue_arn_split(text, &address);

    found->arn = text;
    if (is_queue)
        locate(call, address, found);
    return found->row;
}

static const struct queue *queue_that_is_there(const struct call *call, const struct resource *resource)
{
    if (!resource->row)
        fail(call, &SQS_QUEUE_DOES_NOT_EXIST, "The specified queue does not exist.");
    return resource->row;
}

const struct queue *sqs_queue_of(const struct call *call)
{
    return queue_that_is_there(call, call_resource(call, 0));
}

const struct queue *sqs_queue_open_arn(const struct call *call, str queue_arn)
{
    struct resource resource = {0};

    if (!sqs_locate_arn(call, queue_arn, &resource))
        return queue_that_is_there(call, &resource); /* the reason is the missing queue, not its policy */
    return authorize_resource(call, &resource) ? queue_that_is_there(call, &resource) : NULL;
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
    return arena_join(call->arena, S("sqs/"), arena_decimal(call->arena, queue->row.id));
}

void sqs_queue_has_messages(const struct call *call, const struct queue *queue, int64_t available_ms)
{
    if (available_ms <= call->now_ms)
        wake(call, sqs_queue_arrivals(call, queue));
    else if (available_ms < INT64_MAX)
        wake_at(call, sqs_queue_arrivals(call, queue), available_ms);
}
