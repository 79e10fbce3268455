/*
 * submit.c: sends orders from a file or the standard input to the topic.
 *
 * All lines are read and checked before the first is sent, so that the user learns of every bad line at once,
 * by its number.
 */
#include "orders/cli/commands.h"
#include "orders/cli/order.h"
#include "orders/cli/publish.h"

#include "base/list.h"
#include "base/time.h"
#include "cli/output.h"
#include "client/file.h"

#include "sns_model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_COMPLAINTS = 20 };

struct line {
    str text;
    size_t number;
};

struct submission {
    struct orders *orders;
    struct {
        struct line *items;
        size_t count;
    } lines;
    size_t bad, sent, accepted, refused; /* numbers of lines */
    size_t complaints;
    struct progress progress;
};

static void complain(struct submission *submission, size_t line, str problem)
{
    if (submission->complaints++ < MAX_COMPLAINTS)
        fprintf(stderr, "line %zu: %.*s\n", line, STR_ARGS(problem));
    else if (submission->complaints == MAX_COMPLAINTS + 1)
        fputs("… and more.\n", stderr);
}

static void add_line(struct submission *submission, str text, size_t number)
{
    struct arena *arena = submission->orders->arena;
    struct arena_mark mark = arena_mark(arena);
    str problem = order_problem(arena, text);
    bool bad = str_present(problem);

    if (bad)
        complain(submission, number, output_text(arena, problem));
    arena_rewind(arena, mark);
    submission->bad += bad;
    if (!bad || submission->orders->arguments->force)
        *list_add(arena, &submission->lines) = (struct line){text, number};
}

static void read_lines(struct submission *submission, str content)
{
    str line;

    for (size_t number = 1; str_next(&content, '\n', &line); number++) {
        line = str_trim(line);
        if (!str_empty(line))
            add_line(submission, line, number);
    }
}

static bool next_line(void *context, struct arena *arena, struct publish_message *message)
{
    struct submission *submission = context;
    (void)arena;

    if (submission->sent == submission->lines.count)
        return false;
    *message = (struct publish_message){submission->lines.items[submission->sent].text, submission->sent};
    submission->sent++;
    return true;
}

static void line_ended(void *context, size_t index, str problem)
{
    struct submission *submission = context;

    if (str_present(problem)) {
        submission->refused++;
        complain(submission, submission->lines.items[index].number, problem);
    } else {
        submission->accepted++;
    }
    progress_show(&submission->progress, (int64_t)(submission->accepted + submission->refused));
}

static bool read_input(struct orders *orders, const char *path, str *content)
{
    bool standard = !path || strcmp(path, "-") == 0;

    if (standard ? file_read_stream(orders->arena, stdin, content) : file_read(orders->arena, path, content))
        return true;
    fprintf(stderr, "orderly: %s cannot be read: %s.\n", standard ? "The standard input" : path,
            strerror(errno));
    return false;
}

static void summarize(const struct submission *submission, int64_t elapsed_us)
{
    struct arena *arena = submission->orders->arena;
    str took = output_duration(arena, elapsed_us);

    printf("%.*s of %.*s orders accepted in %.*s",
           STR_ARGS(output_count(arena, (int64_t)submission->accepted)),
           STR_ARGS(
               output_count(arena, (int64_t)(submission->lines.count +
                                             (submission->orders->arguments->force ? 0 : submission->bad)))),
           STR_ARGS(took));
    if (submission->accepted > 0 && elapsed_us > 0)
        printf(" (%.0f orders/s)", (double)submission->accepted * 1e6 / (double)elapsed_us);
    printf(".\n");
    if (submission->bad > 0 && !submission->orders->arguments->force)
        printf("%zu bad %s not sent; --force sends %s, too.\n", submission->bad,
               submission->bad == 1 ? "line was" : "lines were", submission->bad == 1 ? "it" : "them");
}

static int submit_lines(struct orders *orders, str topic_arn)
{
    struct submission submission = {.orders = orders};
    struct publish_source source = {&submission, next_line, line_ended};
    str content;

    if (!read_input(orders, orders->arguments->operand, &content))
        return EXIT_FAILURE;
    read_lines(&submission, content);
    if (submission.lines.count > 0 && !publish_topic_exists(orders, topic_arn))
        return EXIT_FAILURE;
    submission.progress = progress_begin("publishing", "orders", (int64_t)submission.lines.count);
    int64_t began_us = monotonic_us();
    publish_all(orders, topic_arn, &source);
    progress_end(&submission.progress);
    summarize(&submission, monotonic_us() - began_us);
    bool all_taken = submission.bad == 0 || orders->arguments->force;
    return submission.accepted == submission.lines.count && all_taken ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int submit_raw(struct orders *orders, str topic_arn)
{
    struct sns_publish_input in = {.topic_arn = topic_arn};
    struct sns_publish_response out = {0};

    if (!read_input(orders, orders->arguments->raw, &in.message))
        return EXIT_FAILURE;
    if (!orders_call(orders, &SNS_PUBLISH, &in, &out)) {
        orders_complain_missing(orders, "Publishing");
        return EXIT_FAILURE;
    }
    printf("Published %zu bytes as message %.*s.\n", in.message.size, STR_ARGS(out.message_id));
    return EXIT_SUCCESS;
}

int orders_submit(struct orders *orders)
{
    if (!orders_who_am_i(orders))
        return EXIT_FAILURE;
    str topic_arn = orders_arn(orders, "sns", ORDERS_TOPIC);
    return orders->arguments->raw ? submit_raw(orders, topic_arn) : submit_lines(orders, topic_arn);
}
