/*
 * attributes.c: a queue's attributes, as text outside and columns inside.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
 *
 * To add an attribute, add a column to sqs.sql and a row to the table below: how it is checked, stored and
 * shown.
 */
#include "sqs_internal.h"

#include "wire/json.h"

#include <stddef.h>

enum { MAX_RECEIVES = 1000, MAX_SOURCES = 10, MAX_VALUE_BYTES = 8192, MAX_NAMES = 1000 };

struct attribute {
    str name;
    /* False, after fail(), when the attribute cannot have the value. */
    bool (*set)(const struct call *call, const struct attribute *attribute, str value, struct queue *queue);
    str (*show)(const struct call *call, const struct attribute *attribute, const struct queue *queue);
    size_t offset; /* of an int64_t or str column in the row */
    int64_t min, max;
    bool of_fifo; /* a standard queue does not have it */
};

static int64_t *integer_of(const struct attribute *attribute, const struct queue *queue)
{
    return (int64_t *)((char *)(uintptr_t)&queue->row + attribute->offset);
}

static str *text_of(const struct attribute *attribute, const struct queue *queue)
{
    return (str *)((char *)(uintptr_t)&queue->row + attribute->offset);
}

static bool set_integer(const struct call *call, const struct attribute *attribute, str value,
                        struct queue *queue)
{
    int64_t number;

    (void)call;
    if (!str_to_i64(value, &number) || number < attribute->min || number > attribute->max)
        return false;
    *integer_of(attribute, queue) = number;
    return true;
}

static str show_integer(const struct call *call, const struct attribute *attribute, const struct queue *queue)
{
    return arena_format(call->arena, "%lld", (long long)*integer_of(attribute, queue));
}

static bool set_boolean(const struct call *call, const struct attribute *attribute, str value,
                        struct queue *queue)
{
    (void)call;
    *integer_of(attribute, queue) = str_equal_nocase(value, S("true"));
    return str_equal_nocase(value, S("true")) || str_equal_nocase(value, S("false"));
}

static str show_boolean(const struct call *call, const struct attribute *attribute, const struct queue *queue)
{
    (void)call;
    return *integer_of(attribute, queue) ? S("true") : S("false");
}

/* An empty text removes the attribute. */
static bool set_text(const struct call *call, const struct attribute *attribute, str value,
                     struct queue *queue)
{
    (void)call;
    *text_of(attribute, queue) = str_empty(value) ? (str){0} : value;
    return true;
}

static str show_text(const struct call *call, const struct attribute *attribute, const struct queue *queue)
{
    (void)call;
    return *text_of(attribute, queue);
}

static bool set_policy(const struct call *call, const struct attribute *attribute, str value,
                       struct queue *queue)
{
    str bound = value;

    if (!str_empty(value) && (!sqs_policy_size_check(call, value) || !is_resource_policy(call, value) ||
                              !sqs_policy_resources_are_single(call, value) ||
                              !sqs_policy_quotas_check(call, value) || !policy_bind(call, value, &bound)))
        return false;
    return set_text(call, attribute, bound, queue);
}

static str show_policy(const struct call *call, const struct attribute *attribute, const struct queue *queue)
{
    return policy_shown(call, show_text(call, attribute, queue));
}

/* A number, or its text: the console writes a number, CloudFormation a text. */
static bool read_count(const struct json *value, int64_t *count)
{
    return (json_is(value, JSON_NUMBER) || json_is(value, JSON_STRING)) && str_to_i64(value->text, count) &&
           *count >= 1 && *count <= MAX_RECEIVES;
}

static bool refuse_redrive(const struct call *call, str value, const char *reason)
{
    sqs_value_refuse(call, "RedrivePolicy", value, reason);
    return false;
}

/* Without a policy a queue accepts every source. */
bool sqs_redrive_allowed(const struct call *call, const struct queue *dead_letters, str source_arn)
{
    const struct json *policy = json_parse(call->arena, dead_letters->row.redrive_allow_policy, NULL);
    str permission = json_get_str(policy, S("redrivePermission"));
    const struct json *sources = json_get(policy, S("sourceQueueArns"));

    if (!str_present(permission) || str_equal(permission, S("allowAll")))
        return true;
    for (size_t i = 0; json_is(sources, JSON_ARRAY) && i < sources->count; i++)
        if (str_equal(sources->items[i].text, source_arn))
            return str_equal(permission, S("byQueue"));
    return false;
}

