/*
 * insights.c: rows pass through the commands, one after the other.
 *
 * `stats`, `sort` and `pattern` keep rows until the last event; at the end they pass on theirs, one command
 * after the other, in steps.  With `diff` a second run takes the events of the earlier time, up to its
 * pattern.  The rows of a subquery's run go to the run that has begun it.
 */
#include "insights.h"

#include "insights_lookup.h"
#include "insights_pattern.h"
#include "insights_sort.h"
#include "insights_stats.h"

enum { FIRST_ROWS = 64, MOST_PASSES = 100000 /* that one event, or one row at the end, may come to */ };

/* What a command knows of the rows so far. */
struct stage {
    struct insights_groups groups; /* of stats */
    struct insights_sorter sorter; /* of sort */
    struct insights_patterns patterns;
    struct insights_table seen; /* of dedup */
    size_t passed;              /* of limit */
    bool is_ending, is_sorted;
    const struct insights_group *group; /* the next one whose row is passed on, */
    size_t next;                        /* or the next row of a sort, or pattern */
};

struct insights_run {
    struct arena *arena;
    const struct insights_program *program;
    struct insights_options options;
    struct insights_memory memory;
    struct stage *stages;
    struct insights_value *slots;
    size_t matches_at; /* behind the last filter of events */
    int64_t matched;
    bool failed;
    size_t ending;                                /* the command whose rows are passed on at the end */
    struct insights_run *previous;                /* over the time that `diff` compares with, or NULL */
    struct insights_table *found;                 /* by each of its subqueries */
    struct insights_run *outer;                   /* of a subquery's run: the run that it belongs to, */
    size_t index;                                 /* and which one it is */
    const struct insights_lookup_table **lookups; /* of the whole query */
    struct insights_memory lookup_memory;         /* of the outermost run */
    size_t passes;                                /* of the event, or row, that is being passed on */
    struct insights_texts rows;
    size_t row_capacity;
};

static bool pass(struct insights_run *run, struct insights_evaluation *evaluation, size_t from);

/* ---- results ---- */

static void add_field(struct json_writer *writer, str name, str shown)
{
    json_open_object(writer);
    json_field(writer, S("field"), name);
    json_field(writer, S("value"), shown);
    json_close_object(writer);
}

static void keep_result(struct insights_run *run, str row)
{
    if (run->rows.count == run->row_capacity) {
        size_t capacity = run->row_capacity ? 2 * run->row_capacity : FIRST_ROWS;
        str *larger = logs_insights_keep(&run->memory, capacity * sizeof *larger);
        for (size_t i = 0; i < run->rows.count; i++)
            larger[i] = run->rows.items[i];
        run->rows.items = larger;
        run->row_capacity = capacity;
    }
    run->rows.items[run->rows.count++] = logs_insights_keep_text(&run->memory, row);
}

/* Another row of a subquery. */
static void add_found(struct insights_run *run, struct insights_evaluation *evaluation)
{
    struct insights_run *outer = run->outer;

    logs_insights_keep_found(&outer->memory, &outer->found[run->index],
                             outer->program->subqueries.items[run->index], evaluation);
    run->failed = run->failed || outer->memory.full;
}

static void add_result(struct insights_run *run, struct insights_evaluation *evaluation)
{
    const struct insights_columns *columns = &run->program->columns;
    struct json_writer writer = json_writer_in(evaluation->arena);
    const struct insights_event *event = evaluation->row->event;

    if (run->rows.count == (run->program->limit ? run->program->limit : run->options.limit))
        return;
    json_open_array(&writer);
    for (size_t i = 0; i < columns->count; i++) {
        struct insights_value shown = logs_insights_evaluate(evaluation, columns->items[i].node);
        bool is_pointer = event && str_equal(columns->items[i].name, S("@ptr"));
        if (shown.kind != INSIGHTS_ABSENT && !is_pointer)
            add_field(&writer, columns->items[i].name, logs_insights_show(evaluation->arena, &shown));
    }
    if (event)
        add_field(&writer, S("@ptr"),
                  run->options.pointer(run->options.pointer_context, evaluation->arena, event));
    json_close_array(&writer);
    keep_result(run, json_written(&writer));
}

