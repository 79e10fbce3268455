/*
 * endpoints.c: deliveries to the outside: HTTP endpoints and mailboxes.
 *
 * Each is a delivery of the engine's queue (engine/delivery.h), so it happens at least once.  An attempt is
 * an effect, which the server carries out beside the engine (engine/outside.model); its event ends the
 * attempt. https://docs.aws.amazon.com/sns/latest/dg/sns-http-https-endpoint-as-subscriber.html
 */
#include "feedback.h"
#include "subscription.h"

#include "aws/arn.h"
#include "base/log.h"
#include "base/time.h"
#include "engine/count.h"
#include "outside_model.h"

enum { TOO_MANY_REQUESTS = 429, MAX_URL_BYTES = 2048 };

/* AWS's policy for mails: https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html */
static const struct delivery_policy mail_policy = {
    .pre_backoff_retries = 2,
    .backoff_retries = 10,
    .post_backoff_retries = 38,
    .backoff = BACKOFF_EXPONENTIAL,
    .min_delay_ms = INT64_C(10) * MS_PER_S,
    .max_delay_ms = INT64_C(600) * MS_PER_S,
    .throttle_min_ms = MS_PER_S,
    .throttle_max_ms = INT64_C(60) * MS_PER_S,
    .at_once = 1,
};

/* ---- what endpoints are ---- */

static bool refuse(const struct call *call, const char *problem)
{
    fail(call, &SNS_INVALID_PARAMETER_EXCEPTION, "Invalid parameter: %s", problem);
    return false;
}

static bool is_visible(str text)
{
    for (size_t i = 0; i < text.size; i++)
        if ((unsigned char)text.data[i] <= ' ' || text.data[i] == 0x7f)
            return false;
    return true;
}

static bool is_url(str text, str scheme)
{
    return str_starts_with(text, scheme) && text.size > scheme.size && text.size <= MAX_URL_BYTES &&
           text.data[scheme.size] != '/' && is_visible(text);
}

bool sns_http_check(const struct call *call, str endpoint)
{
    return is_url(endpoint, S("http://")) || refuse(call, "Endpoint must match the specified protocol");
}

bool sns_https_check(const struct call *call, str endpoint)
{
    return is_url(endpoint, S("https://")) || refuse(call, "Endpoint must match the specified protocol");
}

/* AWS's form of "https://user:password@host/": https://github.com/hashicorp/terraform/issues/11108 */
str sns_endpoint_shown(const struct call *call, str endpoint)
{
    ptrdiff_t begin = str_find(endpoint, S("://"));
    str authority = begin < 0 ? (str){0} : str_from(endpoint, (size_t)begin + 3);
    ptrdiff_t path = str_index(authority, '/');

    if (path >= 0)
        authority = str_head(authority, (size_t)path);
    ptrdiff_t at = str_last_index(authority, '@'), colon = str_index(authority, ':');
    if (at < 0 || colon < 0 || colon > at)
        return endpoint;
    str before = str_head(endpoint, (size_t)(authority.data + colon + 1 - endpoint.data));
    return arena_concat(call->arena, before, S("****"),
                        str_from(endpoint, (size_t)(authority.data + at - endpoint.data)));
}

/* One '@', something on both sides, nothing that would end a line or a header of a mail. */
bool sns_mail_check(const struct call *call, str endpoint)
{
    ptrdiff_t at = str_index(endpoint, '@');
    bool fine = at > 0 && (size_t)at + 1 < endpoint.size && str_last_index(endpoint, '@') == at &&
                str_index(endpoint, ',') < 0 && str_index(endpoint, '<') < 0 &&
                str_index(endpoint, '>') < 0 && endpoint.size <= MAX_URL_BYTES && is_visible(endpoint);

    return fine || refuse(call, "Email address");
}

/* ---- adding deliveries ---- */

str sns_delivery_target(const struct call *call, int64_t subscription_id)
{
    return arena_format(call->arena, "sns/subscription/%lld", (long long)subscription_id);
}

static bool goes_by_mail(const struct sns_subscription_row *row)
{
    return sns_transport_find(row->protocol)->flags & TRANSPORT_MAIL;
}

static struct delivery_policy policy_for(const struct call *call, const struct sns_topic_row *topic,
                                         const struct sns_subscription_row *row)
{
    if (goes_by_mail(row))
        return mail_policy;
    return sns_delivery_policy(call, topic->delivery_policy, row->delivery_policy);
}