/* The policy must have exactly these two members. */
static bool redrive_form_check(const struct call *call, str value, const struct json *policy, int64_t *count)
{
    if (!json_is(policy, JSON_OBJECT))
        return refuse_redrive(call, value, "Redrive policy is not a valid JSON map.");
    if (!json_get(policy, S("maxReceiveCount")))
        return refuse_redrive(call, value,
                              "Redrive policy does not contain mandatory attribute: maxReceiveCount.");
    if (!json_get(policy, S("deadLetterTargetArn")))
        return refuse_redrive(call, value,
                              "Redrive policy does not contain mandatory attribute: deadLetterTargetArn.");
    if (policy->count > 2)
        return refuse_redrive(
            call, value, "Only following attributes are supported: [deadLetterTargetArn, maxReceiveCount].");
    return read_count(json_get(policy, S("maxReceiveCount")), count) ||
           refuse_redrive(call, value, "Invalid value for maxReceiveCount. Must be between 1 and 1000.");
}

/* The target must be a queue of the same account, region and type that accepts this source. */
static bool redrive_target_check(const struct call *call, str value, str target, const struct queue *queue)
{
    struct queue_address address;
    struct queue dead_letters;

    if (!sqs_queue_arn_split(target, &address))
        return refuse_redrive(call, value, "Invalid value for deadLetterTargetArn.");
    if (!str_equal(address.region, queue->row.region))
        return refuse_redrive(call, value, "Dead-letter target must be in same region as the source.");
    if (!str_equal(address.account, queue->row.account))
        return refuse_redrive(call, value, "Dead-letter target owner should be same as the source.");
    if (!sqs_queue_find_arn(call, target, &dead_letters))
        return refuse_redrive(call, value, "Dead letter target does not exist.");
    if (dead_letters.row.fifo != queue->row.fifo)
        return refuse_redrive(call, value, "Dead-letter queue must be same type of queue as the source.");
    return sqs_redrive_allowed(call, &dead_letters, queue->arn) ||
           refuse_redrive(call, value, "Dead letter target does not allow this source queue.");
}

/* It is always shown in one form, with the count as a number. */
static str redrive_text(const struct call *call, str target, int64_t count)
{
    struct json_writer writer = json_writer_in(call->arena);

    json_open_object(&writer);
    json_field(&writer, S("deadLetterTargetArn"), target);
    json_name(&writer, S("maxReceiveCount"));
    json_i64(&writer, count);
    json_close_object(&writer);
    return json_written(&writer);
}

static bool set_redrive(const struct call *call, const struct attribute *attribute, str value,
                        struct queue *queue)
{
    const struct json *policy = json_parse(call->arena, value, NULL);
    str target = json_get_str(policy, S("deadLetterTargetArn"));
    int64_t count;

    if (str_empty(value)) {
        queue->row.redrive_policy = queue->row.dead_letter_arn = (str){0};
        queue->row.max_receive_count = NULL;
        return true;
    }
    if (!redrive_form_check(call, value, policy, &count) || !redrive_target_check(call, value, target, queue))
        return false;
    queue->row.dead_letter_arn = target;
    queue->row.max_receive_count = arena_i64(call->arena, count);
    return set_text(call, attribute, redrive_text(call, target, count), queue);
}

/* Are they one to ten ARNs of queues? */
static bool are_sources(const struct json *sources)
{
    struct queue_address address;

    if (!json_is(sources, JSON_ARRAY) || sources->count < 1 || sources->count > MAX_SOURCES)
        return false;
    for (size_t i = 0; i < sources->count; i++)
        if (!json_is(&sources->items[i], JSON_STRING) ||
            !sqs_queue_arn_split(sources->items[i].text, &address))
            return false;
    return true;
}

