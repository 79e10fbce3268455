/*
 * subscriptions.c: the subscribers of topics.
 */
#include "subscription.h"

#include "aws/arn.h"
#include "base/check.h"
#include "base/hash.h"
#include "services/tags/tags.h"

/* The attributes of a new subscription, into its row.  False: fail() has been called. */
static bool attributes_read(const struct call *call, const struct str_map *attributes,
                            struct sns_subscription_row *row)
{
    const struct setting setting = {.call = call, .where = "Attributes Reason: ", .row = row};

    for (size_t i = 0; i < attributes->count; i++)
        if (!sns_subscription_attribute_set(&setting, attributes->items[i].key, attributes->items[i].value))
            return false;
    return sns_subscription_attributes_check(&setting);
}

/* Making a key takes a tenth of a second: do it now and on a worker, instead of at the first message. */
void sns_subscribe_prepare(const struct call *call, const struct sns_subscribe_input *in)
{
    struct sns_subscription_row row = {.owner = call->caller->account, .protocol = in->protocol};

    if (sns_topic_of(call) && sns_transport_check(call, in->protocol, in->endpoint) &&
        attributes_read(call, &in->attributes, &row) &&
        (!row.raw_delivery || sns_needs_confirmation(call, in->protocol, in->endpoint)))
        sns_signer_begin(call);
}

static str shown_arn(const struct sns_subscribe_input *in, const struct sns_subscription_row *row)
{
    bool waits = row->state != SNS_SUBSCRIPTION_STATE_CONFIRMED;

    return waits && !(in->return_subscription_arn && *in->return_subscription_arn) ? S("pending confirmation")
                                                                                   : row->arn;
}

/* A subscription that waits, or has ended, gets the attributes of the request and a new token. */
static void ask_again(const struct call *call, const struct sns_subscription_row *same,
                      struct sns_subscription_row *asked)
{
    sns_update_subscription(call->txn, asked);
    if (same->state == SNS_SUBSCRIPTION_STATE_DELETED)
        sns_count_subscriptions(call->txn,
                                &(struct sns_count_subscriptions_params){.id = same->topic_id, .pending = 1});
    asked->state = SNS_SUBSCRIPTION_STATE_PENDING;
    sns_confirmation_begin(call, asked);
}

/* The subscription of that endpoint exists: the request may name only attributes that it has. */
static enum outcome subscribe_again(const struct call *call, const struct sns_subscribe_input *in,
                                    const struct sns_subscription_row *same,
                                    struct sns_subscribe_response *out)
{
    struct sns_subscription_row asked = *same;
    str replay = str_map_get(&in->attributes, S("ReplayPolicy"));

    if (!attributes_read(call, &in->attributes, &asked))
        return FAILED;
    if (same->state == SNS_SUBSCRIPTION_STATE_CONFIRMED &&
        (!sns_subscription_attributes_equal(same, &asked) ||
         (str_present(replay) && !sns_replay_has_policy(call, same->arn, replay))))
        return fail(call, &SNS_INVALID_PARAMETER_EXCEPTION,
                    "Invalid parameter: Attributes Reason: Subscription already exists with different "
                    "attributes");
    if (same->state != SNS_SUBSCRIPTION_STATE_CONFIRMED)
        ask_again(call, same, &asked);
    out->subscription_arn = shown_arn(in, &asked);
    return DONE;
}

static void add(const struct call *call, struct sns_subscription_row *row)
{
    bool waits = sns_needs_confirmation(call, row->protocol, row->endpoint);

    row->state = waits ? SNS_SUBSCRIPTION_STATE_PENDING : SNS_SUBSCRIPTION_STATE_CONFIRMED;
    row->authenticated = !waits;
    row->ends_signed = (sns_transport_find(row->protocol)->flags & TRANSPORT_ENDS_SIGNED) != 0;
    row->id = sns_add_subscription(call->txn, row);
    sns_count_subscriptions(call->txn, &(struct sns_count_subscriptions_params){
                                           .id = row->topic_id, .confirmed = !waits, .pending = waits});
    if (waits)
        sns_confirmation_begin(call, row);
    else if (!row->raw_delivery)
        sns_signer_begin(call);
}

