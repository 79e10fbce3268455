/*
 * publish.c: checks what is published; fanout.c delivers it.
 */
#include "push.h"

#include "aws/batch_ids.h"
#include "base/hash.h"
#include "engine/count.h"
#include "engine/delivery.h"

#include <inttypes.h>

enum { SEARCHED_AT_ONCE = 16 * 1024 }; /* of a message, on the engine */

static const struct metric published = {"AWS/SNS", "NumberOfMessagesPublished", "TopicName", "Count"};

static void publish(const struct call *call, const struct topic *topic,
                    const struct sns_subscriber_rows *subscribers, struct message *message)
{
    if (topic->row.fifo_id && !sns_fifo_accept(call, topic, message))
        return;
    struct way way = {.trace_id = str_present(call->trace_id)
                                      ? call->trace_id
                                      : trace_of_id(call->arena, message->id, message->published_ms),
                      .trace_header = call->trace_header};

    way.published = trace(call, &(struct trace_hop){
                                    .kind = HOP_PUBLISHED,
                                    .trace_id = way.trace_id,
                                    .resource_arn = topic->arn,
                                    .message_id = message->id,
                                    .text = message->text,
                                });
    sns_audit(call, topic, message);
    sns_archive_message(call, topic, message);
    sns_fanout(call, topic, subscribers, message, &way);
    count(call, &published, topic->row.name, 1);
}

static int targets_of(const struct sns_publish_input *in)
{
    return str_present(in->topic_arn) + str_present(in->target_arn) + str_present(in->phone_number);
}

static str topic_arn_of(const struct sns_publish_input *in)
{
    return str_present(in->topic_arn) ? in->topic_arn : in->target_arn;
}

bool sns_locate_published_topic(const struct call *call, const struct sns_publish_input *in,
                                struct resource *found)
{
    str arn = topic_arn_of(in);

    if (targets_of(in) > 1) {
        fail(
            call, &SNS_INVALID_PARAMETER_EXCEPTION,
            "Invalid parameter: TopicArn or TargetArn Reason: TopicArn and TargetArn are mutually exclusive");
        return false;
    }
    if (sns_is_direct(in))
        return sns_locate_direct(call, in, found);
    if (str_present(arn))
        return sns_locate_topic(call, arn, found);
    fail(call, &SNS_INVALID_PARAMETER_EXCEPTION,
         "Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter");
    return false;
}

static struct message message_of(const struct call *call, const struct sns_publish_input *in)
{
    return (struct message){
        .published_ms = call->now_ms,
        .id = random_uuid(call->arena),
        .text = in->message,
        .published_text = in->message,
        .subject = in->subject,
        .structure = in->message_structure,
        .attributes = &in->message_attributes,
        .deduplication_id = in->message_deduplication_id,
        .group_id = in->message_group_id,
    };
}

/*
 * What the engine thread should not spend its time on: signing costs a fifth of a millisecond a message, a
 * large text many escapes, and a data protection policy may search it for much.
 */
static void prepare(const struct call *call, const struct topic *topic, struct message *message)
{
    if (sns_topic_has_enveloped(call, topic))
        sns_envelope_prepare(call, topic, sns_message_text_for(call, message, S("sqs")), message);
    sns_audit_prepare(call, topic, message);
    sns_fanout_prepare(call, topic, message);
}

/* A message, and why it is refused; alone, if it is of a batch. */
struct entry {
    struct message message;
    struct failure failure; /* without an error: the message may be published */
};

static const struct entry *entry_of(const struct call *call, const struct topic *topic,
                                    struct message message)
{
    struct entry *entry = arena_new(call->arena, struct entry);

    entry->message = message;
    if (!sns_message_check(call, topic, &entry->message) ||
        !sns_protect_inbound(call, topic, &entry->message))
        entry->failure = take_failure(call);
    else if (call->preparing)
        prepare(call, topic, &entry->message);
    return entry;
}