/* "byQueue" must name the sources, the other permissions must not. */
static bool set_redrive_allow(const struct call *call, const struct attribute *attribute, str value,
                              struct queue *queue)
{
    const struct json *policy = json_parse(call->arena, value, NULL);
    const struct json *sources = json_get(policy, S("sourceQueueArns"));
    str permission = json_get_str(policy, S("redrivePermission"));
    bool for_all = str_equal(permission, S("allowAll")) || str_equal(permission, S("denyAll"));

    if (!str_empty(value) && !(for_all && !sources) &&
        !(str_equal(permission, S("byQueue")) && are_sources(sources)))
        return false;
    return set_text(call, attribute, value, queue);
}

/* The type is given when the queue is made, by its name, and stays. */
static bool set_fifo(const struct call *call, const struct attribute *attribute, str value,
                     struct queue *queue)
{
    (void)attribute, (void)queue;
    if (str_equal_nocase(value, S("true")))
        return true;
    fail(call, &SQS_INVALID_ATTRIBUTE_VALUE,
         "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.");
    return false;
}

static bool set_scope(const struct call *call, const struct attribute *attribute, str value,
                      struct queue *queue)
{
    return (str_equal(value, S("queue")) || str_equal(value, S("messageGroup"))) &&
           set_text(call, attribute, value, queue);
}

static bool set_throughput(const struct call *call, const struct attribute *attribute, str value,
                           struct queue *queue)
{
    return (str_equal(value, S("perQueue")) || str_equal(value, S("perMessageGroupId"))) &&
           set_text(call, attribute, value, queue);
}

#define COLUMN(name) offsetof(struct sqs_queue_row, name)

static const struct attribute settable[] = {
    {STR_INIT("VisibilityTimeout"), set_integer, show_integer, COLUMN(visibility_timeout), 0, 43200, false},
    {STR_INIT("MaximumMessageSize"), set_integer, show_integer, COLUMN(maximum_message_size), 1024, 1048576,
     false},
    {STR_INIT("MessageRetentionPeriod"), set_integer, show_integer, COLUMN(retention_seconds), 60, 1209600,
     false},
    {STR_INIT("DelaySeconds"), set_integer, show_integer, COLUMN(delay_seconds), 0, MAX_DELAY_SECONDS, false},
    {STR_INIT("ReceiveMessageWaitTimeSeconds"), set_integer, show_integer, COLUMN(wait_seconds), 0, 20,
     false},
    {STR_INIT("SqsManagedSseEnabled"), set_boolean, show_boolean, COLUMN(sse_managed), 0, 0, false},
    {STR_INIT("Policy"), set_policy, show_policy, COLUMN(policy), 0, 0, false},
    {STR_INIT("RedrivePolicy"), set_redrive, show_text, COLUMN(redrive_policy), 0, 0, false},
    {STR_INIT("RedriveAllowPolicy"), set_redrive_allow, show_text, COLUMN(redrive_allow_policy), 0, 0, false},
    {STR_INIT("KmsMasterKeyId"), set_text, show_text, COLUMN(kms_key_id), 0, 0, false},
    {STR_INIT("KmsDataKeyReusePeriodSeconds"), set_integer, show_integer, COLUMN(kms_reuse_seconds), 60,
     86400, false},
    {STR_INIT("FifoQueue"), set_fifo, show_boolean, COLUMN(fifo), 0, 0, true},
    {STR_INIT("ContentBasedDeduplication"), set_boolean, show_boolean, COLUMN(content_based_deduplication), 0,
     0, true},
    {STR_INIT("DeduplicationScope"), set_scope, show_text, COLUMN(deduplication_scope), 0, 0, true},
    {STR_INIT("FifoThroughputLimit"), set_throughput, show_text, COLUMN(fifo_throughput_limit), 0, 0, true},
};
enum { SETTABLE = sizeof settable / sizeof *settable };

static const struct attribute *find_settable(str name)
{
    for (size_t i = 0; i < SETTABLE; i++)
        if (str_equal(settable[i].name, name))
            return &settable[i];
    return NULL;
}