/* ---- commands: true when the row goes on to the next one ---- */

static bool pass_fields(struct insights_run *run, struct insights_evaluation *evaluation, size_t index)
{
    const struct insights_columns *columns = &run->program->items[index].columns;

    for (size_t i = 0; i < columns->count; i++)
        if (columns->items[i].stored)
            evaluation->row->slots[columns->items[i].slot] =
                logs_insights_evaluate(evaluation, columns->items[i].node);
    return true;
}

static bool pass_filter(struct insights_run *run, struct insights_evaluation *evaluation, size_t index)
{
    struct insights_value holds = logs_insights_evaluate(evaluation, run->program->items[index].node);

    return logs_insights_is_true(&holds);
}

static bool pass_parse(struct insights_run *run, struct insights_evaluation *evaluation, size_t index)
{
    const struct insights_command *command = &run->program->items[index];
    struct insights_value text = logs_insights_evaluate(evaluation, command->node);
    size_t count = logs_insights_part_count(command->matcher);
    str *parts = arena_alloc(evaluation->arena, count * sizeof *parts);
    bool matches = text.kind != INSIGHTS_ABSENT &&
                   logs_insights_matches(command->matcher, evaluation,
                                         logs_insights_show(evaluation->arena, &text), parts);

    for (size_t i = 0; i < count; i++)
        evaluation->row->slots[command->slots[i]] = logs_insights_text(matches ? parts[i] : (str){0});
    return true;
}

static bool pass_lookup(struct insights_run *run, struct insights_evaluation *evaluation, size_t index)
{
    const struct insights_command *command = &run->program->items[index];

    logs_insights_look_up_row(run->lookups[command->lookup], command, evaluation);
    return true;
}

static bool pass_stats(struct insights_run *run, struct insights_evaluation *evaluation, size_t index)
{
    logs_insights_aggregate(&run->stages[index].groups, evaluation);
    return false;
}

static bool pass_sort(struct insights_run *run, struct insights_evaluation *evaluation, size_t index)
{
    struct insights_sorter *sorter = &run->stages[index].sorter;

    logs_insights_sorter_take(sorter, evaluation);
    run->failed = run->failed || sorter->memory.full;
    return false;
}

static bool pass_limit(struct insights_run *run, struct insights_evaluation *evaluation, size_t index)
{
    (void)evaluation;
    if (run->stages[index].passed == run->program->items[index].limit)
        return false;
    run->stages[index].passed++;
    return true;
}

/* A row in which a value is absent is not a duplicate. */
static bool pass_dedup(struct insights_run *run, struct insights_evaluation *evaluation, size_t index)
{
    const struct insights_nodes *nodes = &run->program->items[index].nodes;
    struct text key = text_in(evaluation->arena);
    bool is_new;

    for (size_t i = 0; i < nodes->count; i++) {
        struct insights_value found = logs_insights_evaluate(evaluation, nodes->items[i]);
        str shown = logs_insights_show(evaluation->arena, &found);
        if (found.kind == INSIGHTS_ABSENT)
            return true;
        text_add_i64(&key, (int64_t)shown.size);
        text_add_char(&key, ':');
        text_add(&key, shown);
    }
    logs_insights_entry(&run->memory, &run->stages[index].seen, text_str(&key), &is_new);
    return is_new;
}

/* A row for each element of a list. */
static bool pass_unnest(struct insights_run *run, struct insights_evaluation *evaluation, size_t index)
{
    const struct insights_command *command = &run->program->items[index];
    struct insights_value *slot = &evaluation->row->slots[command->slots[0]];
    struct insights_value list = logs_insights_evaluate(evaluation, command->node);
    const struct json *json = list.json;

    *slot = (struct insights_value){0};
    if (list.kind == INSIGHTS_JSON && !json)
        json = json_parse(evaluation->arena, list.text, NULL);
    if (!json_is(json, JSON_ARRAY))
        return true;
    for (uint32_t i = 0; i < json->count && !run->failed; i++) {
        *slot = logs_insights_of_json(&json->items[i]);
        pass(run, evaluation, index + 1);
    }
    return false;
}

