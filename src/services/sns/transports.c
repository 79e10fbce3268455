/*
 * transports.c: the protocols by which subscribers get messages.
 *
 * To add one, write a check of its endpoints and a function that delivers, and give it a line in
 * `transports`.
 */
#include "subscription.h"

static const struct transport transports[] = {
    {STR_INIT("sqs"), sns_queue_check, sns_queues_deliver, TRANSPORT_RAW | TRANSPORT_ENDS_SIGNED},
    {STR_INIT("lambda"), sns_function_check, sns_functions_deliver, TRANSPORT_ENDS_SIGNED},
    {STR_INIT("http"), sns_http_check, sns_outside_deliver,
     TRANSPORT_RAW | TRANSPORT_CONFIRMS | TRANSPORT_POLICY},
    {STR_INIT("https"), sns_https_check, sns_outside_deliver,
     TRANSPORT_RAW | TRANSPORT_CONFIRMS | TRANSPORT_POLICY},
    {STR_INIT("email"), sns_mail_check, sns_outside_deliver, TRANSPORT_CONFIRMS | TRANSPORT_MAIL},
    {STR_INIT("email-json"), sns_mail_check, sns_outside_deliver, TRANSPORT_CONFIRMS | TRANSPORT_MAIL},
    {STR_INIT("sms"), sns_phone_check, sns_phones_deliver, 0},
    {STR_INIT("application"), sns_endpoint_check, sns_endpoints_deliver, 0},
    {.protocol = STR_INIT("firehose")},
};
enum { TRANSPORTS = sizeof transports / sizeof *transports };

const struct transport *sns_transport_find(str protocol)
{
    for (size_t i = 0; i < TRANSPORTS; i++)
        if (str_equal(transports[i].protocol, protocol))
            return &transports[i];
    return NULL;
}

bool sns_transport_check(const struct call *call, str protocol, str endpoint)
{
    const struct transport *transport = sns_transport_find(protocol);

    if (transport && transport->deliver)
        return transport->endpoint_check(call, endpoint);
    if (transport)
        fail(call, &SNS_INVALID_PARAMETER_EXCEPTION,
             "Invalid parameter: Protocol: Orderly does not support %.*s yet; see docs/compatibility.md.",
             STR_ARGS(protocol));
    else
        fail(call, &SNS_INVALID_PARAMETER_EXCEPTION,
             "Invalid parameter: Amazon SNS does not support this protocol string: %.*s", STR_ARGS(protocol));
    return false;
}

static struct sns_subscriber_rows of_protocol(const struct call *call,
                                              const struct sns_subscriber_rows *subscribers, str protocol)
{
    struct sns_subscriber_rows some = {.items =
                                           arena_alloc(call->arena, subscribers->count * sizeof *some.items)};

    for (size_t i = 0; i < subscribers->count; i++)
        if (str_equal(subscribers->items[i].protocol, protocol))
            some.items[some.count++] = subscribers->items[i];
    return some;
}

void sns_transports_deliver(const struct call *call, struct broadcast *broadcast,
                            const struct sns_subscriber_rows *subscribers)
{
    for (size_t i = 0; i < TRANSPORTS && transports[i].deliver; i++) {
        struct sns_subscriber_rows some = of_protocol(call, subscribers, transports[i].protocol);
        if (some.count > 0)
            transports[i].deliver(call, broadcast, &some);
    }
}