/* AWS has sentences of two kinds for attributes of FIFO queues. */
static bool refuse_for_standard(const struct call *call, str name)
{
    enum sqs_queue_attribute_name attribute = sqs_queue_attribute_name_of(name);
    bool is_high_throughput = attribute == SQS_QUEUE_ATTRIBUTE_NAME_DEDUPLICATION_SCOPE ||
                              attribute == SQS_QUEUE_ATTRIBUTE_NAME_FIFO_THROUGHPUT_LIMIT;

    if (is_high_throughput)
        fail(call, &SQS_INVALID_ATTRIBUTE_NAME,
             "You can specify the %.*s only when FifoQueue is set to true.", STR_ARGS(name));
    else
        fail(call, &SQS_INVALID_ATTRIBUTE_NAME, "Unknown Attribute %.*s.", STR_ARGS(name));
    return false;
}

static bool apply(const struct call *call, str name, str value, struct queue *queue)
{
    const struct attribute *attribute = find_settable(name);

    if (attribute && attribute->of_fifo && !queue->row.fifo)
        return refuse_for_standard(call, name);
    if (!attribute) {
        fail(call, &SQS_INVALID_ATTRIBUTE_NAME, "Unknown Attribute %.*s.", STR_ARGS(name));
        return false;
    }
    bool is_short = value.size <= MAX_VALUE_BYTES || attribute->set == set_policy;
    if (is_short && str_is_xml_text(value) && attribute->set(call, attribute, value, queue))
        return true;
    if (!call->progress->failure.error)
        fail(call, &SQS_INVALID_ATTRIBUTE_VALUE, "Invalid value for the parameter %.*s.", STR_ARGS(name));
    return false;
}

/* A queue is encrypted with KMS's keys or with SQS's own: turning one on turns the other off. */
static bool settle_encryption(const struct call *call, const struct str_map *attributes, struct queue *queue)
{
    bool by_kms = !str_empty(str_map_get(attributes, S("KmsMasterKeyId")));
    bool by_sqs = str_equal_nocase(str_map_get(attributes, S("SqsManagedSseEnabled")), S("true"));

    if (by_kms && by_sqs) {
        fail(call, &SQS_INVALID_ATTRIBUTE_NAME,
             "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS "
             "SSE or SQS SSE.");
        return false;
    }
    if (by_kms)
        queue->row.sse_managed = 0;
    if (by_sqs)
        queue->row.kms_key_id = (str){0};
    return true;
}

/* https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/high-throughput-fifo.html */
static bool throughput_check(const struct call *call, const struct queue *queue)
{
    if (!str_equal(queue->row.fifo_throughput_limit, S("perMessageGroupId")) ||
        str_equal(queue->row.deduplication_scope, S("messageGroup")))
        return true;
    fail(
        call, &SQS_INVALID_ATTRIBUTE_VALUE,
        "Invalid value for the parameter FifoThroughputLimit. Reason: The perMessageGroupId value is allowed "
        "only when the value for DeduplicationScope is messageGroup.");
    return false;
}

bool sqs_attributes_apply(const struct call *call, const struct str_map *attributes, struct queue *queue)
{
    for (size_t i = 0; i < attributes->count; i++)
        if (!apply(call, attributes->items[i].key, attributes->items[i].value, queue))
            return false;
    return settle_encryption(call, attributes, queue) && throughput_check(call, queue);
}

bool sqs_attributes_match(const struct call *call, const struct str_map *attributes,
                          const struct queue *queue, const struct queue *wanted, str *different)
{
    for (size_t i = 0; i < attributes->count; i++) {
        const struct attribute *attribute = find_settable(attributes->items[i].key);
        *different = attributes->items[i].key;
        if (!str_equal(attribute->show(call, attribute, queue), attribute->show(call, attribute, wanted)))
            return false;
    }
    return true;
}

void sqs_attributes_store(const struct call *call, struct queue *queue)
{
    queue->row.modified_ms = call->now_ms;
    sqs_update_queue(call->txn, &queue->row);
}

enum outcome sqs_set_queue_attributes(const struct call *call,
                                      const struct sqs_set_queue_attributes_request *in,
                                      struct sqs_set_queue_attributes_output *out)
{
    const struct queue *located = sqs_queue_of(call);

