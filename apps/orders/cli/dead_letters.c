/*
 * dead_letters.c: receives messages, and puts them back.
 */
#include "orders/cli/dead_letters.h"

#include "base/list.h"
#include "base/time.h"
#include "wire/json.h"

enum { HIDDEN_SECONDS = 30, PAGE = 10, MAX_LETTERS = 1000 };

static int64_t attribute(const struct sqs_message *message, str name)
{
    int64_t number;

    return str_to_i64(str_map_get(&message->attributes, name), &number) ? number : -1;
}

static struct dead_letter letter_of(struct arena *arena, const struct sqs_message *message)
{
    struct dead_letter letter = {
        .message_id = message->message_id,
        .receipt_handle = message->receipt_handle,
        .body = message->body,
        .text = message->body,
        .published_ms = -1,
        .queued_ms = attribute(message, S("SentTimestamp")),
        .receive_count = attribute(message, S("ApproximateReceiveCount")),
    };
    const struct json *envelope = json_parse(arena, message->body, NULL);

    if (str_equal(json_get_str(envelope, S("Type")), S("Notification"))) {
        letter.text = json_get_str(envelope, S("Message"));
        if (!time_parse_iso8601(json_get_str(envelope, S("Timestamp")), &letter.published_ms))
            letter.published_ms = -1;
    }
    if (str_present(letter.text))
        letter.order_id = json_get_str(json_parse(arena, letter.text, NULL), S("orderId"));
    return letter;
}

bool dead_letters_take(struct orders *orders, struct dead_letters *letters)
{
    static str names[] = {STR_INIT("All")};
    int64_t hidden_seconds = HIDDEN_SECONDS, page = PAGE;
    struct sqs_receive_message_result out;
    struct sqs_receive_message_request in = {
        .attribute_names = {names, 1},
        .max_number_of_messages = &page,
        .visibility_timeout = &hidden_seconds,
    };

    if (!orders_queue_url(orders, ORDERS_DEAD_LETTERS, &letters->queue_url))
        return false;
    in.queue_url = letters->queue_url;
    do {
        out = (struct sqs_receive_message_result){0};
        if (!orders_call(orders, &SQS_RECEIVE_MESSAGE, &in, &out))
            return orders_complain(orders, "Looking into the dead-letter queue");
        for (size_t i = 0; i < out.messages.count; i++)
            *list_add(orders->arena, letters) = letter_of(orders->arena, &out.messages.items[i]);
    } while (out.messages.count > 0 && letters->count < MAX_LETTERS);
    return true;
}

static size_t page_end(const struct dead_letters *letters, size_t first)
{
    return letters->count - first < PAGE ? letters->count : first + PAGE;
}

/* Failures need no handling: the messages are visible again after HIDDEN_SECONDS. */
void dead_letters_put_back(struct orders *orders, const struct dead_letters *letters)
{
    int64_t at_once = 0;

    for (size_t first = 0; first < letters->count; first = page_end(letters, first)) {
        struct sqs_change_message_visibility_batch_request in = {.queue_url = letters->queue_url};
        struct sqs_change_message_visibility_batch_result out = {0};
        for (size_t i = first; i < page_end(letters, first); i++)
            *list_add(orders->arena, &in.entries) =
                (struct sqs_change_message_visibility_batch_request_entry){
                    .id = arena_format(orders->arena, "%zu", i - first),
                    .receipt_handle = letters->items[i].receipt_handle,
                    .visibility_timeout = &at_once,
                };
        if (!orders_call(orders, &SQS_CHANGE_MESSAGE_VISIBILITY_BATCH, &in, &out))
            return;
    }
}

bool dead_letters_delete(struct orders *orders, const struct dead_letters *letters, size_t first,
                         size_t count)
{
    struct sqs_delete_message_batch_request in = {.queue_url = letters->queue_url};
    struct sqs_delete_message_batch_result out = {0};

    for (size_t i = 0; i < count; i++)
        *list_add(orders->arena, &in.entries) = (struct sqs_delete_message_batch_request_entry){
            .id = arena_format(orders->arena, "%zu", i),
            .receipt_handle = letters->items[first + i].receipt_handle};
    return orders_call(orders, &SQS_DELETE_MESSAGE_BATCH, &in, &out) ||
           orders_complain(orders, "Deleting from the dead-letter queue");
}
