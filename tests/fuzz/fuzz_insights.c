/*
 * fuzz_insights.c: queries of CloudWatch Logs Insights from strangers: parsed, then run over some events.
 *
 * A query keeps to its memory: when it needs more, it fails.
 */
#include "base/check.h"
#include "insights.h"

#include "fuzz.h"

#include <string.h>

enum { LONGEST_QUERY = 10000, MOST_BYTES = 4 * 1024 * 1024 };

static const struct insights_event events[] = {
    {3, 1795817769003, 1795817769100,
     STR_INIT(
         "{\"n\":5,\"s\":\"x\",\"l\":[{\"a\":1},{\"a\":[2,null]}],\"t\":true,\"a.b\":{\"c\":\"10.0.0.1\"}}"),
     STR_INIT("s"), STR_INIT("000000000000:g")},
    {2, 1795817769002, 1795817769100, STR_INIT("user=alice, method:GET, latency := 120"), STR_INIT("s"),
     STR_INIT("000000000000:g")},
    {1, 1795817769001, 1795817769100,
     STR_INIT(
         "REPORT RequestId: 6bc28136-4a7c-4365-b021-0ce6b2e64ab0\tDuration: 12.34 ms\tMemory Size: 128 MB\t"),
     STR_INIT("s"), STR_INIT("000000000000:g")},
};

static str pointer(const void *context, struct arena *arena, const struct insights_event *event)
{
    (void)context;
    return arena_decimal(arena, event->id);
}

static bool never(const void *context)
{
    (void)context;
    return false;
}

static bool take_events(struct arena *arena, struct insights_run *run)
{
    struct arena_mark mark = arena_mark(arena);

    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        if (!logs_insights_take(run, &events[i]))
            return false;
        arena_rewind(arena, mark);
    }
    return true;
}

/* False: a lookup does not find its columns. */
static bool load_lookups(struct arena *arena, struct insights_run *run, size_t count)
{
    static const str csv = STR_INIT("n,s,l\n5,\"a \"\"b\"\"\",x\n6,,\n");

    for (size_t i = 0; i < count; i++) {
        char *copy = arena_alloc(arena, csv.size);
        memcpy(copy, csv.data, csv.size);
        if (!logs_insights_load(run, i, copy, csv.size))
            return false;
    }
    return true;
}

FUZZ(arena, input)
{
    struct insights_options options = {
        .now_ms = 1795817770000, .limit = 10, .most_bytes = MOST_BYTES, .basis = 1, .pointer = pointer};
    struct insights_problem problem;
    const struct insights_program *program =
        input.size <= LONGEST_QUERY ? logs_insights_parse(arena, input, &problem) : NULL;

    if (!program)
        return;
    struct insights_run *run = logs_insights_begin(arena, program, &options);
    if (!load_lookups(arena, run, program->lookups.count))
        return;
    for (size_t i = 0; i < program->subqueries.count; i++) {
        struct insights_run *inner = logs_insights_begin_subquery(run, i);
        if (!take_events(arena, inner) || !logs_insights_end(inner, never, NULL) ||
            logs_insights_has_failed(inner))
            return;
    }
    if (!take_events(arena, run))
        return;
    if (logs_insights_end(run, never, NULL) && !logs_insights_has_failed(run))
        check(logs_insights_rows(run).count <= (program->limit ? program->limit : options.limit));
}
