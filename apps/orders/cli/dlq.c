/*
 * dlq.c: `orderly orders dlq`: shows the messages that could not be handled, sends them again, or deletes
 * them.
 */
#include "orders/cli/commands.h"
#include "orders/cli/dead_letters.h"
#include "orders/cli/function_log.h"
#include "orders/cli/timeline.h"
#include "orders/cli/traces.h"

#include "base/list.h"
#include "cli/output.h"
#include "wire/json.h"

#include <stdlib.h>

enum { MAX_EXPLAINED = 20, BATCH = 10, TEXT_COLUMNS = 100, NOTE_INDENT = 4 };

/* ---- showing ---- */

/* The last reason in the function's log; false when the log has none. */
static bool find_reason(struct orders *orders, str words, str *reason)
{
    struct log_query query = {.words = words};
    struct log_lines lines = {0};

    if (!str_present(words) || !log_read(orders, &query, &lines))
        return false;
    for (size_t i = 0; i < lines.count; i++) {
        if (str_present(lines.items[i].reason))
            *reason = lines.items[i].reason;
        else if (lines.items[i].kind == LOG_PROBLEM)
            *reason = lines.items[i].text;
    }
    return str_present(*reason);
}

static str explain_by_log(struct orders *orders, const struct dead_letter *letter)
{
    str reason = {0};

    if (!find_reason(orders, letter->message_id, &reason))
        find_reason(orders, letter->order_id, &reason);
    return reason;
}

/* What went wrong before the message was moved, or else only that it was moved. */
static str explain_by_trace(struct orders *orders, const struct dead_letter *letter)
{
    struct trace trace;
    str reason = {0};

    if (!orders_traces_newest(orders, &(struct traces_query){.message = letter->message_id}, &trace))
        return reason;
    for (size_t i = trace.hops.count; i > 0 && !str_present(reason); i--)
        if (!str_equal(trace.hops.items[i - 1].kind, S("dead-lettered")))
            reason = trace.hops.items[i - 1].reason;
    reason = str_present(reason) ? reason : trace_reason(&trace);
    return str_present(reason) ? timeline_sentence(orders->arena, reason) : reason;
}

static str explain(struct orders *orders, const struct dead_letter *letter)
{
    bool traced;

    if (!orders_traces_served(orders, &traced))
        return (str){0};
    return traced ? explain_by_trace(orders, letter) : explain_by_log(orders, letter);
}

static void print_letter(struct orders *orders, const struct dead_letter *letter, str reason)
{
    struct arena *arena = orders->arena;
    str id = str_present(letter->order_id) ? letter->order_id : S("not an order");
    str text = output_line(arena, str_trim(letter->text), TEXT_COLUMNS);

    printf("%.*s\n", STR_ARGS(output_line(arena, id, TEXT_COLUMNS)));
    printf("  message   %.*s\n", STR_ARGS(letter->message_id));
    if (letter->queued_ms >= 0)
        printf("  queued    %.*s\n", STR_ARGS(output_time(arena, letter->queued_ms)));
    printf("  received  %lld times before this look\n", (long long)letter->receive_count - 1);
    printf("  body      %.*s\n", STR_ARGS(text));
    puts("  why");
    output_print_wrapped(arena, str_present(reason) ? reason : S("Nothing tells of it."), NOTE_INDENT,
                         TEXT_COLUMNS);
    putchar('\n');
}

static void write_letter(struct json_writer *writer, const struct dead_letter *letter, str reason)
{
    json_open_object(writer);
    json_field(writer, S("messageId"), letter->message_id);
    json_field(writer, S("orderId"), letter->order_id);
    json_name(writer, S("queued"));
    json_i64(writer, letter->queued_ms);
    json_name(writer, S("receiveCount"));
    json_i64(writer, letter->receive_count);
    json_field(writer, S("message"), letter->text);
    json_field(writer, S("body"), letter->body);
    json_field(writer, S("reason"), reason);
    json_close_object(writer);
}

