/*
 * show.c: `orderly orders show ORDER`.
 */
#include "orders/cli/commands.h"
#include "orders/cli/items.h"
#include "orders/cli/timeline.h"
#include "orders/cli/way.h"

#include "aws/arn.h"
#include "base/time.h"
#include "cli/output.h"
#include "lambda_model.h"

#include <stdlib.h>

enum { WAIT_MS = 100, LOOKS_PER_DEAD_LOOK = 20, TEXT_COLUMNS = 90 };

/* Printed below the steps, for each end. */
static const char *const ADVICE[] = {
    [WAY_UNKNOWN] =
        "It is not in the table, and nothing tells of it: it was never published, or so long ago that\n"
        "  this is forgotten.",
    [WAY_PENDING] = "It has not arrived yet.",
    [WAY_STORED] = NULL,
    [WAY_DEAD] = NULL, /* print_dead_advice() */
    [WAY_LOST] =
        "It did not reach " ORDERS_QUEUE " and is not tried again: publish it again when the cause is gone.",
    [WAY_EXPIRED] = "It was too long in its queue and is gone: publish it again when the cause is gone.",
};

/* ---- for people ---- */

static void print_item(struct orders *orders, const struct way *way)
{
    struct json_writer writer = json_writer_in(orders->arena);

    item_write_json(&writer, &way->item);
    printf("  %.*s\n", STR_ARGS(output_text(orders->arena, json_written(&writer))));
}

static void print_steps(struct orders *orders, const struct way *way)
{
    printf("\n  Began %.*s UTC", STR_ARGS(output_time(orders->arena, way->steps.items[0].at_ms)));
    if (str_present(way->trace_id))
        printf(", trace %.*s", STR_ARGS(output_text(orders->arena, way->trace_id)));
    puts("\n");
    timeline_print(orders->arena, way);
    putchar('\n');
}

static bool has_verdict(const struct way *way, str verdict)
{
    for (size_t i = 0; i < way->steps.count; i++)
        if (str_equal(way->steps.items[i].verdict, verdict))
            return true;
    return false;
}

/* The queue that has the order's message, an ARN; absent when no step names it. */
static str dead_letter_queue_of(const struct way *way)
{
    for (size_t i = way->steps.count; i-- > 0;)
        if (str_equal(way->steps.items[i].name, S("dead-lettered")))
            return way->steps.items[i].resource;
    return (str){0};
}

/* `orders dlq` knows only the order system's own queue: somebody's system may have another one. */
static void print_dead_advice(struct orders *orders, const struct way *way)
{
    str arn = dead_letter_queue_of(way), name = arn_last(arn);

    if (!str_starts_with(arn, S("arn:")) || str_equal(name, S(ORDERS_DEAD_LETTERS))) {
        puts("  It is in " ORDERS_DEAD_LETTERS " and is not tried again by itself. When the cause is gone,\n"
             "  `orderly orders dlq --redrive` sends it to " ORDERS_QUEUE " again.");
        return;
    }
    printf("  It is in %.*s and is not tried again by itself. When the cause is gone,\n"
           "  `aws sqs start-message-move-task --source-arn %.*s`\n"
           "  sends it to its queue again.\n",
           STR_ARGS(output_text(orders->arena, name)), STR_ARGS(output_text(orders->arena, arn)));
}

/* Deploying repairs the order system; in somebody's own system it would add a second function. */
static bool is_deployed(struct orders *orders)
{
    struct lambda_get_function_configuration_request in = {.function_name = S(ORDERS_FUNCTION)};
    struct lambda_function_configuration out = {0};

    return orders_call(orders, &LAMBDA_GET_FUNCTION_CONFIGURATION, &in, &out);
}

static bool lacks_permission(const struct way *way)
{
    return way->end != WAY_STORED && (has_verdict(way, S("denied")) || has_verdict(way, S("not-delivered")));
}