void sns_outside_ask(const struct call *call, const struct topic *topic,
                     const struct sns_subscription_row *row, const struct confirmation *confirmation,
                     str request)
{
    struct delivery_policy policy = policy_for(call, &topic->row, row);
    const struct sns_deliver_outside_request in = {
        .subscription_id = row->id,
        .topic_arn = topic->arn,
        .message_id = confirmation->message_id,
        .type = confirmation->ends ? S("UnsubscribeConfirmation") : S("SubscriptionConfirmation"),
    };

    delivery_add(call, &(struct delivery){
                           .operation = &SNS_DELIVER_OUTSIDE,
                           .target = arena_format(call->arena, "sns/confirmation/%lld", (long long)row->id),
                           .in = &in,
                           .body = delivery_body_add(call, request),
                           .policy = &policy,
                           .resource_arn = sns_endpoint_shown(call, row->endpoint),
                           .trace_id = trace_of_call(call)});
}

/* All subscribers with the same text share it. */
static int64_t body_of(const struct call *call, struct form *form, bool raw)
{
    int64_t *body = raw ? &form->text_body : &form->envelope_body;

    if (!*body)
        *body = delivery_body_add(call, raw ? form->text : form->envelope);
    return *body;
}

/* An envelope has the attributes. */
static void keep_for_dead_letter(struct sns_deliver_outside_request *in, const struct message *message,
                                 bool raw)
{
    if (raw)
        in->message_attributes = *message->attributes;
    in->message_group_id = message->group_id;
    in->message_deduplication_id = message->deduplication_id;
}

/* A plain mail is made of the text, everything else but raw messages of the envelope. */
static void deliver(const struct call *call, struct broadcast *broadcast, const struct sns_topic_row *topic,
                    const struct sns_subscriber_row *subscriber)
{
    struct sns_subscription_row row;
    bool raw = subscriber->raw_delivery || str_equal(subscriber->protocol, S("email"));
    struct form *form = raw ? sns_broadcast_form(call, broadcast, subscriber->protocol)
                            : sns_broadcast_enveloped(call, broadcast, subscriber->protocol);
    struct sns_deliver_outside_request in = {
        .subscription_id = subscriber->id,
        .topic_arn = broadcast->topic.arn,
        .message_id = broadcast->message.id,
        .type = S("Notification"),
        .subject = broadcast->message.subject,
        .insert_at = raw ? NULL : &form->insert_at,
        .published_ms = broadcast->feedback ? &broadcast->message.published_ms : NULL,
        .message_md5 = broadcast->feedback ? sns_feedback_md5(call, broadcast->feedback) : (str){0},
    };

    if (!sns_find_subscription_by_id(
            call->txn, &(struct sns_find_subscription_by_id_params){.id = subscriber->id}, &row))
        return;
    if (str_present(row.redrive_policy))
        keep_for_dead_letter(&in, &broadcast->message, raw);
    struct delivery_policy policy = policy_for(call, topic, &row);
    delivery_add(call, &(struct delivery){.operation = &SNS_DELIVER_OUTSIDE,
                                          .dead_letter = &SNS_GIVE_UP_OUTSIDE,
                                          .target = sns_delivery_target(call, subscriber->id),
                                          .in = &in,
                                          .body = body_of(call, form, raw),
                                          .policy = &policy,
                                          .resource_arn = sns_endpoint_shown(call, subscriber->endpoint),
                                          .trace_id = broadcast->way.trace_id});
}

void sns_outside_deliver(const struct call *call, struct broadcast *broadcast,
                         const struct sns_subscriber_rows *subscribers)
{
    struct sns_topic_row topic = {0};

    sns_find_subscribed_topic(
        call->txn, &(struct sns_find_subscribed_topic_params){.id = broadcast->topic.row.id}, &topic);
    for (size_t i = 0; i < subscribers->count; i++)
        deliver(call, broadcast, &topic, &subscribers->items[i]);
}

/* ---- an attempt ---- */

/* The body with the subscription's ARN in its place. */
static str whole_body(const struct call *call, const struct sns_deliver_outside_request *in,
                      const struct sns_subscription_row *row)
{
    str body = delivery_body(call);

    if (!in->insert_at)
        return body;
    return arena_concat(call->arena, str_head(body, (size_t)*in->insert_at),
                        sns_envelope_insert(call, row->arn), str_from(body, (size_t)*in->insert_at));
}

