/*
 * burst.c: `orderly orders burst N`: many orders at full speed, and how long each took.
 *
 * While the orders are on their way only the queue's own counts are asked for, so that measuring does not
 * slow what is measured. In the end the table says which orders are stored, and the log when.
 */
#include "orders/cli/commands.h"
#include "orders/cli/function_log.h"
#include "orders/cli/items.h"
#include "orders/cli/publish.h"

#include "base/hash.h"
#include "base/time.h"
#include "cli/output.h"
#include "wire/json.h"

#include <stdlib.h>

enum {
    WAIT_MS = 100,
    LOG_PATIENCE_MS = 5000,
    CLOCK_TOLERANCE_MS = 60000,
    MAX_ORDERS = 10000000,
    RUN_BYTES = 4
};

struct burst {
    struct orders *orders;
    str run; /* prefix of this burst's order ids: "burst-1a2b3c4d-" */
    size_t total, sent, accepted;
    size_t refused;   /* or not even sent, because the endpoint no longer answered */
    int64_t *sent_ms; /* of each order */
    int64_t *done_ms; /* of each order: when it was stored, 0 while unknown */
    bool *stored;     /* of each order: is it in the table? */
    size_t stored_count;
    bool to_function_only; /* the log has the times of reading orders, not of storing them */
    int64_t dead;          /* messages in the dead-letter queue, of this burst or not */
    str refusal;           /* the first one */
    int64_t began_ms, published_us;
    struct progress progress;
};

/* ---- publishing ---- */

static bool next_order(void *context, struct arena *arena, struct publish_message *message)
{
    struct burst *burst = context;
    size_t number = burst->sent;

    if (number == burst->total)
        return false;
    burst->sent++;
    burst->sent_ms[number] = wall_clock_ms();
    str now = time_iso8601_ms(arena, burst->sent_ms[number]);
    message->number = number;
    message->text = arena_format(arena,
                                 "{\"orderId\":\"%.*s%zu\",\"userId\":\"U%03zu\",\"itemName\":\"Burst item\","
                                 "\"quantity\":%zu,\"status\":\"new\",\"timestamp\":\"%.*s\"}",
                                 STR_ARGS(burst->run), number, number % 1000, number % 9 + 1, STR_ARGS(now));
    return true;
}

static void order_ended(void *context, size_t number, str problem)
{
    struct burst *burst = context;
    (void)number;

    if (!str_present(problem)) {
        burst->accepted++;
    } else if (burst->refused++ == 0) {
        burst->refusal = output_text(burst->orders->arena, problem);
    }
    progress_show(&burst->progress, (int64_t)(burst->accepted + burst->refused));
}

static void publish(struct burst *burst, str topic_arn)
{
    struct publish_source source = {burst, next_order, order_ended};
    int64_t began_us = monotonic_us();

    burst->began_ms = wall_clock_ms();
    burst->progress = progress_begin("publishing", "orders", (int64_t)burst->total);
    publish_all(burst->orders, topic_arn, &source);
    progress_end(&burst->progress);
    burst->refused = burst->total - burst->accepted;
    burst->published_us = monotonic_us() - began_us;
}

/* ---- waiting ---- */

/*
 * The number of messages still in the queue, visible or not; -1 when the call failed, which has been printed.
 */
static int64_t backlog(struct orders *orders, str queue_url)
{
    static str names[] = {STR_INIT("ApproximateNumberOfMessages"),
                          STR_INIT("ApproximateNumberOfMessagesNotVisible")};
    struct sqs_get_queue_attributes_request in = {.queue_url = queue_url, .attribute_names = {names, 2}};
    struct sqs_get_queue_attributes_result out = {0};
    int64_t visible = 0, hidden = 0;

    if (!orders_call(orders, &SQS_GET_QUEUE_ATTRIBUTES, &in, &out)) {
        orders_complain(orders, "Asking for the queue's length");
        return -1;
    }
    str_to_i64(str_map_get(&out.attributes, names[0]), &visible);
    str_to_i64(str_map_get(&out.attributes, names[1]), &hidden);
    return visible + hidden;
}

/* False when a call failed; giving up at the deadline is no failure. */
static bool await_queue(struct burst *burst, int64_t until_us)
{
    struct orders *orders = burst->orders;
    int64_t left;
    str queue_url;

    if (!orders_queue_url(orders, ORDERS_QUEUE, &queue_url))
        return false;
    struct arena_mark mark = arena_mark(orders->arena);
    burst->progress = progress_begin("handling", NULL, (int64_t)burst->accepted);
    while ((left = backlog(orders, queue_url)) > 0 && monotonic_us() < until_us) {
        int64_t handled = (int64_t)burst->accepted - left;
        progress_show(&burst->progress, handled > 0 ? handled : 0);
        arena_rewind(orders->arena, mark);
        pause_ms(WAIT_MS);
    }
    progress_end(&burst->progress);
    return left >= 0;
}

/* ---- counting ---- */