/*
 * The topic with the data protection policy that was applied to the message: one that is set meanwhile counts
 * from the next message on, so that nobody makes the engine search by setting policies again and again.
 */
static struct topic topic_for(const struct topic *topic, const struct message *message)
{
    struct topic then = *topic;

    then.row.data_protection = message->protection ? sns_protection_policy(message) : (str){0};
    return then;
}

void sns_publish_prepare(const struct call *call, const struct sns_publish_input *in)
{
    const struct topic *topic = sns_is_direct(in) ? NULL : sns_topic_of(call);

    if (topic)
        leave_prepared(call, (void *)entry_of(call, topic, message_of(call, in)));
}

static enum outcome publish_direct(const struct call *call, const struct sns_publish_input *in,
                                   struct sns_publish_response *out)
{
    static const struct topic no_topic = {0};
    struct message message = message_of(call, in);

    if (!sns_message_check(call, &no_topic, &message) || !sns_publish_direct(call, in, &message))
        return FAILED;
    out->message_id = message.id;
    return DONE;
}

/* As it is sent on: with its sequence number. */
static struct message publish_entry(const struct call *call, const struct topic *topic,
                                    const struct entry *entry)
{
    struct message message = entry->message;
    struct topic then = topic_for(topic, &message);
    struct sns_subscriber_rows subscribers = sns_fanout_subscribers(call, topic);

    publish(call, &then, &subscribers, &message);
    return message;
}

/* ---- what another handler publishes ---- */

/*
 * Nothing prepares what another handler publishes, and the engine must not search a large message for what a
 * data protection policy is about.  So such a message is accepted, and published by a call of its own.
 */
static bool is_for_later(const struct call *call, const struct topic *topic,
                         const struct sns_publish_input *in)
{
    return call->invoked && str_present(topic->row.data_protection) && !topic->row.fifo_id &&
           in->message.size > SEARCHED_AT_ONCE;
}

static enum outcome publish_later(const struct call *call, const struct topic *topic,
                                  const struct sns_publish_input *in, struct sns_publish_response *out)
{
    static const struct delivery_policy once = {0};
    struct message message = message_of(call, in);

    if (!sns_message_check(call, topic, &message))
        return FAILED;
    delivery_add(call, &(struct delivery){
                           .operation = &SNS_PUBLISH_LATER,
                           .target = arena_format(call->arena, "sns/topic/%" PRId64, topic->row.id),
                           .in =
                               &(struct sns_publish_later_request){
                                   .publish = in,
                                   .topic_id = &topic->row.id,
                                   .publisher = call->caller->arn,
                                   .message_id = message.id,
                                   .published_ms = message.published_ms,
                                   .trace_id = call->trace_id,
                                   .trace_header = call->trace_header,
                               },
                           .policy = &once,
                           .resource_arn = topic->arn,
                           .trace_id = call->trace_id,
                       });
    out->message_id = message.id;
    return DONE;
}

/* A message that was accepted. */
struct accepted {
    struct principal publisher;
    struct call call; /* as the publisher */
    const struct topic *topic;
    struct message message;
};

/* False: the topic is gone; another one may have its name. */
static bool find_accepted(const struct call *call, const struct sns_publish_later_request *in,
                          struct accepted *accepted)
{
    struct resource found = {0};

    accepted->publisher = (struct principal){.kind = PRINCIPAL_ROLE, .arn = in->publisher};
    accepted->call = call_as(call, &accepted->publisher);
    accepted->call.trace_id = in->trace_id;
    accepted->call.trace_header = in->trace_header;
    accepted->message = message_of(call, in->publish);
    accepted->message.id = in->message_id;
    accepted->message.published_ms = in->published_ms;
    if (!sns_locate_arn(call, topic_arn_of(in->publish), &found))
        return false;
    accepted->topic = found.row;
    return !in->topic_id || *in->topic_id == accepted->topic->row.id;
}