/* Only queues keep a FIFO topic's order, and a FIFO queue takes messages of FIFO topics only. */
static bool order_check(const struct call *call, const struct topic *topic,
                        const struct sns_subscribe_input *in)
{
    bool queue = str_equal(in->protocol, S("sqs"));

    if (topic->row.fifo_id && !queue)
        fail(call, &SNS_INVALID_PARAMETER_EXCEPTION, "Invalid parameter: Invalid protocol type: %.*s",
             STR_ARGS(in->protocol));
    else if (!topic->row.fifo_id && queue && str_ends_with(in->endpoint, S(".fifo")))
        fail(
            call, &SNS_INVALID_PARAMETER_EXCEPTION,
            "Invalid parameter: Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to "
            "standard SNS topics");
    else
        return true;
    return false;
}

enum outcome sns_subscribe(const struct call *call, const struct sns_subscribe_input *in,
                           struct sns_subscribe_response *out)
{
    const struct topic *topic = sns_topic_of(call);
    struct sns_subscription_row same;

    if (!topic || !sns_transport_check(call, in->protocol, in->endpoint) || !order_check(call, topic, in))
        return FAILED;
    struct sns_subscription_row row = {
        .topic_id = topic->row.id,
        .owner = call->caller->account,
        .principal = call->caller->arn,
        .protocol = in->protocol,
        .endpoint = in->endpoint,
    };
    if (sns_find_same_subscription(
            call->txn, &(struct sns_find_same_subscription_params){row.topic_id, in->protocol, in->endpoint},
            &same))
        return subscribe_again(call, in, &same, out);
    if (!sns_large_topic_check(call, topic, in->protocol) || !attributes_read(call, &in->attributes, &row))
        return FAILED;
    row.arn =
        arena_format(call->arena, "%.*s:%.*s", STR_ARGS(topic->arn), STR_ARGS(random_uuid(call->arena)));
    add(call, &row);
    sns_replay_begin(call, &row, str_map_get(&in->attributes, S("ReplayPolicy")));
    out->subscription_arn = shown_arn(in, &row);
    return DONE;
}

/* "Invalid parameter: SubscriptionId": the ARN of a topic, without what a subscription's has behind it. */
static bool subscription_arn_refuse(const struct call *call, str subscription_arn)
{
    struct arn arn;

    if (!arn_parse(subscription_arn, &arn) || !str_equal(arn.service, S("sns")) ||
        str_index(arn.resource, ':') >= 0)
        return sns_arn_refuse(call, "SubscriptionArn", subscription_arn);
    fail(call, &SNS_INVALID_PARAMETER_EXCEPTION, "Invalid parameter: SubscriptionId");
    return false;
}

/* The topic of "<topic's ARN>:<uuid>"; absent for another form or region. */
static str topic_arn_of(const struct call *call, str subscription_arn)
{
    struct arn arn;
    bool valid = arn_parse(subscription_arn, &arn) && str_equal(arn.service, S("sns")) &&
                 str_equal(arn.region, call->region) && str_index(arn.resource, ':') > 0;

    return valid ? str_head(subscription_arn, (size_t)str_last_index(subscription_arn, ':')) : (str){0};
}

/* Anybody who has its UnsubscribeURL may end a subscription, unless its confirmation reserved that. */
static const str everybody =
    STR_INIT("{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\","
             "\"Action\":\"SNS:Unsubscribe\",\"Resource\":\"*\"}]}");

static bool everybody_ends(const struct call *call, const struct sns_subscription_row *row)
{
    return call->operation == &SNS_UNSUBSCRIBE && row->state == SNS_SUBSCRIPTION_STATE_CONFIRMED &&
           !row->ends_signed;
}

bool sns_locate_subscription(const struct call *call, str subscription_arn, struct resource *found)
{
    struct sns_subscription_row *row = arena_new(call->arena, struct sns_subscription_row);

    found->arn = topic_arn_of(call, subscription_arn);
    if (!str_present(found->arn))
        return subscription_arn_refuse(call, subscription_arn);
    if (!sns_find_subscription(call->txn, &(struct sns_find_subscription_params){.arn = subscription_arn},
                               row))
        return true;
    found->row = row;
    found->policy = everybody_ends(call, row) ? everybody : row->policy;
    found->add_context = tags_add_context; /* the topic's tags */
    return true;
}

