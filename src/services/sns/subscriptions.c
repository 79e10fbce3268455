/*
 * subscriptions.c: the subscribers of topics, which are queues so far.
 *
 * To add a protocol, accept it in protocol_check(), and deliver to it in fanout.c.
 */
#include "sns_internal.h"

#include "aws/arn.h"
#include "base/check.h"
#include "base/hash.h"
#include "services/tags/tags.h"

static bool refuse(const struct call *call, const char *problem)
{
    fail(call, &SNS_INVALID_PARAMETER_EXCEPTION, "Invalid parameter: %s", problem);
    return false;
}

static bool protocol_check(const struct call *call, str protocol)
{
    static const str others[] = {STR_INIT("http"),       STR_INIT("https"),   STR_INIT("email"),
                                 STR_INIT("email-json"), STR_INIT("sms"),     STR_INIT("application"),
                                 STR_INIT("lambda"),     STR_INIT("firehose")};

    if (str_equal(protocol, S("sqs")))
        return true;
    if (str_is_one_of(protocol, others, sizeof others / sizeof *others))
        return refuse(call, "Protocol: Orderly supports only sqs yet; see docs/compatibility.md.");
    fail(call, &SNS_INVALID_PARAMETER_EXCEPTION,
         "Invalid parameter: Amazon SNS does not support this protocol string: %.*s", STR_ARGS(protocol));
    return false;
}

static bool endpoint_check(const struct call *call, str protocol, str endpoint)
{
    struct arn arn;

    if (!protocol_check(call, protocol))
        return false;
    if (!arn_parse(endpoint, &arn) || !str_equal(arn.service, S("sqs")))
        return refuse(call, "SQS endpoint ARN");
    if (str_ends_with(arn.resource, S(".fifo")))
        return refuse(call, "Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics");
    return true;
}

/* Raw delivery is the only attribute that can be set so far. */
static bool attribute_name_check(const struct call *call, str name)
{
    static const str others[] = {STR_INIT("DeliveryPolicy"),    STR_INIT("FilterPolicy"),
                                 STR_INIT("FilterPolicyScope"), STR_INIT("RedrivePolicy"),
                                 STR_INIT("ReplayPolicy"),      STR_INIT("SubscriptionRoleArn")};

    if (str_equal(name, S("RawMessageDelivery")))
        return true;
    if (!str_is_one_of(name, others, sizeof others / sizeof *others))
        return refuse(call, "AttributeName");
    fail(call, &SNS_INVALID_PARAMETER_EXCEPTION,
         "Invalid parameter: AttributeName Reason: Orderly does not support %.*s yet; see "
         "docs/compatibility.md.",
         STR_ARGS(name));
    return false;
}

/* `where` is the beginning of the sentence about a wrong value. */
static bool raw_delivery_read(const struct call *call, const char *where, str name, str value,
                              int64_t *raw_delivery)
{
    if (!attribute_name_check(call, name))
        return false;
    *raw_delivery = str_equal_nocase(value, S("true"));
    if (*raw_delivery || str_equal_nocase(value, S("false")))
        return true;
    fail(call, &SNS_INVALID_PARAMETER_EXCEPTION,
         "Invalid parameter: %sRawMessageDelivery: Invalid value [%.*s]. Must be true or false.", where,
         STR_ARGS(value));
    return false;
}

static bool attributes_read(const struct call *call, const struct str_map *attributes, int64_t *raw_delivery)
{
    *raw_delivery = 0;
    for (size_t i = 0; i < attributes->count; i++)
        if (!raw_delivery_read(call, "Attributes Reason: ", attributes->items[i].key,
                               attributes->items[i].value, raw_delivery))
            return false;
    return true;
}

/* Making a key takes a tenth of a second: do it now and on a worker, instead of at the first message. */
void sns_subscribe_prepare(const struct call *call, const struct sns_subscribe_input *in)
{
    int64_t raw_delivery;

    if (sns_topic_of(call) && attributes_read(call, &in->attributes, &raw_delivery) && !raw_delivery)
        sns_signer_begin(call);
}

enum outcome sns_subscribe(const struct call *call, const struct sns_subscribe_input *in,
                           struct sns_subscribe_response *out)
{
    struct sns_find_same_subscription_row same;
    const struct topic *topic = sns_topic_of(call);
    int64_t raw_delivery;

    if (!topic || !endpoint_check(call, in->protocol, in->endpoint) ||
        !attributes_read(call, &in->attributes, &raw_delivery))
        return FAILED;
    if (sns_find_same_subscription(call->txn,
                                   &(struct sns_find_same_subscription_params){.topic_id = topic->row.id,
                                                                               .protocol = in->protocol,
                                                                               .endpoint = in->endpoint},
                                   &same)) {
        if (in->attributes.count > 0 && same.raw_delivery != raw_delivery)
            return fail(call, &SNS_INVALID_PARAMETER_EXCEPTION,
                        "Invalid parameter: Attributes Reason: Subscription already exists with different "
                        "attributes");
        out->subscription_arn = same.arn;
        return DONE;
    }
    out->subscription_arn =
        arena_format(call->arena, "%.*s:%.*s", STR_ARGS(topic->arn), STR_ARGS(random_uuid(call->arena)));
    sns_add_subscription(call->txn, &(struct sns_add_subscription_params){
                                        .topic_id = topic->row.id,
                                        .arn = out->subscription_arn,
                                        .owner = call->caller->account,
                                        .principal = call->caller->arn,
                                        .protocol = in->protocol,
                                        .endpoint = in->endpoint,
                                        .raw_delivery = raw_delivery,
                                    });
    sns_count_added(call->txn, &(struct sns_count_added_params){.id = topic->row.id});
    if (!raw_delivery)
        sns_signer_begin(call);
    return DONE;
}