static void print_summary(const struct dead_letters *letters)
{
    if (letters->count == 0) {
        puts(ORDERS_DEAD_LETTERS " is empty.");
        return;
    }
    printf("%zu in " ORDERS_DEAD_LETTERS ". This look counted as one more receive of each.\n"
           "--redrive sends them to " ORDERS_QUEUE " again, --purge throws them away.\n",
           letters->count);
}

static void show(struct orders *orders, const struct dead_letters *letters)
{
    struct json_writer writer = json_writer_in(orders->arena);

    json_open_array(&writer);
    for (size_t i = 0; i < letters->count; i++) {
        const struct dead_letter *letter = &letters->items[i];
        str reason = i < MAX_EXPLAINED ? explain(orders, letter) : (str){0};
        if (orders->arguments->json)
            write_letter(&writer, letter, reason);
        else
            print_letter(orders, letter, reason);
    }
    json_close_array(&writer);
    if (orders->arguments->json)
        printf("%.*s\n", STR_ARGS(json_written(&writer)));
    else
        print_summary(letters);
}

/* ---- sending again ---- */

/* False when a message was not accepted; such messages stay in the dead-letter queue. */
static bool send_again(struct orders *orders, str queue_url, const struct dead_letters *letters, size_t first,
                       size_t count)
{
    struct sqs_send_message_batch_request in = {.queue_url = queue_url};
    struct sqs_send_message_batch_result out = {0};

    for (size_t i = 0; i < count; i++)
        *list_add(orders->arena, &in.entries) = (struct sqs_send_message_batch_request_entry){
            .id = arena_format(orders->arena, "%zu", i), .message_body = letters->items[first + i].body};
    if (!orders_call(orders, &SQS_SEND_MESSAGE_BATCH, &in, &out))
        return orders_complain(orders, "Sending to the queue");
    if (out.failed.count == 0)
        return true;
    fprintf(stderr, "orderly: %zu messages were not taken by " ORDERS_QUEUE ".\n", out.failed.count);
    return false;
}

static int redrive(struct orders *orders, const struct dead_letters *letters)
{
    size_t moved = 0;
    bool well = true;
    str queue_url;

    if (!orders_queue_url(orders, ORDERS_QUEUE, &queue_url)) {
        dead_letters_put_back(orders, letters);
        return EXIT_FAILURE;
    }
    while (well && moved < letters->count) {
        size_t count = letters->count - moved < BATCH ? letters->count - moved : BATCH;
        well = send_again(orders, queue_url, letters, moved, count) &&
               dead_letters_delete(orders, letters, moved, count);
        moved += well ? count : 0;
    }
    struct dead_letters rest = {letters->queue_url, letters->items + moved, letters->count - moved};
    dead_letters_put_back(orders, &rest);
    printf("%zu sent to " ORDERS_QUEUE " again.\n", moved);
    return well ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int purge(struct orders *orders)
{
    struct sqs_purge_queue_request in = {0};
    struct sqs_purge_queue_output out = {0};

    if (!orders_queue_url(orders, ORDERS_DEAD_LETTERS, &in.queue_url))
        return EXIT_FAILURE;
    if (!orders_call(orders, &SQS_PURGE_QUEUE, &in, &out)) {
        orders_complain(orders, "Purging the dead-letter queue");
        return EXIT_FAILURE;
    }
    puts(ORDERS_DEAD_LETTERS " is empty now.");
    return EXIT_SUCCESS;
}

int orders_dlq(struct orders *orders)
{
    struct dead_letters letters = {0};

    if (orders->arguments->purge)
        return purge(orders);
    if (!dead_letters_take(orders, &letters))
        return EXIT_FAILURE;
    if (orders->arguments->redrive)
        return redrive(orders, &letters);
    dead_letters_put_back(orders, &letters);
    show(orders, &letters);
    return EXIT_SUCCESS;
}
