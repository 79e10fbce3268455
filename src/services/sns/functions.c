/*
 * functions.c: delivers to functions, by asynchronous invocations.
 *
 * SNS invokes as the principal sns.amazonaws.com; the function's policy decides.
 * https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
 */
#include "subscription.h"

#include "aws/arn.h"
#include "base/hash.h"
#include "lambda_model.h"
#include "wire/json.h"

bool sns_function_check(const struct call *call, str endpoint)
{
    struct arn arn;

    if (arn_parse(endpoint, &arn) && str_equal(arn.service, S("lambda")) &&
        str_starts_with(arn.resource, S("function:")))
        return true;
    fail(call, &SNS_INVALID_PARAMETER_EXCEPTION, "Invalid parameter: Lambda endpoint ARN");
    return false;
}

/* The envelope's members have other names in the event, and come with null where they are missing. */
static const struct json *member(const struct json *envelope, str name)
{
    static const struct json null = {.type = JSON_NULL};
    const struct json *value = json_get(envelope, name);

    return value ? value : &null;
}

/* Returns the place of the subscription's ARN in the URL to unsubscribe at. */
static size_t write_notification(struct json_writer *writer, const struct json *envelope)
{
    static const struct {
        str name, in_envelope;
    } members[] = {
        {STR_INIT("Type"), STR_INIT("Type")},
        {STR_INIT("MessageId"), STR_INIT("MessageId")},
        {STR_INIT("TopicArn"), STR_INIT("TopicArn")},
        {STR_INIT("Subject"), STR_INIT("Subject")},
        {STR_INIT("Message"), STR_INIT("Message")},
        {STR_INIT("Timestamp"), STR_INIT("Timestamp")},
        {STR_INIT("SignatureVersion"), STR_INIT("SignatureVersion")},
        {STR_INIT("Signature"), STR_INIT("Signature")},
        {STR_INIT("SigningCertUrl"), STR_INIT("SigningCertURL")},
    };
    const struct json *attributes = json_get(envelope, S("MessageAttributes"));

    json_open_object(writer);
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        json_name(writer, members[i].name);
        json_value(writer, member(envelope, members[i].in_envelope));
    }
    json_field(writer, S("UnsubscribeUrl"), json_get_str(envelope, S("UnsubscribeURL")));
    size_t url_end = writer->text.size - 1; /* before the closing quote */
    json_name(writer, S("MessageAttributes"));
    if (attributes)
        json_value(writer, attributes);
    else
        json_raw(writer, S("{}"));
    json_close_object(writer);
    return url_end;
}

/* The text of all subscriptions' events: it is written once, because a large message takes long to escape. */
struct event {
    str before, between, after; /* the two places of the subscription's ARN */
};

static struct event event_of(const struct call *call, const struct json *envelope)
{
    struct json_writer writer = json_writer_in(call->arena);

    json_open_object(&writer);
    json_name(&writer, S("Records"));
    json_open_array(&writer);
    json_open_object(&writer);
    json_field(&writer, S("EventSource"), S("aws:sns"));
    json_field(&writer, S("EventVersion"), S("1.0"));
    json_field(&writer, S("EventSubscriptionArn"), S(""));
    size_t first = writer.text.size - 1;
    json_name(&writer, S("Sns"));
    size_t second = write_notification(&writer, envelope);
    json_close_object(&writer);
    json_close_array(&writer);
    json_close_object(&writer);
    str text = json_written(&writer);
    return (struct event){.before = str_head(text, first),
                          .between = str_head(str_from(text, first), second - first),
                          .after = str_from(text, second)};
}

static str event_for(const struct call *call, const struct event *event, str subscription_arn)
{
    str arn = sns_envelope_insert(call, subscription_arn);

    return arena_concat(call->arena, event->before, arn, event->between, arn, event->after);
}

static void invoke_function(const struct call *call, struct broadcast *broadcast,
                            const struct sns_subscriber_row *subscriber, str event)
{
    const struct lambda_invocation_request request = {
        .function_name = subscriber->endpoint, .invocation_type = S("Event"), .payload = event};
    struct lambda_invocation_response response = {0};
    struct failure failure = {0};
    struct arn arn;

    arn_parse(subscriber->endpoint, &arn);
    struct call there = call_in(call, arn.account, arn.region);
    there.request_id = random_uuid(call->arena);
    there.trace_id = broadcast->way.trace_id;
    there.trace_header = broadcast->way.trace_header;
    if (invoke(&there, sns_sender(call, broadcast->topic.arn), &LAMBDA_INVOKE, &request, &response,
               &failure) == DONE)
        sns_note_delivered(call, broadcast, subscriber, there.request_id);
    else
        sns_note_failed(call, broadcast, subscriber, &failure);
}

void sns_functions_deliver(const struct call *call, struct broadcast *broadcast,
                           const struct sns_subscriber_rows *subscribers)
{
    const struct form *form = sns_broadcast_enveloped(call, broadcast, S("lambda"));
    struct event event = event_of(call, json_parse(call->arena, form->envelope, NULL));

    for (size_t i = 0; i < subscribers->count; i++)
        invoke_function(call, broadcast, &subscribers->items[i],
                        event_for(call, &event, subscribers->items[i].arn));
}
