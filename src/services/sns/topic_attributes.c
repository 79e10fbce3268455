/*
 * topic_attributes.c: a topic's attributes: setting and showing them.
 * https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html
 *
 * To add an attribute, add a column to sns.sql and a row to the table below.
 */
#include "feedback.h"
#include "subscription.h"

#include "aws/policy_document.h"

#include <stddef.h>

enum { MAX_DISPLAY_NAME = 100 };

static const str default_sid = STR_INIT("__default_statement_ID");

struct attribute {
    str name;
    size_t offset; /* of a str column in the row */
    bool (*check)(const struct call *call, str value);
};

static bool is_text(const struct call *call, str value)
{
    (void)call;
    return str_is_xml_text(value);
}

static bool is_display_name(const struct call *call, str value)
{
    (void)call;
    return str_characters(value) <= MAX_DISPLAY_NAME && str_is_xml_text(value);
}

static bool is_policy(const struct call *call, str value)
{
    return is_resource_policy(call, value);
}

static bool is_delivery_policy(const struct call *call, str value)
{
    return str_empty(value) || !str_present(sns_topic_delivery_policy_problem(call, value));
}

static bool is_tracing_config(const struct call *call, str value)
{
    (void)call;
    return str_equal(value, S("PassThrough")) || str_equal(value, S("Active"));
}

#define COLUMN(name) offsetof(struct sns_topic_row, name)

static const struct attribute texts[] = {
    {STR_INIT("DisplayName"), COLUMN(display_name), is_display_name},
    {STR_INIT("Policy"), COLUMN(policy), is_policy},
    {STR_INIT("DeliveryPolicy"), COLUMN(delivery_policy), is_delivery_policy},
    {STR_INIT("KmsMasterKeyId"), COLUMN(kms_key_id), is_text},
    {STR_INIT("TracingConfig"), COLUMN(tracing_config), is_tracing_config},
};
enum { TEXTS = sizeof texts / sizeof *texts };

static const struct attribute *find_text(str name)
{
    for (size_t i = 0; i < TEXTS; i++)
        if (str_equal(texts[i].name, name))
            return &texts[i];
    return NULL;
}

static str text_of(const struct topic *topic, const struct attribute *attribute)
{
    return *(const str *)((const char *)&topic->row + attribute->offset);
}

static str shown_text(const struct call *call, const struct topic *topic, const struct attribute *attribute)
{
    str text = text_of(topic, attribute);

    return attribute->check == is_policy ? policy_shown(call, text) : text;
}

static bool refuse(const struct call *call, str name)
{
    fail(call, &SNS_INVALID_PARAMETER_EXCEPTION, "Invalid parameter: %.*s", STR_ARGS(name));
    return false;
}

static bool is_size_limit(str name)
{
    return str_equal(name, S("MaximumMessageSize"));
}

/* Absent when it was never set. */
static str size_limit_shown(const struct call *call, const struct topic *topic)
{
    const int64_t *bytes = topic->row.maximum_message_size;

    return bytes ? arena_decimal(call->arena, *bytes) : (str){0};
}

static bool is_signature_version(str name, str value)
{
    return str_equal(name, S("SignatureVersion")) && (str_equal(value, S("1")) || str_equal(value, S("2")));
}

bool sns_topic_attribute_set(const struct call *call, struct topic *topic, str name, str value)
{
    const struct attribute *attribute = find_text(name);

    if (value.size > MAX_POLICY_BYTES && !(attribute && attribute->check == is_policy))
        return refuse(call, name);
    if (is_signature_version(name, value)) {
        topic->row.signature_version = value.data[0] - '0';
        return true;
    }
    if (sns_fifo_is_attribute(name))
        return sns_fifo_attribute_set(call, topic, name, value);
    if (is_size_limit(name))
        return sns_message_size_limit_set(call, topic, value);
    if (str_equal(name, S("ArchivePolicy")))
        return sns_archive_policy_set(call, topic, value);
    if (sns_feedback_is_attribute(name))
        return sns_feedback_set(call, name, value, &topic->row.feedback);
    if (!attribute)
        return refuse(call, str_equal(name, S("SignatureVersion")) ? name : S("AttributeName"));
    const char *problem = attribute->check == is_policy ? sns_policy_problem(call, value) : NULL;
    if (problem)
        return refuse(call, str_of(problem));
    if (!attribute->check(call, value))
        return refuse(call, name);
    if (attribute->check == is_policy && !policy_bind(call, value, &value))
        return refuse(call, S("Policy Error: PrincipalNotFound"));
    *(str *)((char *)&topic->row + attribute->offset) = str_empty(value) ? (str){0} : value;
    return true;
}

bool sns_topic_attribute_is(const struct call *call, const struct topic *topic, str name, str value)
{
    const struct attribute *attribute = find_text(name);

    if (is_signature_version(name, value))
        return topic->row.signature_version == value.data[0] - '0';
    if (sns_feedback_is_attribute(name))
        return str_equal(sns_feedback_get(call, topic->row.feedback, name), value);
    if (sns_fifo_is_attribute(name))
        return str_equal(sns_fifo_attribute(topic, name), value);
    if (is_size_limit(name))
        return str_equal(size_limit_shown(call, topic), value);
    if (str_equal(name, S("ArchivePolicy")))
        return str_equal(sns_archive_policy(call, topic), value);
    return attribute && str_equal(shown_text(call, topic, attribute), value);
}