void sns_publish_later_prepare(const struct call *call, const struct sns_publish_later_request *in)
{
    struct accepted accepted;

    if (find_accepted(call, in, &accepted))
        leave_prepared(call, (void *)entry_of(&accepted.call, accepted.topic, accepted.message));
}

static struct delivery_outcome publish_accepted(const struct accepted *accepted, const struct entry *entry)
{
    if (!entry)
        entry = entry_of(&accepted->call, accepted->topic, accepted->message);
    if (entry->failure.error)
        return (struct delivery_outcome){.verdict = DELIVERY_REFUSED, .reason = entry->failure.message};
    publish_entry(&accepted->call, accepted->topic, entry);
    return (struct delivery_outcome){.verdict = DELIVERY_DELIVERED, .is_traced = true};
}

enum outcome sns_publish_later(const struct call *call, const struct sns_publish_later_request *in,
                               struct sns_publish_later_output *out)
{
    struct delivery_outcome outcome = {.verdict = DELIVERY_REFUSED, .reason = S("the topic is gone")};
    struct sns_publish_later_request again = *in;
    struct accepted accepted;

    (void)out;
    if (!in->delivery_id) {
        again.delivery_id = &call->delivery->id;
        spawn(call, &SNS_PUBLISH_LATER, (str){0}, &again);
        return DONE;
    }
    if (find_accepted(call, in, &accepted))
        outcome = publish_accepted(&accepted, prepared(call));
    delivery_end(call, *in->delivery_id, &outcome);
    return DONE;
}

/* ---- Publish ---- */

enum outcome sns_publish(const struct call *call, const struct sns_publish_input *in,
                         struct sns_publish_response *out)
{
    const struct entry *entry = prepared(call);

    if (sns_is_direct(in))
        return publish_direct(call, in, out);
    const struct topic *topic = sns_topic_of(call);
    if (!topic)
        return FAILED;
    if (is_for_later(call, topic, in))
        return publish_later(call, topic, in, out);
    if (!entry)
        entry = entry_of(call, topic, message_of(call, in));
    if (entry->failure.error)
        return fail(call, entry->failure.error, "%.*s", STR_ARGS(entry->failure.message));
    struct message message = publish_entry(call, topic, entry);
    out->message_id = message.id;
    out->sequence_number = message.sequence_number;
    return DONE;
}

static enum batch_ids ids_check(const struct call *call,
                                const struct sns_publish_batch_request_entry_list *entries)
{
    str *ids = arena_alloc(call->arena, entries->count * sizeof *ids);
    size_t index;

    for (size_t i = 0; i < entries->count; i++)
        ids[i] = entries->items[i].id;
    return batch_ids_check(ids, entries->count, &index);
}

static size_t size_of(const struct sns_publish_batch_request_entry_list *entries)
{
    size_t size = 0;

    for (size_t i = 0; i < entries->count; i++)
        size += entries->items[i].message.size +
                sns_published_attributes_size(&entries->items[i].message_attributes);
    return size;
}

static bool entries_check(const struct call *call, const struct topic *topic,
                          const struct sns_publish_batch_request_entry_list *entries)
{
    static const struct {
        const struct error *error;
        const char *sentence;
    } problems[] = {
        [BATCH_IDS_NONE] = {&SNS_EMPTY_BATCH_REQUEST_EXCEPTION,
                            "The batch request doesn't contain any entries."},
        [BATCH_IDS_TOO_MANY] = {&SNS_TOO_MANY_ENTRIES_IN_BATCH_REQUEST_EXCEPTION,
                                "The batch request contains more entries than permissible."},
        [BATCH_IDS_MALFORMED] =
            {&SNS_INVALID_BATCH_ENTRY_ID_EXCEPTION,
             "The Id of a batch entry in a batch request doesn't abide by the specification."},
        [BATCH_IDS_REPEATED] = {&SNS_BATCH_ENTRY_IDS_NOT_DISTINCT_EXCEPTION,
                                "Two or more batch entries in the request have the same Id."},
    };
    enum batch_ids ids = ids_check(call, entries);

    if (ids != BATCH_IDS_FINE)
        fail(call, problems[ids].error, "%s", problems[ids].sentence);
    else if ((int64_t)size_of(entries) > sns_message_size_limit(topic))
        fail(call, &SNS_BATCH_REQUEST_TOO_LONG_EXCEPTION,
             "The length of all the messages put together is more than the limit.");
    else
        return true;
    return false;
}

