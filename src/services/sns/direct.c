/*
 * direct.c: messages that go to one phone or one mobile endpoint, without a topic, and those of subscribers
 * of both kinds: all of them end in the outbox.
 */
#include "push.h"
#include "subscription.h"

bool sns_is_direct(const struct sns_publish_input *in)
{
    return str_present(in->phone_number) || sns_is_endpoint(in->target_arn);
}

bool sns_locate_direct(const struct call *call, const struct sns_publish_input *in, struct resource *found)
{
    if (!str_present(in->phone_number))
        return sns_locate_endpoint(call, in->target_arn, found);
    found->arn = in->phone_number;
    return true;
}

/* ---- one target ---- */

/* "default" must be there for a topic and for a phone; an endpoint is content with its platform's text. */
static bool text_check(const struct call *call, const struct message *message, str protocol)
{
    if (str_present(sns_message_text_for(call, message, protocol)))
        return true;
    fail(call, &SNS_INVALID_PARAMETER_EXCEPTION,
         "Invalid parameter: Message Structure - No default entry in JSON message body");
    return false;
}

static bool phone_publish(const struct call *call, str number, const struct message *message)
{
    if (!sns_is_phone_number(number)) {
        fail(call, &SNS_INVALID_PARAMETER_EXCEPTION,
             "Invalid parameter: PhoneNumber Reason: %.*s is not valid to publish to", STR_ARGS(number));
        return false;
    }
    if (!text_check(call, message, S("default")))
        return false;
    if (!sns_is_opted_out(call, number))
        sns_outbox_put(call, &(struct letter){.protocol = S("sms"), .target = number, .message = message});
    return true;
}

/* Why nothing can be sent to the endpoint; NULL: it can. */
static const struct error *obstacle(const struct call *call, const struct sns_endpoint_row *row)
{
    if (!sns_push_is_enabled(call, row->application))
        return &SNS_PLATFORM_APPLICATION_DISABLED_EXCEPTION;
    return sns_push_is_enabled(call, row->attributes) ? NULL : &SNS_ENDPOINT_DISABLED_EXCEPTION;
}

static const char *sentence_of(const struct error *obstacle)
{
    return obstacle == &SNS_ENDPOINT_DISABLED_EXCEPTION ? "Endpoint is disabled"
                                                        : "Platform application is disabled";
}

static bool endpoint_publish(const struct call *call, str arn, const struct message *message)
{
    const struct sns_endpoint_row *row = call_resource(call, 0)->row;
    const struct error *error = row ? obstacle(call, row) : &SNS_INVALID_PARAMETER_EXCEPTION;

    if (!error && !text_check(call, message, sns_platform_of(arn)))
        return false;
    if (!error) {
        sns_outbox_put(call,
                       &(struct letter){.protocol = S("application"), .target = arn, .message = message});
        return true;
    }
    fail(call, error, "%s",
         row ? sentence_of(error)
             : "Invalid parameter: TargetArn Reason: No endpoint found for the target arn specified");
    return false;
}

bool sns_publish_direct(const struct call *call, const struct sns_publish_input *in,
                        const struct message *message)
{
    return str_present(in->phone_number) ? phone_publish(call, in->phone_number, message)
                                         : endpoint_publish(call, in->target_arn, message);
}

/* ---- subscribers ---- */

static bool is_digit_at(str text, size_t at)
{
    return at < text.size && text.data[at] >= '0' && text.data[at] <= '9';
}

/* The endpoint of a subscriber may have one of / - . between two digits.  Absent: it is no number. */
static str number_of(const struct call *call, str endpoint)
{
    struct text number = text_in(call->arena);

    for (size_t i = 0; i < endpoint.size; i++) {
        bool separates = i > 0 && is_digit_at(endpoint, i - 1) && is_digit_at(endpoint, i + 1) &&
                         str_index(S("/-."), endpoint.data[i]) >= 0;
        if (!separates)
            text_add_char(&number, endpoint.data[i]);
    }
    return sns_is_phone_number(text_str(&number)) ? text_str(&number) : (str){0};
}

bool sns_phone_check(const struct call *call, str endpoint)
{
    if (str_present(number_of(call, endpoint)))
        return true;
    fail(call, &SNS_INVALID_PARAMETER_EXCEPTION, "Invalid SMS endpoint: %.*s", STR_ARGS(endpoint));
    return false;
}

bool sns_endpoint_check(const struct call *call, str endpoint)
{
    struct resource found = {0};

    if (sns_is_endpoint(endpoint) && sns_locate_endpoint(call, endpoint, &found) && found.row)
        return true;
    fail(call, &SNS_INVALID_PARAMETER_EXCEPTION,
         "Invalid parameter: Endpoint Reason: Endpoint does not exist for endpoint %.*s", STR_ARGS(endpoint));
    return false;
}

static void put(const struct call *call, struct broadcast *broadcast,
                const struct sns_subscriber_row *subscriber, str target)
{
    sns_outbox_put(call, &(struct letter){.protocol = subscriber->protocol,
                                          .target = target,
                                          .topic_arn = broadcast->topic.arn,
                                          .subscription_arn = subscriber->arn,
                                          .message = &broadcast->message});
    sns_note_delivered(call, broadcast, subscriber, broadcast->message.id);
}

void sns_phones_deliver(const struct call *call, struct broadcast *broadcast,
                        const struct sns_subscriber_rows *subscribers)
{
    static const struct failure opted_out = {.message = STR_INIT("Phone number is opted out")};

    for (size_t i = 0; i < subscribers->count; i++) {
        str number = number_of(call, subscribers->items[i].endpoint);
        if (sns_is_opted_out(call, number))
            sns_note_failed(call, broadcast, &subscribers->items[i], &opted_out);
        else
            put(call, broadcast, &subscribers->items[i], number);
    }
}

void sns_endpoints_deliver(const struct call *call, struct broadcast *broadcast,
                           const struct sns_subscriber_rows *subscribers)
{
    static const struct failure missing = {.message = STR_INIT("Endpoint does not exist")};

    for (size_t i = 0; i < subscribers->count; i++) {
        struct resource found = {0};
        const struct error *error = NULL;
        if (sns_locate_endpoint(call, subscribers->items[i].endpoint, &found) && found.row)
            error = obstacle(call, found.row);
        if (!found.row)
            sns_note_failed(call, broadcast, &subscribers->items[i], &missing);
        else if (error)
            sns_note_failed(call, broadcast, &subscribers->items[i],
                            &(struct failure){.error = error, .message = str_of(sentence_of(error))});
        else
            put(call, broadcast, &subscribers->items[i], subscribers->items[i].endpoint);
    }
}