/* The order's number in this burst, or -1 for an order of another burst. */
static int64_t number_of(const struct burst *burst, str order_id)
{
    int64_t number;
    bool ours = str_starts_with(order_id, burst->run) &&
                str_to_i64(str_from(order_id, burst->run.size), &number) && number >= 0 &&
                number < (int64_t)burst->total;

    return ours ? number : -1;
}

static void note_stored(struct burst *burst, const struct dynamodb_scan_output *page)
{
    for (size_t i = 0; i < page->items.count; i++) {
        int64_t number = number_of(burst, item_text(&page->items.items[i], S("orderId")));
        if (number < 0 || burst->stored[number])
            continue;
        burst->stored[number] = true;
        burst->stored_count++;
    }
}

static bool count_stored(struct burst *burst)
{
    static str names[] = {STR_INIT("orderId")};
    struct orders *orders = burst->orders;
    struct dynamodb_scan_input in = {.table_name = S(ORDERS_TABLE), .attributes_to_get = {names, 1}};

    do {
        struct dynamodb_scan_output page = {0};
        if (!orders_call(orders, &DYNAMODB_SCAN, &in, &page))
            return orders_complain_missing(orders, "Reading the table");
        note_stored(burst, &page);
        in.exclusive_start_key = page.last_evaluated_key;
    } while (in.exclusive_start_key.count > 0);
    return true;
}

/* The table decides; the queue's counts, which are approximate on AWS, only say when to read it. */
static bool await_orders(struct burst *burst)
{
    int64_t until_us = monotonic_us() + burst->orders->arguments->wait_seconds * 1000000;
    struct arena_mark mark = arena_mark(burst->orders->arena);

    for (;; arena_rewind(burst->orders->arena, mark)) {
        if (!await_queue(burst, until_us) || !count_stored(burst))
            return false;
        if (burst->stored_count == burst->accepted || monotonic_us() >= until_us)
            return true;
        if (!orders_queue_length(burst->orders, ORDERS_DEAD_LETTERS, &burst->dead))
            return false;
        if (burst->stored_count + (size_t)burst->dead >= burst->accepted)
            return true;
        pause_ms(WAIT_MS);
    }
}

/* ---- when ---- */

/*
 * Note times from the lines that record a store, or else from all lines that name an order.  Returns the
 * number of orders whose time is known.
 */
static size_t note_times(struct burst *burst, const struct log_lines *lines, bool stores)
{
    size_t known = 0;

    for (size_t i = 0; i < lines->count; i++) {
        const struct log_line *line = &lines->items[i];
        int64_t number = number_of(burst, line->order_id);
        if (number < 0 || (stores && line->stored_ms < 0))
            continue;
        burst->done_ms[number] = stores ? line->stored_ms : line->logged_ms;
        if (line->published_ms >= 0)
            burst->sent_ms[number] = line->published_ms;
    }
    for (size_t i = 0; i < burst->total; i++)
        known += burst->done_ms[i] > 0;
    return known;
}

/*
 * The log may lag a little behind the table.  Returns the number of orders whose time the log has; 0 as well
 * when the log cannot be read.
 */
static size_t find_times(struct burst *burst)
{
    struct orders *orders = burst->orders;
    struct log_query query = {.from_ms = burst->began_ms - CLOCK_TOLERANCE_MS};
    struct arena_mark mark = arena_mark(orders->arena);
    int64_t until_us = monotonic_us() + INT64_C(1000) * LOG_PATIENCE_MS;
    size_t known = 0;

    for (;;) {
        struct log_lines lines = {0};
        if (!log_read(orders, &query, &lines))
            return known;
        known = note_times(burst, &lines, true);
        burst->to_function_only = known == 0;
        if (burst->to_function_only)
            known = note_times(burst, &lines, false);
        arena_rewind(orders->arena, mark);
        if (known >= burst->stored_count || monotonic_us() >= until_us)
            return known;
        pause_ms(WAIT_MS);
    }
}

static int compare_i64(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

    return (a > b) - (a < b);
}

struct times {
    size_t known;
    int64_t p50_ms, p90_ms, p99_ms, max_ms;
    double orders_per_second; /* from the first publish to the last stored order */
};

static struct times times_of(struct burst *burst)
{
    struct times times = {.known = find_times(burst)};
    int64_t *latencies = arena_alloc(burst->orders->arena, (burst->total + 1) * sizeof *latencies);
    int64_t first_ms = INT64_MAX, last_ms = 0;
    size_t count = 0;

    for (size_t i = 0; i < burst->total; i++) {
        if (burst->done_ms[i] == 0)
            continue;
        latencies[count++] = burst->done_ms[i] - burst->sent_ms[i];
        first_ms = burst->sent_ms[i] < first_ms ? burst->sent_ms[i] : first_ms;
        last_ms = burst->done_ms[i] > last_ms ? burst->done_ms[i] : last_ms;
    }
    if (count == 0)
        return times;
    qsort(latencies, count, sizeof *latencies, compare_i64);
    times.p50_ms = latencies[(count - 1) * 50 / 100];
    times.p90_ms = latencies[(count - 1) * 90 / 100];
    times.p99_ms = latencies[(count - 1) * 99 / 100];
    times.max_ms = latencies[count - 1];
    times.orders_per_second = (double)count * 1e3 / (double)(last_ms > first_ms ? last_ms - first_ms : 1);
    return times;
}