static struct message message_of_entry(const struct call *call,
                                       const struct sns_publish_batch_request_entry *entry)
{
    return (struct message){
        .published_ms = call->now_ms,
        .id = random_uuid(call->arena),
        .text = entry->message,
        .published_text = entry->message,
        .subject = entry->subject,
        .structure = entry->message_structure,
        .attributes = &entry->message_attributes,
        .deduplication_id = entry->message_deduplication_id,
        .group_id = entry->message_group_id,
    };
}

/* NULL, after fail(), when the batch is refused as a whole. */
static struct entry *entries_of(const struct call *call, const struct topic *topic,
                                const struct sns_publish_batch_request_entry_list *given)
{
    struct entry *entries = arena_alloc(call->arena, given->count * sizeof *entries);

    for (size_t i = 0; i < given->count; i++) {
        entries[i].message = message_of_entry(call, &given->items[i]);
        if (!sns_message_check_form(call, topic, &entries[i].message))
            return NULL;
    }
    for (size_t i = 0; i < given->count; i++)
        if (!sns_message_check_content(call, topic, &entries[i].message) ||
            !sns_protect_inbound(call, topic, &entries[i].message))
            entries[i].failure = take_failure(call);
    return entries;
}

void sns_publish_batch_prepare(const struct call *call, const struct sns_publish_batch_input *in)
{
    const struct sns_publish_batch_request_entry_list *given = &in->publish_batch_request_entries;
    struct entry *entries;
    const struct topic *topic = sns_topic_of(call);

    if (!topic || !entries_check(call, topic, given) || !(entries = entries_of(call, topic, given)))
        return;
    for (size_t i = 0; i < given->count; i++)
        if (!entries[i].failure.error)
            prepare(call, topic, &entries[i].message);
    leave_prepared(call, entries);
}

static void add_failed(const struct call *call, str id, const struct failure *failure,
                       struct sns_publish_batch_response *out)
{
    *list_add(call->arena, &out->failed) =
        (struct sns_batch_result_error_entry){.id = id,
                                              .code = str_of(failure->error->query_code),
                                              .message = failure->message,
                                              .sender_fault = failure->error->sender};
}

enum outcome sns_publish_batch(const struct call *call, const struct sns_publish_batch_input *in,
                               struct sns_publish_batch_response *out)
{
    const struct sns_publish_batch_request_entry_list *given = &in->publish_batch_request_entries;
    const struct entry *entries = prepared(call);
    const struct topic *topic = sns_topic_of(call);

    if (!topic || !entries_check(call, topic, given) ||
        (!entries && !(entries = entries_of(call, topic, given))))
        return FAILED;
    list_make_empty(call->arena, &out->successful);
    list_make_empty(call->arena, &out->failed);
    struct sns_subscriber_rows subscribers = sns_fanout_subscribers(call, topic);
    for (size_t i = 0; i < given->count; i++) {
        struct message message = entries[i].message;
        if (entries[i].failure.error) {
            add_failed(call, given->items[i].id, &entries[i].failure, out);
            continue;
        }
        struct topic then = topic_for(topic, &message);
        publish(call, &then, &subscribers, &message);
        *list_add(call->arena, &out->successful) = (struct sns_publish_batch_result_entry){
            .id = given->items[i].id, .message_id = message.id, .sequence_number = message.sequence_number};
    }
    return DONE;
}