static void print_advice(struct orders *orders, const struct way *way)
{
    bool stored = way->end == WAY_STORED;

    if (ADVICE[way->end])
        printf("  %s\n", ADVICE[way->end]);
    if (way->end == WAY_DEAD)
        print_dead_advice(orders, way);
    if (lacks_permission(way) && is_deployed(orders))
        puts("  `orderly orders deploy` brings back the policies that the order system needs.");
    if (stored && way->steps.count == 0)
        puts("  Nothing tells of its way any more.");
    if (way->messages > 1)
        printf("  It was published %zu times; this is the last.\n", way->messages);
    if (way->letters_looked_at > 0)
        printf("  Looking into " ORDERS_DEAD_LETTERS " counted as one more receive of %zu %s there.\n",
               way->letters_looked_at, way->letters_looked_at == 1 ? "message" : "messages");
}

static void print_way(struct orders *orders, const struct way *way)
{
    str id = output_text(orders->arena, way->order_id);

    printf("Order %.*s: %s\n", STR_ARGS(id), way_end_name(way->end));
    if (way->item.count > 0)
        print_item(orders, way);
    if (way->steps.count > 0)
        print_steps(orders, way);
    if (str_present(way->letter.text))
        printf("  Its message: %.*s\n",
               STR_ARGS(output_line(orders->arena, str_trim(way->letter.text), TEXT_COLUMNS)));
    print_advice(orders, way);
}

/* ---- for scripts ---- */

static void write_number(struct json_writer *writer, str name, int64_t value)
{
    json_name(writer, name);
    json_i64(writer, value);
}

static void write_steps(struct json_writer *writer, const struct way *way)
{
    json_name(writer, S("steps"));
    json_open_array(writer);
    for (size_t i = 0; i < way->steps.count; i++) {
        const struct way_step *step = &way->steps.items[i];
        json_open_object(writer);
        json_field(writer, S("step"), step->name);
        write_number(writer, S("at"), step->at_ms);
        write_number(writer, S("afterMs"), step->at_ms - way->steps.items[0].at_ms);
        json_field(writer, S("resource"), step->resource);
        write_number(writer, S("attempt"), step->attempt);
        write_number(writer, S("tookMs"), step->took_ms);
        json_field(writer, S("verdict"), step->verdict);
        json_field(writer, S("reason"), step->reason);
        json_close_object(writer);
    }
    json_close_array(writer);
}

static void print_json(struct orders *orders, const struct way *way)
{
    struct json_writer writer = json_writer_in(orders->arena);

    json_open_object(&writer);
    json_field(&writer, S("orderId"), way->order_id);
    json_field(&writer, S("end"), str_of(way_end_name(way->end)));
    json_field(&writer, S("traceId"), way->trace_id);
    if (way->item.count > 0) {
        json_name(&writer, S("item"));
        item_write_json(&writer, &way->item);
    }
    write_number(&writer, S("messages"), (int64_t)way->messages);
    write_steps(&writer, way);
    json_field(&writer, S("reason"), way->reason);
    json_field(&writer, S("deadLetter"), way->letter.body);
    json_close_object(&writer);
    printf("%.*s\n", STR_ARGS(json_written(&writer)));
}

/* ---- both ---- */

static bool has_ended(const struct way *way)
{
    return (way->end == WAY_STORED && way->steps.count > 0) || way_is_given_up(way->end);
}

/*
 * Look until the order has ended, or time is up.  Look into the dead-letter queue seldom: each look counts as
 * a receive.
 */
static bool find_with_patience(struct orders *orders, struct way *way)
{
    int64_t until_us = monotonic_us() + orders->arguments->wait_seconds * 1000000;
    str order_id = str_of(orders->arguments->operand);
    struct arena_mark mark = arena_mark(orders->arena);

    for (unsigned look = 1;; look++) {
        bool last = monotonic_us() >= until_us;
        if (!way_find(orders, order_id, last || look % LOOKS_PER_DEAD_LOOK == 0, way))
            return false;
        if (last || has_ended(way))
            return true;
        arena_rewind(orders->arena, mark);
        pause_ms(WAIT_MS);
    }
}

int orders_show(struct orders *orders)
{
    struct way way;

    if (!find_with_patience(orders, &way))
        return EXIT_FAILURE;
    if (orders->arguments->json)
        print_json(orders, &way);
    else
        print_way(orders, &way);
    return way.end == WAY_UNKNOWN ? EXIT_FAILURE : EXIT_SUCCESS;
}
