/*
 * filter.c: filter policies, by which subscriptions choose messages.
 *
 * A policy with many alternatives takes milliseconds to match even a small message, so a worker matches
 * before, and the handler uses its verdicts: a policy that is set meanwhile counts from the next message on.
 * So nobody makes the engine match by setting policies again and again.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-message-filtering.html
 */
#include "subscription.h"

#include "aws/event_pattern.h"
#include "aws/message_attributes.h"
#include "engine/count.h"
#include "wire/json.h"

enum {
    MAX_FILTERS_OF_TOPIC = 200,
    MAX_FILTERS_OF_OWNER = 10000,
};

static enum event_pattern_dialect dialect_of(str scope)
{
    return str_equal(scope, S("MessageBody")) ? EVENT_PATTERN_SNS_BODY : EVENT_PATTERN_SNS_ATTRIBUTES;
}

/* ---- setting a policy ---- */

static bool number_check(const struct setting *setting)
{
    const struct sns_subscription_row *row = setting->row;
    struct sns_count_filters_of_topic_row of_topic = {0};
    struct sns_count_filters_of_owner_row of_owner = {0};
    const struct call *call = setting->call;

    sns_count_filters_of_topic(
        call->txn,
        &(struct sns_count_filters_of_topic_params){.topic_id = row->topic_id, .limit = MAX_FILTERS_OF_TOPIC},
        &of_topic);
    sns_count_filters_of_owner(
        call->txn,
        &(struct sns_count_filters_of_owner_params){.owner = row->owner, .limit = MAX_FILTERS_OF_OWNER},
        &of_owner);
    if (of_topic.count < MAX_FILTERS_OF_TOPIC && of_owner.count < MAX_FILTERS_OF_OWNER)
        return true;
    fail(call, &SNS_FILTER_POLICY_LIMIT_EXCEEDED_EXCEPTION, "Filter policy limit exceeded for %s",
         of_topic.count < MAX_FILTERS_OF_TOPIC ? "account" : "topic");
    return false;
}

bool sns_filter_change(const struct setting *setting)
{
    struct sns_subscription_row *row = setting->row;
    const struct call *call = setting->call;
    str problem;

    if (str_present(row->filter_policy) &&
        !event_pattern_parse(call->arena, row->filter_policy, dialect_of(row->filter_scope), &problem)) {
        fail(call, &SNS_INVALID_PARAMETER_EXCEPTION, "Invalid parameter: %s%.*s", setting->where,
             STR_ARGS(problem));
        return false;
    }
    if (str_present(row->filter_policy) && json_parse(call->arena, row->filter_policy, NULL)->count == 0)
        row->filter_policy = (str){0};
    if (str_present(row->filter_policy) && !row->filter_id && !number_check(setting))
        return false;
    row->filter_id = str_present(row->filter_policy) ? arena_i64(call->arena, 1) : NULL;
    return true;
}

/* ---- compiled policies ---- */

struct filter {
    enum event_pattern_dialect dialect;
    const struct event_pattern *pattern;
};

static const struct filter *filter_of(const struct call *call, int64_t subscription_id)
{
    struct filter *filter = arena_new(call->arena, struct filter);
    struct sns_find_filter_row row = {0};
    str problem;

    sns_find_filter(call->txn, &(struct sns_find_filter_params){.id = subscription_id}, &row);
    filter->dialect = dialect_of(row.filter_scope);
    filter->pattern = event_pattern_parse(call->arena, row.filter_policy, filter->dialect, &problem);
    return filter;
}

/* ---- what a message has ---- */

/* False: the attribute is not what its type says.  A binary attribute has no value that a policy can see. */
static bool value_read(struct arena *arena, const struct sns_message_attribute_value *attribute,
                       struct json *value)
{
    const struct json *array;

    if (str_equal(attribute->data_type, S("String.Array"))) {
        array = json_parse(arena, attribute->string_value, NULL);
        if (!json_is(array, JSON_ARRAY))
            return false;
        *value = *array;
        return true;
    }
    *value = (struct json){
        .type = message_attribute_is_type(attribute->data_type, S("Number")) ? JSON_NUMBER : JSON_STRING,
        .text = attribute->string_value,
    };
    return true;
}

static void values_read(struct filter_subject *subject)
{
    struct arena *arena = subject->call->arena;
    size_t count = subject->attributes->count;

    subject->has_values = subject->values_are_valid = true;
    subject->values = arena_alloc(arena, count * sizeof *subject->values);
    for (size_t i = 0; i < count; i++)
        if (!value_read(arena, &subject->attributes->items[i].value, &subject->values[i]))
            subject->values_are_valid = false;
}

static const struct json *lookup_attribute(void *context, str name)
{
    const struct filter_subject *subject = context;

    for (size_t i = 0; i < subject->attributes->count; i++)
        if (str_equal(subject->attributes->items[i].key, name) &&
            !str_present(subject->attributes->items[i].value.binary_value))
            return &subject->values[i];
    return NULL;
}

static void use_text(struct filter_subject *subject, str text)
{
    if (!str_equal(subject->text, text))
        subject->has_body = false;
    subject->text = text;
}

