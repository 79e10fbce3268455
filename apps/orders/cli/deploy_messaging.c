/*
 * deploy_messaging.c: the table, the queues, the topic and what connects them.
 */
#include "orders/cli/deploy.h"
#include "orders/cli/documents.h"

#include "base/list.h"

#include "sns_model.h"

enum { TABLE_PATIENCE_SECONDS = 120 };

/* ---- the table ---- */

static bool describe_table(struct orders *orders, str *status)
{
    struct dynamodb_describe_table_input in = {.table_name = S(ORDERS_TABLE)};
    struct dynamodb_describe_table_output out = {0};

    if (!orders_call(orders, &DYNAMODB_DESCRIBE_TABLE, &in, &out))
        return false;
    *status = out.table ? out.table->table_status : (str){0};
    return true;
}

static bool create_table(struct orders *orders)
{
    struct dynamodb_attribute_definition attribute = {S("orderId"), S("S")};
    struct dynamodb_key_schema_element key = {S("orderId"), S("HASH")};
    struct dynamodb_create_table_input in = {
        .table_name = S(ORDERS_TABLE),
        .attribute_definitions = {&attribute, 1},
        .key_schema = {&key, 1},
        .billing_mode = S("PAY_PER_REQUEST"),
    };
    struct dynamodb_create_table_output out = {0};

    return orders_call(orders, &DYNAMODB_CREATE_TABLE, &in, &out);
}

static bool await_table(struct orders *orders)
{
    struct patience patience = patience_of(TABLE_PATIENCE_SECONDS);
    str status;

    do {
        if (!describe_table(orders, &status))
            return false;
    } while (str_equal(status, S("CREATING")) && patience_wait(&patience));
    return true;
}

enum deploy_change deploy_table(struct deployment *deployment)
{
    struct orders *orders = deployment->orders;
    str status;

    if (describe_table(orders, &status))
        return CHANGE_NONE;
    if (!failed_with(&orders->failure, &DYNAMODB_RESOURCE_NOT_FOUND_EXCEPTION))
        return CHANGE_FAILED;
    return create_table(orders) && await_table(orders) ? CHANGE_CREATED : CHANGE_FAILED;
}

/* ---- queues ---- */

static void set_attribute(struct arena *arena, struct str_map *attributes, str name, str value)
{
    *list_add(arena, attributes) = (struct str_map_entry){name, value};
}

static enum deploy_change create_queue(struct orders *orders, const char *name, struct str_map attributes,
                                       str *url)
{
    struct sqs_create_queue_request in = {.queue_name = str_of(name), .attributes = attributes};
    struct sqs_create_queue_result out = {0};

    if (!orders_call(orders, &SQS_CREATE_QUEUE, &in, &out))
        return CHANGE_FAILED;
    *url = out.queue_url;
    return CHANGE_CREATED;
}

static bool attribute_differs(struct arena *arena, str wanted, str actual)
{
    return !str_equal(wanted, actual) && !documents_equal(arena, wanted, actual);
}

static enum deploy_change update_queue(struct orders *orders, struct str_map attributes, str url)
{
    static str names[] = {STR_INIT("All")};
    struct sqs_get_queue_attributes_request get = {.queue_url = url, .attribute_names = {names, 1}};
    struct sqs_get_queue_attributes_result actual = {0};
    struct sqs_set_queue_attributes_request set = {.queue_url = url};
    struct sqs_set_queue_attributes_output nothing = {0};

    if (!orders_call(orders, &SQS_GET_QUEUE_ATTRIBUTES, &get, &actual))
        return CHANGE_FAILED;
    for (size_t i = 0; i < attributes.count; i++) {
        const struct str_map_entry *wanted = &attributes.items[i];
        if (attribute_differs(orders->arena, wanted->value, str_map_get(&actual.attributes, wanted->key)))
            set_attribute(orders->arena, &set.attributes, wanted->key, wanted->value);
    }
    if (set.attributes.count == 0)
        return CHANGE_NONE;
    return orders_call(orders, &SQS_SET_QUEUE_ATTRIBUTES, &set, &nothing) ? CHANGE_UPDATED : CHANGE_FAILED;
}

