/*
 * publish.c: gathers a stream of messages into batches.
 *
 * A batch is full at ten messages or when the next message would make it larger than a request may be.
 */
#include "orders/cli/publish.h"

#include "base/list.h"

#include "sns_model.h"

enum { BATCH_MESSAGES = 10, BATCH_BYTES = 256 * 1024 };

struct batch {
    struct sns_publish_batch_input in;
    struct sns_publish_batch_response out;
    size_t numbers[BATCH_MESSAGES];
};

struct publisher {
    const struct publish_source *source;
    str topic_arn;
    struct arena arena;          /* of `held` */
    struct publish_message held; /* taken from the source, but too large for the batch that was open */
    bool holds;
    bool unreachable; /* the endpoint no longer answers */
};

static void add(struct arena *arena, struct batch *batch, const struct publish_message *message)
{
    size_t place = batch->in.publish_batch_request_entries.count;
    struct sns_publish_batch_request_entry *entry = list_add(arena, &batch->in.publish_batch_request_entries);

    entry->id = arena_format(arena, "%zu", place);
    entry->message = message->text;
    batch->numbers[place] = message->number;
}

static bool take(struct publisher *publisher, struct arena *arena, struct publish_message *message)
{
    if (!publisher->holds)
        return publisher->source->next(publisher->source->context, arena, message);
    *message = publisher->held;
    message->text = arena_copy(arena, publisher->held.text);
    arena_reset(&publisher->arena);
    publisher->holds = false;
    return true;
}

static void hold(struct publisher *publisher, const struct publish_message *message)
{
    publisher->held = *message;
    publisher->held.text = arena_copy(&publisher->arena, message->text);
    publisher->holds = true;
}

static bool next_batch(void *context, struct arena *arena, const void **in, void **out, void **tag)
{
    struct publisher *publisher = context;
    struct batch *batch = arena_new(arena, struct batch);
    struct publish_message message;
    size_t bytes = 0;

    if (publisher->unreachable)
        return false;
    batch->in.topic_arn = publisher->topic_arn;
    while (batch->in.publish_batch_request_entries.count < BATCH_MESSAGES &&
           take(publisher, arena, &message)) {
        bytes += message.text.size;
        if (bytes > BATCH_BYTES && batch->in.publish_batch_request_entries.count > 0) {
            hold(publisher, &message);
            break;
        }
        add(arena, batch, &message);
    }
    *in = &batch->in;
    *out = &batch->out;
    *tag = batch;
    return batch->in.publish_batch_request_entries.count > 0;
}

static const struct sns_batch_result_error_entry *find_refusal(const struct batch *batch, str id)
{
    for (size_t i = 0; i < batch->out.failed.count; i++)
        if (str_equal(batch->out.failed.items[i].id, id))
            return &batch->out.failed.items[i];
    return NULL;
}

static void end_batch(void *context, void *tag, const void *out, const struct failure *failure)
{
    struct publisher *publisher = context;
    const struct publish_source *source = publisher->source;
    const struct batch *batch = tag;
    struct arena arena = {0};
    (void)out;

    publisher->unreachable |= failure && failure->error == &UNREACHABLE;
    for (size_t i = 0; i < batch->in.publish_batch_request_entries.count; i++) {
        const struct sns_batch_result_error_entry *refusal =
            find_refusal(batch, batch->in.publish_batch_request_entries.items[i].id);
        str problem = {0};
        if (failure)
            problem = failure_sentence(&arena, failure);
        else if (refusal)
            problem = arena_format(&arena, "%.*s: %.*s", STR_ARGS(refusal->code), STR_ARGS(refusal->message));
        source->end(source->context, batch->numbers[i], problem);
    }
    arena_free(&arena);
}

bool publish_topic_exists(struct orders *orders, str topic_arn)
{
    struct sns_get_topic_attributes_input in = {.topic_arn = topic_arn};
    struct sns_get_topic_attributes_response out = {0};

    return orders_call(orders, &SNS_GET_TOPIC_ATTRIBUTES, &in, &out) ||
           !failed_with(&orders->failure, &SNS_NOT_FOUND_EXCEPTION) ||
           orders_complain_missing(orders, "Looking for the topic");
}

void publish_all(struct orders *orders, str topic_arn, const struct publish_source *source)
{
    struct publisher publisher = {.source = source, .topic_arn = topic_arn};
    struct client_stream stream = {&SNS_PUBLISH_BATCH, &publisher, next_batch, end_batch};

    client_call_many(orders->client, (size_t)orders->arguments->parallel, &stream);
    arena_free(&publisher.arena);
}