static bool pass_pattern(struct insights_run *run, struct insights_evaluation *evaluation, size_t index)
{
    struct insights_value text = logs_insights_evaluate(evaluation, run->program->items[index].node);

    if (text.kind != INSIGHTS_ABSENT)
        logs_insights_pattern_take(&run->stages[index].patterns, evaluation->arena,
                                   logs_insights_show(evaluation->arena, &text));
    return false;
}

/* A row for each of the right side that has the value. */
static bool pass_join(struct insights_run *run, struct insights_evaluation *evaluation, size_t index)
{
    const struct insights_command *command = &run->program->items[index];
    const struct insights_columns *shown = &run->program->subqueries.items[command->subquery]->shown;
    struct insights_value *slots = evaluation->row->slots,
                          key = logs_insights_evaluate(evaluation, command->node);
    const struct insights_entry *entry =
        logs_insights_find_rows(&run->found[command->subquery], evaluation->arena, &key);

    if (!entry) {
        for (size_t i = 0; i < shown->count; i++)
            slots[shown->items[i].slot] = (struct insights_value){0};
        return command->keeps_left;
    }
    const struct insights_joined_rows *rows = entry->value;
    for (const struct insights_joined_row *row = rows->first; row && !run->failed; row = row->next) {
        for (size_t i = 0; i < shown->count; i++)
            slots[shown->items[i].slot] = row->values[i];
        pass(run, evaluation, index + 1);
    }
    return false;
}

static bool (*const passes[])(struct insights_run *, struct insights_evaluation *, size_t) = {
    [COMMAND_FIELDS] = pass_fields, [COMMAND_FILTER] = pass_filter, [COMMAND_PARSE] = pass_parse,
    [COMMAND_STATS] = pass_stats,   [COMMAND_SORT] = pass_sort,     [COMMAND_LIMIT] = pass_limit,
    [COMMAND_DEDUP] = pass_dedup,   [COMMAND_UNNEST] = pass_unnest, [COMMAND_PATTERN] = pass_pattern,
    [COMMAND_JOIN] = pass_join,     [COMMAND_LOOKUP] = pass_lookup,
};

/* Returns false when the query has failed. */
static bool pass(struct insights_run *run, struct insights_evaluation *evaluation, size_t from)
{
    bool goes_on = true;

    for (size_t i = from; goes_on && i < run->program->count; i++) {
        run->matched += from == 0 && i == run->matches_at;
        goes_on = passes[run->program->items[i].kind](run, evaluation, i);
    }
    run->matched += goes_on && from == 0 && run->matches_at == run->program->count;
    if (goes_on)
        (run->outer ? add_found : add_result)(run, evaluation);
    run->failed = run->failed || run->memory.full || evaluation->failed || ++run->passes > MOST_PASSES;
    return !run->failed;
}

/* ---- beginning and end ---- */

/* Behind the last filter before a command that changes what rows are. */
static size_t last_filter(const struct insights_program *program)
{
    size_t behind = 0;

    for (size_t i = 0; i < program->count && program->items[i].kind < COMMAND_STATS; i++)
        if (program->items[i].kind == COMMAND_FILTER)
            behind = i + 1;
    return behind;
}

/* How many rows of a sort are needed; 0: all, because a later command chooses among them. */
static size_t most_sorted(const struct insights_run *run, size_t index)
{
    size_t most = run->program->limit ? run->program->limit : run->options.limit;

    for (size_t i = index + 1; i < run->program->count; i++) {
        const struct insights_command *later = &run->program->items[i];
        if (later->kind == COMMAND_LIMIT)
            return later->limit;
        if (later->kind != COMMAND_FIELDS && later->kind != COMMAND_PARSE && later->kind != COMMAND_LOOKUP)
            return 0;
    }
    return most;
}