static const struct json *body_of(struct filter_subject *subject)
{
    if (!subject->has_body)
        subject->body =
            event_split(subject->call->arena, json_parse(subject->call->arena, subject->text, NULL));
    subject->has_body = true;
    return json_is(subject->body, JSON_OBJECT) ? subject->body : NULL;
}

/* ---- verdicts ---- */

#define FILTERED(name)                                                                                       \
    {                                                                                                        \
        "AWS/SNS", "NumberOfNotificationsFilteredOut" name, "TopicName", "Count"                             \
    }
static const struct metric filtered = FILTERED(""), by_attributes = FILTERED("-MessageAttributes"),
                           without_attributes = FILTERED("-NoMessageAttributes"),
                           by_invalid_attributes = FILTERED("-InvalidAttributes"),
                           by_body = FILTERED("-MessageBody"),
                           by_invalid_body = FILTERED("-InvalidMessageBody");

static const struct filter_refusal *attributes_refusal(struct filter_subject *subject,
                                                       const struct event_pattern *pattern)
{
    static const struct filter_refusal
        invalid = {"A String.Array attribute of the message is not a JSON array.",
                   {&filtered, &by_attributes, &by_invalid_attributes}},
        none = {"The message has no attributes for the filter policy.",
                {&filtered, &by_attributes, &without_attributes}},
        others = {"The filter policy does not match the message's attributes.", {&filtered, &by_attributes}};

    if (!subject->has_values)
        values_read(subject);
    if (!subject->values_are_valid)
        return &invalid;
    if (event_pattern_matches(pattern, lookup_attribute, subject))
        return NULL;
    return subject->attributes->count > 0 ? &others : &none;
}

static const struct filter_refusal *body_refusal(struct filter_subject *subject,
                                                 const struct event_pattern *pattern)
{
    static const struct filter_refusal
        invalid = {"The message is not a JSON object, which the filter policy needs.",
                   {&filtered, &by_body, &by_invalid_body}},
        other = {"The filter policy does not match the message's body.", {&filtered, &by_body}};
    const struct json *body = body_of(subject);

    if (!body)
        return &invalid;
    return event_pattern_matches(pattern, event_lookup_member, (void *)body) ? NULL : &other;
}

static const struct filter_refusal *refusal_of(struct filter_subject *subject, const struct filter *filter,
                                               str text)
{
    if (!filter->pattern)
        return NULL; /* only checked policies are stored */
    use_text(subject, text);
    return filter->dialect == EVENT_PATTERN_SNS_BODY ? body_refusal(subject, filter->pattern)
                                                     : attributes_refusal(subject, filter->pattern);
}

struct filter_subject sns_filter_begin(const struct call *call, const struct broadcast *broadcast)
{
    return (struct filter_subject){.call = call, .attributes = broadcast->message.attributes};
}

/* ---- in advance ---- */

struct filter_verdict {
    int64_t subscription_id;
    const struct filter_refusal *refusal;
};
struct filter_verdicts {
    struct filter_verdict *items;
    size_t count;
};

static const struct filter_refusal *refusal_in(const struct filter_verdicts *verdicts,
                                               int64_t subscription_id)
{
    static const struct filter_refusal late = {"The subscription was made after the message was published.",
                                               {&filtered}};

    for (size_t i = 0; i < verdicts->count; i++)
        if (verdicts->items[i].subscription_id == subscription_id)
            return verdicts->items[i].refusal;
    return &late;
}

const struct filter_refusal *sns_filter_refusal(struct filter_subject *subject, struct broadcast *broadcast,
                                                const struct sns_subscriber_row *subscriber)
{
    const struct call *call = subject->call;
    const struct filter_verdicts *verdicts = broadcast->message.verdicts;

    return verdicts ? refusal_in(verdicts, subscriber->id)
                    : refusal_of(subject, filter_of(call, subscriber->id),
                                 sns_broadcast_form(call, broadcast, subscriber->protocol)->text);
}

bool sns_topic_has_filters(const struct call *call, const struct topic *topic)
{
    struct sns_count_filters_of_topic_row of_topic = {0};

    sns_count_filters_of_topic(
        call->txn, &(struct sns_count_filters_of_topic_params){.topic_id = topic->row.id, .limit = 1},
        &of_topic);
    return of_topic.count > 0;
}

void sns_filters_prepare(const struct call *call, struct broadcast *broadcast,
                         const struct sns_subscriber_rows *subscribers)
{
    struct filter_subject subject = sns_filter_begin(call, broadcast);
    struct filter_verdicts *verdicts = arena_new(call->arena, struct filter_verdicts);
    const struct filter **filters = arena_alloc(call->arena, subscribers->count * sizeof *filters);

    for (size_t i = 0; i < subscribers->count; i++) {
        const struct sns_subscriber_row *one = &subscribers->items[i];
        filters[i] = one->filter_id ? filter_of(call, one->id) : NULL;
    }
    read_anew(call);
    for (size_t i = 0; i < subscribers->count; i++) {
        const struct sns_subscriber_row *one = &subscribers->items[i];
        struct filter_verdict *verdict = list_add(call->arena, verdicts);
        verdict->subscription_id = one->id;
        if (filters[i])
            verdict->refusal =
                refusal_of(&subject, filters[i], sns_broadcast_form(call, broadcast, one->protocol)->text);
    }
    broadcast->message.verdicts = verdicts;
}