/* NULL, after fail(), when it does not exist. */
static const struct sns_subscription_row *subscription_of(const struct call *call)
{
    const struct sns_subscription_row *row = call_resource(call, 0)->row;

    if (!row)
        fail(call, &SNS_NOT_FOUND_EXCEPTION, "Subscription does not exist");
    return row;
}

enum outcome sns_get_subscription_attributes(const struct call *call,
                                             const struct sns_get_subscription_attributes_input *in,
                                             struct sns_get_subscription_attributes_response *out)
{
    const struct sns_subscription_row *row = subscription_of(call);
    struct str_map *shown = &out->attributes;

    if (!row)
        return FAILED;
    str_map_add(call->arena, shown, S("SubscriptionArn"), row->arn);
    str_map_add(call->arena, shown, S("TopicArn"), topic_arn_of(call, in->subscription_arn));
    str_map_add(call->arena, shown, S("Owner"), row->owner);
    str_map_add(call->arena, shown, S("SubscriptionPrincipal"),
                str_present(row->principal) ? row->principal : arn_of_root(call->arena, row->owner));
    str_map_add(call->arena, shown, S("Protocol"), row->protocol);
    str_map_add(call->arena, shown, S("Endpoint"), row->endpoint);
    sns_subscription_attributes_show(call, row, shown);
    str_map_add(call->arena, shown, S("PendingConfirmation"),
                row->state == SNS_SUBSCRIPTION_STATE_PENDING ? S("true") : S("false"));
    str_map_add(call->arena, shown, S("ConfirmationWasAuthenticated"),
                row->authenticated ? S("true") : S("false"));
    return DONE;
}

/* The subscription with the attribute that the request sets.  NULL, after fail(): it may not be set so. */
static struct sns_subscription_row *changed(const struct call *call,
                                            const struct sns_set_subscription_attributes_input *in)
{
    const struct sns_subscription_row *located = subscription_of(call);
    struct sns_subscription_row *row = arena_new(call->arena, struct sns_subscription_row);
    const struct setting setting = {.call = call, .where = "", .row = row};

    if (!located)
        return NULL;
    *row = *located;
    return sns_subscription_attribute_set(&setting, in->attribute_name, in->attribute_value) &&
                   sns_subscription_attributes_check(&setting)
               ? row
               : NULL;
}

/* A subscription that was raw may be the first one to need the key. */
void sns_set_subscription_attributes_prepare(const struct call *call,
                                             const struct sns_set_subscription_attributes_input *in)
{
    const struct sns_subscription_row *row = changed(call, in);

    if (row && !row->raw_delivery)
        sns_signer_begin(call);
}

enum outcome sns_set_subscription_attributes(const struct call *call,
                                             const struct sns_set_subscription_attributes_input *in,
                                             struct sns_set_subscription_attributes_output *out)
{
    const struct sns_subscription_row *row = changed(call, in);

    (void)out;
    if (!row)
        return FAILED;
    sns_update_subscription(call->txn, row);
    if (str_equal(in->attribute_name, S("ReplayPolicy")))
        sns_replay_begin(call, row, str_present(in->attribute_value) ? in->attribute_value : S(""));
    if (!row->raw_delivery)
        sns_signer_begin(call);
    return DONE;
}

/*
 * The subscription of a queue or a function ends only by a signed request, whatever the topic's policy
 * allows: https://docs.aws.amazon.com/sns/latest/api/API_Unsubscribe.html
 */
static bool may_unsubscribe(const struct call *call, const struct sns_subscription_row *row)
{
    if (call->caller->kind != PRINCIPAL_ANONYMOUS || !row->ends_signed)
        return true;
    fail(call, &SNS_AUTHORIZATION_ERROR_EXCEPTION,
         "User: anonymous is not authorized to perform: SNS:Unsubscribe on resource: %.*s",
         STR_ARGS(row->arn));
    return false;
}

void sns_subscription_remove(const struct call *call, const struct sns_subscription_row *row)
{
    bool pending = row->state == SNS_SUBSCRIPTION_STATE_PENDING,
         confirmed = row->state == SNS_SUBSCRIPTION_STATE_CONFIRMED;

    sns_remove_subscription(call->txn, &(struct sns_remove_subscription_params){.id = row->id});
    sns_count_subscriptions(call->txn,
                            &(struct sns_count_subscriptions_params){.id = row->topic_id,
                                                                     .confirmed = -confirmed,
                                                                     .pending = -pending,
                                                                     .deleted = pending || confirmed});
    timer_cancel(call, &SNS_EXPIRE_SUBSCRIPTION, arena_decimal(call->arena, row->id));
    delivery_drop(call, sns_delivery_target(call, row->id));
}