    (void)out;
    if (!located)
        return FAILED;
    struct queue queue = *located;
    if (!sqs_attributes_apply(call, &in->attributes, &queue))
        return FAILED;
    sqs_attributes_store(call, &queue);
    if (str_present(str_map_get(&in->attributes, S("MessageRetentionPeriod"))))
        sqs_sweep_start(call, &queue);
    if (queue.row.fifo && queue.row.delay_seconds != located->row.delay_seconds)
        sqs_delays_change(call, &queue);
    return DONE;
}

bool sqs_attributes_number_check(const struct call *call, const struct str_list *names)
{
    if (names->count <= MAX_NAMES)
        return true;
    fail(call, &SQS_INVALID_PARAMETER_VALUE_EXCEPTION, "A request may name at most %d attributes.",
         MAX_NAMES);
    return false;
}

bool sqs_attributes_ask_for(const struct str_list *names, str name)
{
    return str_is_one_of(name, names->items, names->count) ||
           str_is_one_of(S("All"), names->items, names->count);
}

/* Add the attribute if the request asks for it and it has a value. */
static void show(const struct call *call, const struct str_list *names, struct str_map *shown, str name,
                 str value)
{
    if (sqs_attributes_ask_for(names, name))
        str_map_add(call->arena, shown, name, value);
}

static void show_counts(const struct call *call, const struct str_list *names, const struct queue *queue,
                        struct str_map *shown)
{
    str ready = S("ApproximateNumberOfMessages"), in_flight = S("ApproximateNumberOfMessagesNotVisible"),
        delayed = S("ApproximateNumberOfMessagesDelayed");

    if (!sqs_attributes_ask_for(names, ready) && !sqs_attributes_ask_for(names, in_flight) &&
        !sqs_attributes_ask_for(names, delayed))
        return;
    struct counts count = sqs_counts_read(call, queue);
    show(call, names, shown, ready, arena_decimal(call->arena, count.ready));
    show(call, names, shown, in_flight, arena_decimal(call->arena, count.in_flight));
    show(call, names, shown, delayed, arena_decimal(call->arena, count.delayed));
}

/* Every name must be one of AWS's; for names of FIFO queues a standard queue has no value. */
static bool names_check(const struct call *call, const struct str_list *names)
{
    for (size_t i = 0; i < names->count; i++) {
        const char *const *known = SQS_QUEUE_ATTRIBUTE_NAME.values;
        while (*known && !str_equal(str_of(*known), names->items[i]))
            known++;
        if (!*known) {
            fail(call, &SQS_INVALID_ATTRIBUTE_NAME, "Unknown Attribute %.*s.", STR_ARGS(names->items[i]));
            return false;
        }
    }
    return true;
}

static bool is_shown(const struct attribute *attribute, const struct queue *queue)
{
    bool is_of_kms = sqs_queue_attribute_name_of(attribute->name) ==
                     SQS_QUEUE_ATTRIBUTE_NAME_KMS_DATA_KEY_REUSE_PERIOD_SECONDS;

    return (!attribute->of_fifo || queue->row.fifo) && (!is_of_kms || str_present(queue->row.kms_key_id));
}

enum outcome sqs_get_queue_attributes(const struct call *call,
                                      const struct sqs_get_queue_attributes_request *in,
                                      struct sqs_get_queue_attributes_result *out)
{
    const struct str_list *names = &in->attribute_names;
    struct str_map *shown = &out->attributes;
    const struct queue *queue = sqs_queue_of(call);

    if (!queue || !sqs_attributes_number_check(call, names) || !names_check(call, names))
        return FAILED;
    show(call, names, shown, S("QueueArn"), queue->arn);
    show_counts(call, names, queue, shown);
    show(call, names, shown, S("CreatedTimestamp"),
         arena_decimal(call->arena, queue->row.created_ms / MS_PER_S));
    show(call, names, shown, S("LastModifiedTimestamp"),
         arena_decimal(call->arena, queue->row.modified_ms / MS_PER_S));
    for (size_t i = 0; i < SETTABLE; i++)
        if (is_shown(&settable[i], queue))
            show(call, names, shown, settable[i].name, settable[i].show(call, &settable[i], queue));
    return DONE;
}