static struct insights_run *new_run(struct arena *arena, const struct insights_program *program,
                                    const struct insights_options *options)
{
    struct insights_run *run = arena_new(arena, struct insights_run);
    bool shares = program->comparison || program->subqueries.count > 0;
    struct insights_memory memory = {.arena = arena, .most = options->most_bytes / (shares ? 2 : 1)};

    *run = (struct insights_run){.arena = arena, .program = program, .options = *options, .memory = memory};
    run->stages = arena_alloc(arena, (program->count + 1) * sizeof *run->stages);
    run->slots = arena_alloc(arena, (program->slot_count + 1) * sizeof *run->slots);
    run->found = arena_alloc(arena, (program->subqueries.count + 1) * sizeof *run->found);
    for (size_t i = 0; i < program->subqueries.count; i++)
        run->found[i] = (struct insights_table){.basis = options->basis};
    run->matches_at = last_filter(program);
    for (size_t i = 0; i < program->count; i++) {
        struct stage *stage = &run->stages[i];
        stage->seen.basis = stage->groups.table.basis = stage->patterns.table.basis = options->basis;
        stage->groups.memory = stage->patterns.memory = &run->memory;
        stage->groups.command = stage->sorter.command = &program->items[i];
        stage->sorter.memory = memory;
        stage->sorter.slot_count = program->slot_count;
        stage->sorter.most = most_sorted(run, i);
    }
    return run;
}

struct insights_run *logs_insights_begin(struct arena *arena, const struct insights_program *program,
                                         const struct insights_options *options)
{
    struct insights_run *run = new_run(arena, program, options);

    run->lookup_memory = (struct insights_memory){.arena = arena, .most = options->most_bytes};
    run->lookups = arena_alloc(arena, (program->lookups.count + 1) * sizeof(void *));
    if (!program->comparison)
        return run;
    run->previous = new_run(arena, program, options);
    run->previous->lookups = run->lookups;
    return run;
}

bool logs_insights_load(struct insights_run *run, size_t index, char *csv, size_t size)
{
    run->lookups[index] = logs_insights_lookup_table(&run->lookup_memory, &run->program->lookups.items[index],
                                                     run->options.basis, (str){csv, size}, csv);
    return run->lookups[index];
}

struct insights_run *logs_insights_begin_subquery(struct insights_run *run, size_t index)
{
    struct insights_options options = run->options;

    options.limit = 0;
    options.most_bytes = run->memory.most;
    struct insights_run *inner =
        new_run(run->arena, run->program->subqueries.items[index]->program, &options);
    inner->outer = run;
    inner->lookups = run->lookups;
    inner->index = index;
    return inner;
}

static struct insights_evaluation evaluation_of(struct insights_run *run, struct insights_row *row)
{
    for (size_t i = 0; i < run->program->slot_count; i++)
        row->slots[i] = (struct insights_value){0};
    run->passes = 0;
    return (struct insights_evaluation){
        .arena = run->arena, .now_ms = run->options.now_ms, .row = row, .found = run->found};
}

bool logs_insights_take(struct insights_run *run, const struct insights_event *event)
{
    struct insights_row row = {.event = event, .slots = run->slots};
    struct insights_evaluation evaluation = evaluation_of(run, &row);

    return pass(run, &evaluation, 0);
}

bool logs_insights_take_previous(struct insights_run *run, const struct insights_event *event)
{
    run->failed = !logs_insights_take(run->previous, event);
    return !run->failed;
}

/*
 * ---- the end: each function passes on one row, or does a step of other work; false: there is no more ----
 */

static bool end_stats(struct insights_run *run, size_t index)
{
    struct stage *stage = &run->stages[index];
    struct insights_row row = {.slots = run->slots};

    if (!stage->is_ending) {
        stage->is_ending = true;
        logs_insights_groups_end(&stage->groups);
        stage->group = stage->groups.first;
    }
    if (!stage->group)
        return false;
    struct insights_evaluation evaluation = evaluation_of(run, &row);
    logs_insights_group_row(&stage->groups, stage->group, &evaluation);
    stage->group = stage->group->next;
    return pass(run, &evaluation, index + 1);
}