/* Somebody else than the owner ends it: the endpoint is told, and may restore the subscription. */
static void end_for_endpoint(const struct call *call, const struct sns_subscription_row *row)
{
    struct sns_subscription_row ended = *row;

    ended.state = SNS_SUBSCRIPTION_STATE_DELETED;
    sns_count_subscriptions(call->txn, &(struct sns_count_subscriptions_params){
                                           .id = row->topic_id, .confirmed = -1, .deleted = 1});
    sns_confirmation_begin(call, &ended);
}

/* A second Unsubscribe succeeds, too. */
enum outcome sns_unsubscribe(const struct call *call, const struct sns_unsubscribe_input *in,
                             struct sns_unsubscribe_output *out)
{
    const struct sns_subscription_row *row = call_resource(call, 0)->row;

    (void)in;
    (void)out;
    if (!row)
        return DONE;
    if (!may_unsubscribe(call, row))
        return FAILED;
    if (everybody_ends(call, row) && !str_equal(call->caller->account, row->owner))
        end_for_endpoint(call, row);
    else
        sns_subscription_remove(call, row);
    return DONE;
}

/* The number after which a page of subscriptions begins. */
static int64_t first_of(const struct page *page)
{
    int64_t after = 0;
    bool valid = str_empty(page->after) || str_to_i64(page->after, &after);

    check(valid); /* tokens are sealed */
    return after;
}

static str listed_arn(const struct sns_subscription_row *row)
{
    if (row->state == SNS_SUBSCRIPTION_STATE_CONFIRMED)
        return row->arn;
    return row->state == SNS_SUBSCRIPTION_STATE_PENDING ? S("PendingConfirmation") : S("Deleted");
}

/* Returns the token of the next page. */
static str show_page(const struct call *call, const struct sns_subscription_rows *rows, struct page *page,
                     struct sns_subscription_list *shown)
{
    list_make_empty(call->arena, shown);
    for (size_t i = 0; i < rows->count && page_takes(page, arena_decimal(call->arena, rows->items[i].id));
         i++)
        *list_add(call->arena, shown) = (struct sns_subscription){
            .subscription_arn = listed_arn(&rows->items[i]),
            .owner = rows->items[i].owner,
            .protocol = rows->items[i].protocol,
            .endpoint = sns_endpoint_shown(call, rows->items[i].endpoint),
            .topic_arn = topic_arn_of(call, rows->items[i].arn),
        };
    return page_end(call, page);
}

enum outcome sns_list_subscriptions(const struct call *call, const struct sns_list_subscriptions_input *in,
                                    struct sns_list_subscriptions_response *out)
{
    struct page page;

    if (!sns_page_open(call, in->next_token, &page))
        return FAILED;

    struct sns_subscription_rows rows =
        sns_list_subscriptions_page(call->txn, &(struct sns_list_subscriptions_page_params){
                                                   .owner = call->account,
                                                   .region = call->region,
                                                   .after = first_of(&page),
                                                   .limit = page_rows(&page),
                                               });
    out->next_token = show_page(call, &rows, &page, &out->subscriptions);
    return DONE;
}

enum outcome sns_list_subscriptions_by_topic(const struct call *call,
                                             const struct sns_list_subscriptions_by_topic_input *in,
                                             struct sns_list_subscriptions_by_topic_response *out)
{
    const struct topic *topic = sns_topic_of(call);
    struct page page;

    if (!topic || !sns_page_open(call, in->next_token, &page))
        return FAILED;

    struct sns_subscription_rows rows =
        sns_list_subscriptions_of_topic(call->txn, &(struct sns_list_subscriptions_of_topic_params){
                                                       .topic_id = topic->row.id,
                                                       .id = first_of(&page),
                                                       .limit = page_rows(&page),
                                                   });
    out->next_token = show_page(call, &rows, &page, &out->subscriptions);
    return DONE;
}
