/*
 * subscription_attributes.c: a subscription's attributes: setting and showing them.
 *
 * To add an attribute, give it columns in sns.sql, a function that sets them, and a line in `attributes`.
 */
#include "subscription.h"

static bool refuse(const struct setting *setting, str problem)
{
    fail(setting->call, &SNS_INVALID_PARAMETER_EXCEPTION, "Invalid parameter: %s%.*s", setting->where,
         STR_ARGS(problem));
    return false;
}

static bool set_raw_delivery(const struct setting *setting, str value)
{
    if (!(sns_transport_find(setting->row->protocol)->flags & TRANSPORT_RAW))
        return refuse(setting,
                      arena_concat(setting->call->arena, S("Delivery protocol ["), setting->row->protocol,
                                   S("] does not support raw message delivery.")));
    setting->row->raw_delivery = str_equal_nocase(value, S("true"));
    return setting->row->raw_delivery || str_equal_nocase(value, S("false")) ||
           refuse(setting, arena_concat(setting->call->arena, S("RawMessageDelivery: Invalid value ["), value,
                                        S("]. Must be true or false.")));
}

/* No text, or an empty object, removes the policy. */
static bool set_filter_policy(const struct setting *setting, str value)
{
    setting->row->filter_policy = str_empty(value) ? (str){0} : value;
    return true;
}

static bool set_filter_scope(const struct setting *setting, str value)
{
    static const str scopes[] = {STR_INIT("MessageAttributes"), STR_INIT("MessageBody")};

    setting->row->filter_scope = value;
    return str_is_one_of(value, scopes, sizeof scopes / sizeof *scopes) ||
           refuse(setting, arena_concat(setting->call->arena, S("FilterPolicyScope: Invalid value ["),
                                        str_empty(value) ? S("null") : value,
                                        S("]. Please use either MessageBody or MessageAttributes")));
}

static bool set_delivery_policy(const struct setting *setting, str value)
{
    const struct call *call = setting->call;
    str problem = str_empty(value) ? (str){0} : sns_delivery_policy_problem(call, value);

    setting->row->delivery_policy = str_empty(value) ? (str){0} : value;
    if (!(sns_transport_find(setting->row->protocol)->flags & TRANSPORT_POLICY))
        return refuse(setting, arena_concat(call->arena, S("Delivery protocol ["), setting->row->protocol,
                                            S("] does not support specification of a delivery policy.")));
    return !str_present(problem) || refuse(setting, problem);
}

static bool set_redrive_policy(const struct setting *setting, str value)
{
    const char *problem = str_empty(value) ? NULL : sns_redrive_problem(setting->call, setting->row, value);

    setting->row->redrive_policy = str_empty(value) ? (str){0} : value;
    return !problem || refuse(setting, str_of(problem));
}

/* sns_replay_begin() stores it. */
static bool set_replay_policy(const struct setting *setting, str value)
{
    const char *problem =
        str_empty(value) ? NULL : sns_replay_problem(setting->call, setting->row->topic_id, value);

    return !problem ||
           refuse(setting, arena_join(setting->call->arena, S("ReplayPolicy: "), str_of(problem)));
}

static const struct attribute {
    str name;
    bool (*set)(const struct setting *setting, str value); /* NULL: not supported yet */
} attributes[] = {
    {STR_INIT("RawMessageDelivery"), set_raw_delivery},
    {STR_INIT("FilterPolicy"), set_filter_policy},
    {STR_INIT("FilterPolicyScope"), set_filter_scope},
    {STR_INIT("DeliveryPolicy"), set_delivery_policy},
    {STR_INIT("RedrivePolicy"), set_redrive_policy},
    {STR_INIT("ReplayPolicy"), set_replay_policy},
    {STR_INIT("SubscriptionRoleArn"), NULL},
};

static const struct attribute *find(str name)
{
    for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++)
        if (str_equal(attributes[i].name, name))
            return &attributes[i];
    return NULL;
}

bool sns_subscription_attribute_set(const struct setting *setting, str name, str value)
{
    const struct attribute *attribute = find(name);

    if (!attribute)
        return refuse(setting, S("AttributeName"));
    if (!attribute->set)
        return refuse(setting,
                      arena_concat(setting->call->arena, S("AttributeName Reason: Orderly does not support "),
                                   name, S(" yet; see docs/compatibility.md.")));
    if (value.size > MAX_POLICY_BYTES && attribute->set != set_filter_policy) /* which has its own limit */
        return refuse(setting, arena_format(setting->call->arena, "%.*s: the value is longer than %d bytes",
                                            STR_ARGS(name), MAX_POLICY_BYTES));
    return attribute->set(setting, str_present(value) ? value : S(""));
}

bool sns_subscription_attributes_check(const struct setting *setting)
{
    return sns_filter_change(setting);
}

static str scope_of(const struct sns_subscription_row *row)
{
    return str_present(row->filter_scope) ? row->filter_scope : S("MessageAttributes");
}

bool sns_subscription_attributes_equal(const struct sns_subscription_row *a,
                                       const struct sns_subscription_row *b)
{
    return a->raw_delivery == b->raw_delivery && str_equal(a->filter_policy, b->filter_policy) &&
           str_equal(scope_of(a), scope_of(b)) && str_equal(a->redrive_policy, b->redrive_policy) &&
           str_equal(a->delivery_policy, b->delivery_policy);
}

static void show_delivery_policy(const struct call *call, const struct sns_subscription_row *row,
                                 struct str_map *shown)
{
    struct sns_topic_row topic = {0};

    if (!(sns_transport_find(row->protocol)->flags & TRANSPORT_POLICY))
        return;
    sns_find_subscribed_topic(call->txn, &(struct sns_find_subscribed_topic_params){.id = row->topic_id},
                              &topic);
    str_map_add(call->arena, shown, S("DeliveryPolicy"),
                sns_delivery_policy_shown(call, row->delivery_policy));
    str_map_add(call->arena, shown, S("EffectiveDeliveryPolicy"),
                sns_effective_delivery_policy(call, topic.delivery_policy, row->delivery_policy));
}

void sns_subscription_attributes_show(const struct call *call, const struct sns_subscription_row *row,
                                      struct str_map *shown)
{
    sns_replay_show(call, row->arn, shown);
    str_map_add(call->arena, shown, S("RawMessageDelivery"), row->raw_delivery ? S("true") : S("false"));
    str_map_add(call->arena, shown, S("RedrivePolicy"), row->redrive_policy);
    show_delivery_policy(call, row, shown);
    if (!str_present(row->filter_policy))
        return;
    str_map_add(call->arena, shown, S("FilterPolicy"), row->filter_policy);
    str_map_add(call->arena, shown, S("FilterPolicyScope"), scope_of(row));
}