static bool end_sort(struct insights_run *run, size_t index)
{
    struct stage *stage = &run->stages[index];
    struct insights_sorter *sorter = &stage->sorter;

    if (!stage->is_sorted) {
        stage->is_sorted = !logs_insights_sorter_step(sorter);
        run->failed = run->failed || sorter->memory.full;
        return true;
    }
    if (stage->next == sorter->count) {
        logs_insights_release(&sorter->memory);
        return false;
    }
    const struct insights_kept_row *kept = logs_insights_sorted(sorter, stage->next++);
    struct insights_row row = {.event = kept->has_event ? &kept->event : NULL, .slots = run->slots};
    struct insights_evaluation evaluation = evaluation_of(run, &row);
    for (size_t slot = 0; slot < run->program->slot_count; slot++)
        row.slots[slot] = kept->slots[slot];
    return pass(run, &evaluation, index + 1);
}

static void sort_patterns(struct insights_run *run, size_t index)
{
    struct insights_patterns *patterns = &run->stages[index].patterns;

    if (run->previous)
        logs_insights_patterns_compare(patterns, &run->previous->stages[index].patterns);
    logs_insights_patterns_sort(patterns);
    run->failed = run->memory.full;
}

static bool end_pattern(struct insights_run *run, size_t index)
{
    struct stage *stage = &run->stages[index];
    struct insights_row row = {.slots = run->slots};

    if (!stage->patterns.sorted) {
        sort_patterns(run, index);
        return true;
    }
    if (stage->next == stage->patterns.table.count)
        return false;
    struct insights_evaluation evaluation = evaluation_of(run, &row);
    logs_insights_pattern_row(&stage->patterns, &run->program->items[index],
                              stage->patterns.sorted[stage->next++], &evaluation);
    return pass(run, &evaluation, index + 1);
}

static bool (*const ends[])(struct insights_run *, size_t) = {
    [COMMAND_STATS] = end_stats, [COMMAND_SORT] = end_sort, [COMMAND_PATTERN] = end_pattern};

/* One step of the end; false: there is nothing left. */
static bool end_step(struct insights_run *run, size_t last)
{
    struct arena_mark mark = arena_mark(run->arena);
    enum insights_command_kind kind;

    if (run->ending == last || run->failed)
        return false;
    kind = run->program->items[run->ending].kind;
    if (kind >= sizeof ends / sizeof *ends || !ends[kind] || !ends[kind](run, run->ending))
        run->ending++;
    arena_rewind(run->arena, mark);
    return true;
}

/* The command that the earlier time's rows end at. */
static size_t pattern_of(const struct insights_program *program)
{
    size_t at = 0;

    while (program->items[at].kind != COMMAND_PATTERN)
        at++;
    return at;
}

/* Nothing is needed of a subquery's run any more. */
static void release(struct insights_run *run)
{
    logs_insights_release(&run->memory);
    for (size_t i = 0; i < run->program->count; i++)
        logs_insights_release(&run->stages[i].sorter.memory);
}

bool logs_insights_end(struct insights_run *run, bool (*is_over)(const void *context), const void *context)
{
    bool more = true;

    while (more && run->previous && end_step(run->previous, pattern_of(run->program)))
        more = !is_over(context);
    run->failed = run->failed || (run->previous && run->previous->failed);
    while (more && end_step(run, run->program->count))
        more = !is_over(context);
    if (more && run->outer && !run->failed)
        release(run);
    return more;
}

bool logs_insights_has_failed(const struct insights_run *run)
{
    return run->failed;
}

struct insights_texts logs_insights_rows(const struct insights_run *run)
{
    return run->rows;
}

int64_t logs_insights_matched(const struct insights_run *run)
{
    return run->matched + (run->previous ? run->previous->matched : 0);
}