enum outcome sns_set_topic_attributes(const struct call *call,
                                      const struct sns_set_topic_attributes_input *in,
                                      struct sns_set_topic_attributes_output *out)
{
    const struct topic *located = sns_topic_of(call);
    str value = str_present(in->attribute_value) ? in->attribute_value : S("");

    (void)out;
    if (!located)
        return FAILED;
    struct topic topic = *located;
    if (!sns_topic_attribute_set(call, &topic, in->attribute_name, value))
        return FAILED;
    sns_update_topic(call->txn, &topic.row);
    sns_archive_changed(call, located, &topic);
    return DONE;
}

/* The statement of a topic whose policy was never set: its own account may do everything. */
static str default_statement(const struct call *call, const struct topic *topic)
{
    return arena_format(
        call->arena,
        "{\"Sid\":\"__default_statement_ID\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"*\"},"
        "\"Action\":[\"SNS:GetTopicAttributes\",\"SNS:SetTopicAttributes\",\"SNS:AddPermission\","
        "\"SNS:RemovePermission\",\"SNS:DeleteTopic\",\"SNS:Subscribe\",\"SNS:ListSubscriptionsByTopic\","
        "\"SNS:Publish\"],\"Resource\":\"%.*s\","
        "\"Condition\":{\"StringEquals\":{\"AWS:SourceOwner\":\"%.*s\"}}}",
        STR_ARGS(topic->arn), STR_ARGS(topic->row.account));
}

str sns_topic_policy(const struct call *call, const struct topic *topic)
{
    if (str_present(topic->row.policy))
        return topic->row.policy;
    return arena_concat(call->arena,
                        S("{\"Version\":\"2008-10-17\",\"Id\":\"__default_policy_ID\",\"Statement\":["),
                        default_statement(call, topic), S("]}"));
}

str sns_topic_binding_policy(const struct call *call, const struct topic *topic)
{
    str policy = topic->row.policy;

    if (call->caller && call->caller->kind == PRINCIPAL_SERVICE)
        return sns_topic_policy(call, topic); /* services of the topic's account need no further permission */
    if (!str_present(policy) || str_find(policy, default_sid) < 0 ||
        str_find(policy, default_statement(call, topic)) < 0)
        return policy;
    struct policy_document document = policy_document_read(call->arena, policy);
    return policy_document_remove(call->arena, &document, default_sid);
}

enum outcome sns_get_topic_attributes(const struct call *call,
                                      const struct sns_get_topic_attributes_input *in,
                                      struct sns_get_topic_attributes_response *out)
{
    static const str fifo_names[] = {STR_INIT("FifoTopic"), STR_INIT("ContentBasedDeduplication"),
                                     STR_INIT("FifoThroughputScope")};
    struct str_map *shown = &out->attributes;
    const struct topic *topic = sns_topic_of(call);

    (void)in;
    if (!topic)
        return FAILED;
    const struct sns_topic_row *row = &topic->row;
    str_map_add(call->arena, shown, S("TopicArn"), topic->arn);
    str_map_add(call->arena, shown, S("Owner"), row->account);
    str_map_add(call->arena, shown, S("Policy"), policy_shown(call, sns_topic_policy(call, topic)));
    str_map_add(call->arena, shown, S("DisplayName"),
                str_present(row->display_name) ? row->display_name : S(""));
    str_map_add(call->arena, shown, S("SubscriptionsConfirmed"),
                arena_decimal(call->arena, row->subscriptions));
    str_map_add(call->arena, shown, S("SubscriptionsPending"),
                arena_decimal(call->arena, row->pending_subscriptions));
    str_map_add(call->arena, shown, S("SubscriptionsDeleted"),
                arena_decimal(call->arena, row->deleted_subscriptions));
    str_map_add(call->arena, shown, S("DeliveryPolicy"),
                sns_topic_delivery_policy_shown(call, row->delivery_policy));
    str_map_add(call->arena, shown, S("EffectiveDeliveryPolicy"),
                sns_topic_effective_delivery_policy(call, row->delivery_policy));
    str_map_add(call->arena, shown, S("KmsMasterKeyId"), row->kms_key_id);
    str_map_add(call->arena, shown, S("TracingConfig"), row->tracing_config);
    for (size_t i = 0; i < sizeof fifo_names / sizeof *fifo_names; i++)
        str_map_add(call->arena, shown, fifo_names[i], sns_fifo_attribute(topic, fifo_names[i]));
    str_map_add(call->arena, shown, S("MaximumMessageSize"), size_limit_shown(call, topic));
    str_map_add(call->arena, shown, S("ArchivePolicy"), sns_archive_policy(call, topic));
    str_map_add(call->arena, shown, S("BeginningArchiveTime"), sns_archive_begins(call, topic));
    sns_feedback_show(call, row->feedback, shown);
    if (row->signature_version != 1)
        str_map_add(call->arena, shown, S("SignatureVersion"),
                    arena_decimal(call->arena, row->signature_version));
    return DONE;
}