static enum deploy_change ensure_queue(struct orders *orders, const char *name, struct str_map attributes,
                                       str *url)
{
    struct sqs_get_queue_url_request in = {.queue_name = str_of(name)};
    struct sqs_get_queue_url_result out = {0};

    if (orders_call(orders, &SQS_GET_QUEUE_URL, &in, &out)) {
        *url = out.queue_url;
        return update_queue(orders, attributes, *url);
    }
    if (!failed_with(&orders->failure, &SQS_QUEUE_DOES_NOT_EXIST))
        return CHANGE_FAILED;
    return create_queue(orders, name, attributes, url);
}

enum deploy_change deploy_dead_letter_queue(struct deployment *deployment)
{
    struct str_map attributes = {0};

    /* The longest period that SQS allows: a message keeps its age when it moves here. */
    set_attribute(deployment->orders->arena, &attributes, S("MessageRetentionPeriod"), S("1209600"));
    return ensure_queue(deployment->orders, ORDERS_DEAD_LETTERS, attributes, &deployment->dead_letter_url);
}

static str queue_policy(const struct deployment *deployment)
{
    return arena_format(
        deployment->orders->arena,
        "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"OrderTopicMaySend\",\"Effect\":"
        "\"Allow\",\"Principal\":{\"Service\":\"sns.amazonaws.com\"},\"Action\":\"sqs:SendMessage\","
        "\"Resource\":\"%.*s\",\"Condition\":{\"ArnEquals\":{\"aws:SourceArn\":\"%.*s\"}}}]}",
        STR_ARGS(deployment->queue_arn), STR_ARGS(deployment->topic_arn));
}

enum deploy_change deploy_queue(struct deployment *deployment)
{
    struct arena *arena = deployment->orders->arena;
    struct str_map attributes = {0};

    set_attribute(arena, &attributes, S("VisibilityTimeout"),
                  arena_format(arena, "%lld", (long long)deployment->visibility_seconds));
    set_attribute(arena, &attributes, S("RedrivePolicy"),
                  arena_format(arena, "{\"deadLetterTargetArn\":\"%.*s\",\"maxReceiveCount\":3}",
                               STR_ARGS(deployment->dead_letter_arn)));
    set_attribute(arena, &attributes, S("Policy"), queue_policy(deployment));
    return ensure_queue(deployment->orders, ORDERS_QUEUE, attributes, &deployment->queue_url);
}

/* ---- the topic ---- */

enum deploy_change deploy_topic(struct deployment *deployment)
{
    struct orders *orders = deployment->orders;
    struct sns_get_topic_attributes_input get = {.topic_arn = deployment->topic_arn};
    struct sns_get_topic_attributes_response attributes = {0};
    struct sns_create_topic_input create = {.name = S(ORDERS_TOPIC)};
    struct sns_create_topic_response created = {0};

    if (orders_call(orders, &SNS_GET_TOPIC_ATTRIBUTES, &get, &attributes))
        return CHANGE_NONE;
    if (!failed_with(&orders->failure, &SNS_NOT_FOUND_EXCEPTION))
        return CHANGE_FAILED;
    return orders_call(orders, &SNS_CREATE_TOPIC, &create, &created) ? CHANGE_CREATED : CHANGE_FAILED;
}

/* False when the call failed. */
static bool find_subscription(const struct deployment *deployment, bool *found)
{
    struct sns_list_subscriptions_by_topic_input in = {.topic_arn = deployment->topic_arn};

    *found = false;
    do {
        struct sns_list_subscriptions_by_topic_response out = {0};
        if (!orders_call(deployment->orders, &SNS_LIST_SUBSCRIPTIONS_BY_TOPIC, &in, &out))
            return false;
        for (size_t i = 0; i < out.subscriptions.count; i++)
            *found = *found || str_equal(out.subscriptions.items[i].endpoint, deployment->queue_arn);
        in.next_token = out.next_token;
    } while (!*found && in.next_token.size > 0);
    return true;
}

enum deploy_change deploy_subscription(struct deployment *deployment)
{
    struct sns_subscribe_input in = {
        .topic_arn = deployment->topic_arn, .protocol = S("sqs"), .endpoint = deployment->queue_arn};
    struct sns_subscribe_response out = {0};
    bool found;

    if (!find_subscription(deployment, &found))
        return CHANGE_FAILED;
    if (found)
        return CHANGE_NONE;
    return orders_call(deployment->orders, &SNS_SUBSCRIBE, &in, &out) ? CHANGE_CREATED : CHANGE_FAILED;
}