static void add_header(const struct call *call, struct outside_send_input *send, const char *name, str value)
{
    *list_add(call->arena, &send->headers) = arena_format(call->arena, "%s: %.*s", name, STR_ARGS(value));
}

static void write_post(const struct call *call, const struct sns_deliver_outside_request *in,
                       const struct sns_subscription_row *row, struct outside_send_input *send)
{
    struct sns_topic_row topic = {0};
    bool is_notification = str_equal(in->type, S("Notification"));

    sns_find_subscribed_topic(call->txn, &(struct sns_find_subscribed_topic_params){.id = row->topic_id},
                              &topic);
    send->url = row->endpoint;
    send->body = whole_body(call, in, row);
    add_header(call, send, "x-amz-sns-message-type", in->type);
    add_header(call, send, "x-amz-sns-message-id", in->message_id);
    add_header(call, send, "x-amz-sns-topic-arn", in->topic_arn);
    if (!str_equal(in->type, S("SubscriptionConfirmation")))
        add_header(call, send, "x-amz-sns-subscription-arn", row->arn);
    if (is_notification && !in->insert_at)
        add_header(call, send, "x-amz-sns-rawdelivery", S("true"));
    add_header(call, send, "Content-Type",
               sns_content_type(call, topic.delivery_policy, row->delivery_policy));
    add_header(call, send, "User-Agent", S("Amazon Simple Notification Service Agent"));
    add_header(call, send, "Accept-Encoding", S("gzip,deflate"));
    add_header(call, send, "Connection", S("Keep-Alive"));
}

static void end(const struct call *call, enum delivery_verdict verdict, bool is_traced)
{
    delivery_end(call, call->delivery->id,
                 &(struct delivery_outcome){.verdict = verdict, .is_traced = is_traced});
}

/* Is it still wanted?  A request to confirm is not, once its subscription is confirmed. */
static bool is_wanted(const struct sns_deliver_outside_request *in, const struct sns_subscription_row *row)
{
    return (row->state == SNS_SUBSCRIPTION_STATE_CONFIRMED) == str_equal(in->type, S("Notification"));
}

enum outcome sns_deliver_outside(const struct call *call, const struct sns_deliver_outside_request *in,
                                 struct sns_deliver_outside_output *out)
{
    struct sns_subscription_row row;
    struct outside_send_input send = {
        .id = arena_format(call->arena, "sns/%lld/%lld", (long long)call->delivery->id,
                           (long long)call->delivery->attempt),
        .context = str_equal(in->type, S("Notification"))
                       ? model_to_json(call->arena, &SNS_DELIVER_OUTSIDE_REQUEST, in)
                       : (str){0},
    };

    (void)out;
    if (!sns_find_subscription_by_id(
            call->txn, &(struct sns_find_subscription_by_id_params){.id = in->subscription_id}, &row) ||
        !is_wanted(in, &row)) {
        end(call, DELIVERY_DELIVERED, true);
        return DONE;
    }
    if (goes_by_mail(&row))
        sns_mail_write(call, in, &row, whole_body(call, in, &row), &send);
    else
        write_post(call, in, &row, &send);
    outside_send_effect(call, &send);
    return DONE;
}

/* ---- its end ---- */

/*
 * https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html: only 5xx and 429 are tried
 * again.
 */
static struct delivery_outcome outcome_of(const struct call *call, const struct outside_sent *sent)
{
    struct delivery_outcome outcome = {.verdict = DELIVERY_REFUSED, .reason = sent->problem};

    if (sent->status >= 200 && sent->status < 300)
        return (struct delivery_outcome){.verdict = DELIVERY_DELIVERED};
    if (sent->busy && *sent->busy)
        outcome.verdict = DELIVERY_THROTTLED;
    else if (!(sent->refused && *sent->refused) &&
             (sent->status == 0 || sent->status == TOO_MANY_REQUESTS || sent->status >= 500))
        outcome.verdict = DELIVERY_FAILED;
    if (sent->status != 0)
        outcome.reason =
            arena_format(call->arena, "The endpoint answered with status %lld.", (long long)sent->status);
    return outcome;
}

static const struct metric delivered = {"AWS/SNS", "NumberOfNotificationsDelivered", "TopicName", "Count"},
                           failed = {"AWS/SNS", "NumberOfNotificationsFailed", "TopicName", "Count"};