/* The topic of "<topic's ARN>:<uuid>"; absent for another form or region. */
static str topic_arn_of(const struct call *call, str subscription_arn)
{
    struct arn arn;
    bool valid = arn_parse(subscription_arn, &arn) && str_equal(arn.service, S("sns")) &&
                 str_equal(arn.region, call->region) && str_index(arn.resource, ':') > 0;

    return valid ? str_head(subscription_arn, (size_t)str_last_index(subscription_arn, ':')) : (str){0};
}

bool sns_locate_subscription(const struct call *call, str subscription_arn, struct resource *found)
{
    struct sns_find_subscription_row *row = arena_new(call->arena, struct sns_find_subscription_row);

    found->arn = topic_arn_of(call, subscription_arn);
    if (!str_present(found->arn))
        return sns_arn_refuse(call, "SubscriptionArn", subscription_arn);
    if (!sns_find_subscription(call->txn, &(struct sns_find_subscription_params){.arn = subscription_arn},
                               row))
        return true;
    found->row = row;
    found->policy = row->policy;
    found->add_context = tags_add_context; /* the topic's tags */
    return true;
}

/* NULL, after fail(), when it does not exist. */
static const struct sns_find_subscription_row *subscription_of(const struct call *call)
{
    const struct sns_find_subscription_row *row = call_resource(call, 0)->row;

    if (!row)
        fail(call, &SNS_NOT_FOUND_EXCEPTION, "Subscription does not exist");
    return row;
}

enum outcome sns_get_subscription_attributes(const struct call *call,
                                             const struct sns_get_subscription_attributes_input *in,
                                             struct sns_get_subscription_attributes_response *out)
{
    const struct sns_find_subscription_row *row = subscription_of(call);
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
    str_map_add(call->arena, shown, S("RawMessageDelivery"), row->raw_delivery ? S("true") : S("false"));
    str_map_add(call->arena, shown, S("PendingConfirmation"), S("false"));
    str_map_add(call->arena, shown, S("ConfirmationWasAuthenticated"), S("true"));
    return DONE;
}

/* A subscription that was raw may be the first one to need the key. */
void sns_set_subscription_attributes_prepare(const struct call *call,
                                             const struct sns_set_subscription_attributes_input *in)
{
    const struct sns_find_subscription_row *row = subscription_of(call);
    int64_t raw_delivery;

    if (row && raw_delivery_read(call, "", in->attribute_name, in->attribute_value, &raw_delivery) &&
        !raw_delivery)
        sns_signer_begin(call);
}

enum outcome sns_set_subscription_attributes(const struct call *call,
                                             const struct sns_set_subscription_attributes_input *in,
                                             struct sns_set_subscription_attributes_output *out)
{
    const struct sns_find_subscription_row *row = subscription_of(call);
    int64_t raw_delivery;

    (void)out;
    if (!row || !raw_delivery_read(call, "", in->attribute_name, in->attribute_value, &raw_delivery))
        return FAILED;
    sns_set_raw_delivery(call->txn,
                         &(struct sns_set_raw_delivery_params){.id = row->id, .raw_delivery = raw_delivery});
    if (!raw_delivery)
        sns_signer_begin(call);
    return DONE;
}

/*
 * A queue's subscription ends only by a signed request, whatever the topic's policy allows:
 * https://docs.aws.amazon.com/sns/latest/api/API_Unsubscribe.html
 */
static bool may_unsubscribe(const struct call *call, const struct sns_find_subscription_row *row)
{
    if (call->caller->kind != PRINCIPAL_ANONYMOUS || !str_equal(row->protocol, S("sqs")))
        return true;
    fail(call, &SNS_AUTHORIZATION_ERROR_EXCEPTION,
         "User: anonymous is not authorized to perform: SNS:Unsubscribe on resource: %.*s",
         STR_ARGS(row->arn));
    return false;
}

/* A second Unsubscribe succeeds, too. */
enum outcome sns_unsubscribe(const struct call *call, const struct sns_unsubscribe_input *in,
                             struct sns_unsubscribe_output *out)
{
    const struct sns_find_subscription_row *row = call_resource(call, 0)->row;

    (void)in;
    (void)out;
    if (!row)
        return DONE;
    if (!may_unsubscribe(call, row))
        return FAILED;
    sns_remove_subscription(call->txn, &(struct sns_remove_subscription_params){.id = row->id});
    sns_count_deleted(call->txn, &(struct sns_count_deleted_params){.id = row->topic_id});
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

/* Returns the token of the next page. */
static str show_page(const struct call *call, const struct sns_subscription_rows *rows, struct page *page,
                     struct sns_subscription_list *shown)
{
    list_make_empty(call->arena, shown);
    for (size_t i = 0; i < rows->count && page_takes(page, arena_decimal(call->arena, rows->items[i].id));
         i++)
        *list_add(call->arena, shown) = (struct sns_subscription){
            .subscription_arn = rows->items[i].arn,
            .owner = rows->items[i].owner,
            .protocol = rows->items[i].protocol,
            .endpoint = rows->items[i].endpoint,
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
