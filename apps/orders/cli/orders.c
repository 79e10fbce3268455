/*
 * orders.c: what the commands share: calls that report failures, names, lengths of the queues, orders in the
 * table.
 */
#include "orders/cli/orders.h"

#include "aws/arn.h"
#include "cli/output.h"

#include "sts_model.h"

bool orders_call(struct orders *orders, const struct operation *operation, const void *in, void *out)
{
    return client_call(orders->client, orders->arena, operation, in, out, &orders->failure);
}

bool orders_complain(struct orders *orders, const char *what)
{
    str why = output_text(orders->arena, failure_sentence(orders->arena, &orders->failure));

    if (orders->failure.error == &UNREACHABLE)
        fprintf(stderr, "orderly: %.*s\n", STR_ARGS(why));
    else
        fprintf(stderr, "orderly: %s failed: %.*s\n", what, STR_ARGS(why));
    return false;
}

/* All parts of the order system are missing together: the system has not been deployed. */
static bool says_missing(const struct failure *failure)
{
    static const str CODES[] = {
        STR_INIT("NotFound"), STR_INIT("NotFoundException"), STR_INIT("QueueDoesNotExist"),
        STR_INIT("AWS.SimpleQueueService.NonExistentQueue"), STR_INIT("ResourceNotFoundException")};

    for (size_t i = 0; i < sizeof CODES / sizeof *CODES; i++)
        if (str_equal(CODES[i], str_of(failure->error->name)))
            return true;
    return false;
}

bool orders_complain_missing(struct orders *orders, const char *what)
{
    if (!says_missing(&orders->failure))
        return orders_complain(orders, what);
    fprintf(stderr, "orderly: The order system is not there. Make it with: orderly orders deploy\n");
    return false;
}

bool orders_who_am_i(struct orders *orders)
{
    struct sts_get_caller_identity_request in = {0};
    struct sts_get_caller_identity_response out = {0};

    if (!orders_call(orders, &STS_GET_CALLER_IDENTITY, &in, &out))
        return orders_complain(orders, "Asking who I am");
    struct arn arn;

    arn_parse(out.arn, &arn);
    orders->partition = str_present(arn.partition) ? arn.partition : S("aws");
    orders->account = out.account;
    return true;
}

str orders_arn(struct orders *orders, const char *service, const char *resource)
{
    return arn_build(orders->arena, &(struct arn){.partition = orders->partition,
                                                  .service = str_of(service),
                                                  .region = orders->config->region,
                                                  .account = orders->account,
                                                  .resource = str_of(resource)});
}

str orders_where(struct orders *orders)
{
    return str_present(orders->config->endpoint) ? orders->config->endpoint : S("AWS");
}

bool orders_queue_url(struct orders *orders, const char *name, str *url)
{
    struct sqs_get_queue_url_request in = {.queue_name = str_of(name)};
    struct sqs_get_queue_url_result out = {0};

    if (!orders_call(orders, &SQS_GET_QUEUE_URL, &in, &out))
        return orders_complain_missing(orders, "Looking for the queue");
    *url = out.queue_url;
    return true;
}

bool orders_queue_length(struct orders *orders, const char *name, int64_t *length)
{
    static str names[] = {STR_INIT("ApproximateNumberOfMessages")};
    struct sqs_get_queue_attributes_request in = {.attribute_names = {names, 1}};
    struct sqs_get_queue_attributes_result out = {0};

    *length = 0;
    if (!orders_queue_url(orders, name, &in.queue_url))
        return false;
    if (!orders_call(orders, &SQS_GET_QUEUE_ATTRIBUTES, &in, &out))
        return orders_complain(orders, "Asking for the queue's length");
    str_to_i64(str_map_get(&out.attributes, names[0]), length);
    return true;
}

bool orders_get(struct orders *orders, str order_id, struct dynamodb_attribute_map *item)
{
    struct dynamodb_attribute_map_entry key = {S("orderId"), {DYNAMODB_ATTRIBUTE_VALUE_S, .s = order_id}};
    bool consistent = true;
    struct dynamodb_get_item_input in = {
        .table_name = S(ORDERS_TABLE), .key = {&key, 1}, .consistent_read = &consistent};
    struct dynamodb_get_item_output out = {0};

    if (!orders_call(orders, &DYNAMODB_GET_ITEM, &in, &out))
        return orders_complain_missing(orders, "Reading the table");
    *item = out.item;
    return true;
}