static void count_for(const struct call *call, const struct metric *metric, str topic_arn)
{
    struct arn arn;

    if (!arn_parse(topic_arn, &arn))
        return;
    struct call there = call_in(call, arn.account, arn.region);
    count(&there, metric, arn.resource, 1);
}

/*
 * Of HTTP endpoints each attempt that failed is counted, of mailboxes each message that was given up:
 * https://docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html
 */
static void count_attempt(const struct call *call, const struct sns_deliver_outside_request *in,
                          enum delivery_verdict verdict)
{
    struct sns_subscription_row row;

    if (verdict == DELIVERY_DELIVERED)
        count_for(call, &delivered, in->topic_arn);
    else if (verdict != DELIVERY_THROTTLED &&
             sns_find_subscription_by_id(
                 call->txn, &(struct sns_find_subscription_by_id_params){.id = in->subscription_id}, &row) &&
             !goes_by_mail(&row))
        count_for(call, &failed, in->topic_arn);
}

/* Log the status of a message's delivery, which has ended. */
static void log_status(const struct call *call, const struct sns_deliver_outside_request *in,
                       const struct outside_sent *sent, const struct delivery_outcome *outcome)
{
    const struct failure failure = {.message = outcome->reason};
    const struct message message = {.id = in->message_id, .published_ms = *in->published_ms};
    struct sns_subscription_row row;
    struct resource topic = {0};
    str number = str_from(sent->id, (size_t)str_last_index(sent->id, '/') + 1);
    int64_t attempts = 1;

    if (!sns_locate_arn(call, in->topic_arn, &topic) ||
        !sns_find_subscription_by_id(
            call->txn, &(struct sns_find_subscription_by_id_params){.id = in->subscription_id}, &row))
        return;
    str_to_i64(number, &attempts);
    struct feedback feedback = sns_feedback_begin(call, topic.row, &message);
    feedback.text_md5 = in->message_md5;
    sns_feedback_add(call, &feedback,
                     &(struct delivery_status){
                         .protocol = row.protocol,
                         .destination = sns_endpoint_shown(call, row.endpoint),
                         .failure = outcome->verdict == DELIVERY_DELIVERED ? NULL : &failure,
                         .provider_response = str_present(outcome->reason) ? outcome->reason : S("OK"),
                         .status_code = sent->status,
                         .attempts = attempts});
    sns_feedback_end(call, &feedback);
}

enum outcome sns_outside_sent(const struct call *call, const struct outside_sent *in,
                              struct sns_outside_sent_output *out)
{
    str rest = in->id, service, number;
    int64_t id;
    struct delivery_outcome outcome = outcome_of(call, in);
    struct sns_deliver_outside_request request = {0};

    (void)out;
    if (!str_next(&rest, '/', &service) || !str_next(&rest, '/', &number) || !str_to_i64(number, &id))
        return DONE;
    bool again = delivery_end(call, id, &outcome);
    if (!str_present(in->context) ||
        !model_from_json(call->arena, &SNS_DELIVER_OUTSIDE_REQUEST, in->context, &request))
        return DONE;
    count_attempt(call, &request, outcome.verdict);
    if (!again && request.published_ms)
        log_status(call, &request, in, &outcome);
    return DONE;
}

enum outcome sns_give_up_outside(const struct call *call, const struct sns_deliver_outside_request *in,
                                 struct sns_give_up_outside_output *out)
{
    struct sns_subscription_row row;

    (void)out;
    if (!sns_find_subscription_by_id(
            call->txn, &(struct sns_find_subscription_by_id_params){.id = in->subscription_id}, &row))
        return DONE;
    if (goes_by_mail(&row))
        count_for(call, &failed, in->topic_arn);
    log_warn("a published message was not delivered", log_field("topic", in->topic_arn),
             log_field("to", sns_endpoint_shown(call, row.endpoint)),
             log_field("reason", call->delivery->reason), log_field("trace", call->trace_id));
    sns_redrive(call, row.redrive_policy,
                &(struct dead_letter){.topic_arn = in->topic_arn,
                                      .subscription_arn = row.arn,
                                      .group_id = in->message_group_id,
                                      .deduplication_id = in->message_deduplication_id,
                                      .attributes = &in->message_attributes,
                                      .trace_id = call->trace_id,
                                      .body = whole_body(call, in, &row)});
    return DONE;
}
