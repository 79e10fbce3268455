/*
 * confirm.c: subscriptions that wait for their confirmation, and ConfirmSubscription.
 *
 * The owner of an endpoint confirms with a token that SNS has sent there.  A token ends after two days, by
 * the engine's clock; then a subscription that is not confirmed is removed.  An unsigned request may end a
 * subscription of its own kind; the endpoint then gets a token to restore it with.
 * https://docs.aws.amazon.com/sns/latest/dg/SendMessageToHttp.confirm.html
 */
#include "subscription.h"

#include "aws/arn.h"
#include "base/hash.h"
#include "base/time.h"

enum { TOKEN_BYTES = 144 };
static const int64_t TOKEN_MS = INT64_C(2) * 86400 * MS_PER_S;

bool sns_needs_confirmation(const struct call *call, str protocol, str endpoint)
{
    bool is_queue = str_equal(protocol, S("sqs"));

    return sns_transport_find(protocol)->flags & TRANSPORT_CONFIRMS ||
           (is_queue && !str_equal(arn_account(endpoint), call->caller->account));
}

static struct topic topic_of(const struct call *call, const struct sns_subscription_row *row)
{
    struct topic topic = {0};

    sns_find_subscribed_topic(call->txn, &(struct sns_find_subscribed_topic_params){.id = row->topic_id},
                              &topic.row);
    topic.arn = str_head(row->arn, (size_t)str_last_index(row->arn, ':'));
    return topic;
}

/* A queue gets the request as it gets messages, if its policy allows. */
static void ask_queue(const struct call *call, const struct topic *topic,
                      const struct sns_subscription_row *row, str request)
{
    struct sqs_send_to_queues_request in = {.message_body = request, .trace_id = trace_of_call(call)};
    struct sqs_send_to_queues_result out = {0};
    struct failure failure = {0};

    *list_add(call->arena, &in.targets) = (struct sqs_send_to_queues_target){.queue_arn = row->endpoint};
    invoke(call, sns_sender(call, topic->arn), &SQS_SEND_TO_QUEUES, &in, &out, &failure);
}

static void send_token(const struct call *call, const struct sns_subscription_row *row)
{
    struct topic topic = topic_of(call, row);
    const struct confirmation confirmation = {
        .ends = row->state == SNS_SUBSCRIPTION_STATE_DELETED,
        .message_id = random_uuid(call->arena),
        .token = row->token,
        .subscription_arn = row->arn,
    };
    str request = sns_confirmation_envelope(call, &topic, &confirmation);

    if (str_equal(row->protocol, S("sqs")))
        ask_queue(call, &topic, row, request);
    else
        sns_outside_ask(call, &topic, row, &confirmation, request);
}

static void run_at_end(const struct call *call, const struct sns_subscription_row *row)
{
    timer_set(call, &SNS_EXPIRE_SUBSCRIPTION, arena_decimal(call->arena, row->id), row->token_ends_ms,
              &(struct sns_expire_subscription_request){.subscription_id = row->id});
}

void sns_confirmation_begin(const struct call *call, struct sns_subscription_row *row)
{
    unsigned char bytes[TOKEN_BYTES];

    random_bytes(bytes, sizeof bytes);
    row->token = hex_encode(call->arena, (str){(const char *)bytes, sizeof bytes});
    row->token_ends_ms = call->now_ms + TOKEN_MS;
    sns_update_confirmation(call->txn, row);
    run_at_end(call, row);
    send_token(call, row);
}

enum outcome sns_expire_subscription(const struct call *call,
                                     const struct sns_expire_subscription_request *in,
                                     struct sns_expire_subscription_output *out)
{
    struct sns_subscription_row row;

    (void)out;
    if (!sns_find_subscription_by_id(
            call->txn, &(struct sns_find_subscription_by_id_params){.id = in->subscription_id}, &row) ||
        row.state == SNS_SUBSCRIPTION_STATE_CONFIRMED || row.token_ends_ms > call->now_ms)
        return DONE;
    sns_subscription_remove(call, &row);
    return DONE;
}

/* ---- ConfirmSubscription ---- */

static bool refuse(const struct call *call, const char *problem)
{
    fail(call, &SNS_INVALID_PARAMETER_EXCEPTION, "%s", problem);
    return false;
}

/* Of any region: an unsigned request does not say which one it means. */
bool sns_locate_confirmed_topic(const struct call *call, const struct sns_confirm_subscription_input *in,
                                struct resource *found)
{
    static const str everybody =
        STR_INIT("{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\","
                 "\"Action\":\"SNS:ConfirmSubscription\",\"Resource\":\"*\"}]}");
    struct arn arn;

    if (!arn_parse(in->topic_arn, &arn) || !str_equal(arn.service, S("sns")))
        return refuse(call, "Invalid parameter: Topic");
    sns_locate_arn(call, in->topic_arn, found);
    if (call->caller->kind == PRINCIPAL_ANONYMOUS)
        found->policy = everybody;
    return true;
}

/* AWS accepts a token with any topic of its region. */
static bool token_check(const struct call *call, const struct sns_confirm_subscription_input *in,
                        struct sns_subscription_row *row)
{
    struct arn topic, subscription;
    str bytes;

    arn_parse(in->topic_arn, &topic);
    if (!hex_decode(call->arena, in->token, &bytes))
        return refuse(call, "Invalid token");
    if (!sns_find_subscription_by_token(
            call->txn, &(struct sns_find_subscription_by_token_params){.token = in->token}, row) ||
        row->token_ends_ms <= call->now_ms)
        return refuse(call, "Invalid parameter: Token");
    arn_parse(row->arn, &subscription);
    return str_equal(topic.region, subscription.region) || refuse(call, "Invalid parameter: Topic");
}

/* Only somebody who can be told from others may reserve the end of the subscription for signed requests. */
static bool signing_check(const struct call *call, const struct sns_confirm_subscription_input *in,
                          bool *ends_signed)
{
    *ends_signed = str_equal_nocase(in->authenticate_on_unsubscribe, S("true"));
    if (!*ends_signed || call->caller->kind != PRINCIPAL_ANONYMOUS)
        return true;
    fail(call, &SNS_AUTHORIZATION_ERROR_EXCEPTION,
         "AuthenticateOnUnsubscribe is true: the request must be signed");
    return false;
}

enum outcome sns_confirm_subscription(const struct call *call,
                                      const struct sns_confirm_subscription_input *in,
                                      struct sns_confirm_subscription_response *out)
{
    struct sns_subscription_row row = {0};
    bool ends_signed;

    if (!token_check(call, in, &row) || !signing_check(call, in, &ends_signed))
        return FAILED;
    out->subscription_arn = row.arn;
    if (row.state == SNS_SUBSCRIPTION_STATE_CONFIRMED)
        return DONE;
    sns_count_subscriptions(
        call->txn,
        &(struct sns_count_subscriptions_params){
            .id = row.topic_id, .confirmed = 1, .pending = -(row.state == SNS_SUBSCRIPTION_STATE_PENDING)});
    row.state = SNS_SUBSCRIPTION_STATE_CONFIRMED;
    row.authenticated = call->caller->kind != PRINCIPAL_ANONYMOUS;
    row.ends_signed = ends_signed || str_equal(row.protocol, S("sqs"));
    sns_update_confirmation(call->txn, &row);
    timer_cancel(call, &SNS_EXPIRE_SUBSCRIPTION, arena_decimal(call->arena, row.id));
    return DONE;
}