/* ---- the report ---- */

static void print_report(const struct burst *burst, const struct times *times)
{
    struct arena *arena = burst->orders->arena;
    size_t missing = burst->accepted - burst->stored_count;

    printf("%.*s orders published in %.*s: %.0f orders/s.\n",
           STR_ARGS(output_count(arena, (int64_t)burst->accepted)),
           STR_ARGS(output_duration(arena, burst->published_us)),
           (double)burst->accepted * 1e6 / (double)(burst->published_us > 0 ? burst->published_us : 1));
    if (times->known > 0)
        printf("From publish to %s: %.0f orders/s; an order took "
               "p50 %lld ms, p90 %lld ms, p99 %lld ms, at most %lld ms.\n",
               burst->to_function_only ? "function" : "table", times->orders_per_second,
               (long long)times->p50_ms, (long long)times->p90_ms, (long long)times->p99_ms,
               (long long)times->max_ms);
    else
        puts("The function's log does not say how long they took.");
    if (missing == 0)
        puts("All of them are in the table.");
    else
        printf("%zu of them are not in the table; " ORDERS_DEAD_LETTERS " holds %lld messages.\n", missing,
               (long long)burst->dead);
    if (burst->refused > 0)
        printf("%zu were not accepted: %.*s\n", burst->refused, STR_ARGS(burst->refusal));
}

static void write_number(struct json_writer *writer, str name, int64_t number)
{
    json_name(writer, name);
    json_i64(writer, number);
}

static void print_json(const struct burst *burst, const struct times *times)
{
    struct json_writer writer = json_writer_in(burst->orders->arena);

    json_open_object(&writer);
    write_number(&writer, S("published"), (int64_t)burst->accepted);
    write_number(&writer, S("refused"), (int64_t)burst->refused);
    write_number(&writer, S("stored"), (int64_t)burst->stored_count);
    write_number(&writer, S("publishMs"), burst->published_us / 1000);
    if (times->known > 0) {
        json_name(&writer, S("ordersPerSecond"));
        json_double(&writer, times->orders_per_second);
        write_number(&writer, S("p50Ms"), times->p50_ms);
        write_number(&writer, S("p90Ms"), times->p90_ms);
        write_number(&writer, S("p99Ms"), times->p99_ms);
        write_number(&writer, S("maxMs"), times->max_ms);
    }
    json_close_object(&writer);
    printf("%.*s\n", STR_ARGS(json_written(&writer)));
}

static bool prepare(struct orders *orders, struct burst *burst)
{
    unsigned char run[RUN_BYTES];
    int64_t total;

    if (!str_to_i64(str_of(orders->arguments->operand), &total) || total < 1 || total > MAX_ORDERS) {
        fprintf(
            stderr,
            "orderly: N takes a whole number from 1 to %d, not \"%s\". See orderly orders burst --help.\n",
            MAX_ORDERS, orders->arguments->operand);
        return false;
    }
    random_bytes(run, sizeof run);
    *burst = (struct burst){.orders = orders, .total = (size_t)total};
    burst->run = arena_format(orders->arena, "burst-%.*s-",
                              STR_ARGS(hex_encode(orders->arena, (str){(const char *)run, sizeof run})));
    burst->sent_ms = arena_alloc(orders->arena, burst->total * sizeof *burst->sent_ms);
    burst->done_ms = arena_alloc(orders->arena, burst->total * sizeof *burst->done_ms);
    burst->stored = arena_alloc(orders->arena, burst->total * sizeof *burst->stored);
    return true;
}

int orders_burst(struct orders *orders)
{
    struct burst burst;

    if (!prepare(orders, &burst))
        return CLI_EXIT_WRONG;
    if (!orders_who_am_i(orders))
        return EXIT_FAILURE;
    str topic_arn = orders_arn(orders, "sns", ORDERS_TOPIC);
    if (!publish_topic_exists(orders, topic_arn))
        return EXIT_FAILURE;
    publish(&burst, topic_arn);
    if (burst.accepted == 0) {
        fprintf(stderr, "orderly: No order was accepted: %.*s\n", STR_ARGS(burst.refusal));
        return EXIT_FAILURE;
    }
    if (!await_orders(&burst))
        return EXIT_FAILURE;
    struct times times = times_of(&burst);
    if (orders->arguments->json)
        print_json(&burst, &times);
    else
        print_report(&burst, &times);
    return burst.refused == 0 && burst.stored_count == burst.accepted ? EXIT_SUCCESS : EXIT_FAILURE;
}
