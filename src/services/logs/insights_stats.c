/*
 * insights_stats.c: aggregation.
 *
 * All results are exact: percentiles keep their numbers and distinct counts their texts, within the query's
 * memory. A percentile is the smallest number that at least so many percent of the numbers do not exceed.
 */
#include "insights_stats.h"

#include <math.h>
#include <string.h>

typedef struct insights_value value;

enum { FIRST_NUMBERS = 8 };

struct insights_accumulator {
    double count, sum, mean, squares; /* of the numbers: Welford's sums */
    value best;                       /* of min, max, earliest, latest, sortsFirst, sortsLast */
    int64_t best_ms;
    double *numbers; /* of pct */
    size_t number_count, number_capacity;
    struct insights_table texts; /* of count_distinct */
};

/* ---- taking rows ---- */

static void add_number(struct insights_memory *memory, struct insights_accumulator *sums, double number,
                       bool keep)
{
    double before = number - sums->mean;

    sums->count++;
    sums->sum += number;
    sums->mean += before / sums->count;
    sums->squares += before * (number - sums->mean);
    if (!keep)
        return;
    if (sums->number_count == sums->number_capacity) {
        size_t capacity = sums->number_capacity ? 2 * sums->number_capacity : FIRST_NUMBERS;
        double *larger = logs_insights_keep(memory, capacity * sizeof *larger);
        if (sums->number_count > 0)
            memcpy(larger, sums->numbers, sums->number_count * sizeof *larger);
        sums->numbers = larger;
        sums->number_capacity = capacity;
    }
    sums->numbers[sums->number_count++] = number;
}

/* Is it better than the best one so far? */
static bool is_better(struct arena *arena, const struct insights_aggregation *aggregation,
                      const struct insights_accumulator *sums, const value *found, int64_t ms)
{
    switch (aggregation->kind) {
    case AGGREGATE_MIN:
        return logs_insights_compare(arena, found, &sums->best) < 0;
    case AGGREGATE_MAX:
        return logs_insights_compare(arena, found, &sums->best) > 0;
    case AGGREGATE_EARLIEST:
        return ms < sums->best_ms;
    case AGGREGATE_LATEST:
        return ms > sums->best_ms;
    case AGGREGATE_SORTS_FIRST:
        return logs_insights_natural_order(arena, found, &sums->best) < 0;
    default:
        return logs_insights_natural_order(arena, found, &sums->best) > 0;
    }
}

static void take_best(struct insights_memory *memory, const struct insights_aggregation *aggregation,
                      struct insights_accumulator *sums, const value *found, int64_t ms)
{
    if (sums->best.kind != INSIGHTS_ABSENT && !is_better(memory->arena, aggregation, sums, found, ms))
        return;
    sums->best = logs_insights_keep_value(memory, *found);
    sums->best_ms = ms;
}

static void take(struct insights_groups *groups, const struct insights_aggregation *aggregation,
                 struct insights_accumulator *sums, struct insights_evaluation *evaluation)
{
    value found = aggregation->argument ? logs_insights_evaluate(evaluation, aggregation->argument)
                                        : logs_insights_boolean(true);
    int64_t ms = evaluation->row->event ? evaluation->row->event->timestamp_ms : 0;
    double number;
    bool is_new;

    if (found.kind == INSIGHTS_ABSENT)
        return;
    switch (aggregation->kind) {
    case AGGREGATE_COUNT:
        sums->count++;
        break;
    case AGGREGATE_COUNT_DISTINCT:
        sums->texts.basis = groups->table.basis;
        logs_insights_entry(groups->memory, &sums->texts, logs_insights_show(evaluation->arena, &found),
                            &is_new);
        break;
    case AGGREGATE_SUM:
    case AGGREGATE_AVG:
    case AGGREGATE_STDDEV:
    case AGGREGATE_PCT:
        if (logs_insights_is_number(&found, &number))
            add_number(groups->memory, sums, number, aggregation->kind == AGGREGATE_PCT);
        break;
    default:
        take_best(groups->memory, aggregation, sums, &found, ms);
    }
}

static struct insights_group *new_group(struct insights_groups *groups, const value *by)
{
    const struct insights_command *command = groups->command;
    struct insights_group *group = logs_insights_keep(groups->memory, sizeof *group);

    group->by = logs_insights_keep(groups->memory, command->columns.count * sizeof *by);
    for (size_t i = 0; i < command->columns.count; i++)
        group->by[i] = logs_insights_keep_value(groups->memory, by[i]);
    group->accumulators =
        logs_insights_keep(groups->memory, command->aggregations.count * sizeof *group->accumulators);
    *(groups->last ? &groups->last->next : &groups->first) = group;
    groups->last = group;
    return group;
}

/* The key of a group: for each value its length and its text, and '-' for an absent one. */
static str key_of(struct arena *arena, const value *by, size_t count)
{
    struct text key = text_in(arena);

    for (size_t i = 0; i < count; i++) {
        str shown = logs_insights_show(arena, &by[i]);
        if (by[i].kind == INSIGHTS_ABSENT) {
            text_add_char(&key, '-');
            continue;
        }
        text_add_i64(&key, (int64_t)shown.size);
        text_add_char(&key, ':');
        text_add(&key, shown);
    }
    return text_str(&key);
}

static struct insights_group *group_of(struct insights_groups *groups, struct insights_evaluation *evaluation)
{
    const struct insights_columns *columns = &groups->command->columns;
    bool is_new;

    if (columns->count == 0)
        return groups->first ? groups->first : new_group(groups, NULL);
    value *by = arena_alloc(evaluation->arena, columns->count * sizeof *by);
    for (size_t i = 0; i < columns->count; i++)
        by[i] = logs_insights_evaluate(evaluation, columns->items[i].node);
    struct insights_entry *entry = logs_insights_entry(
        groups->memory, &groups->table, key_of(evaluation->arena, by, columns->count), &is_new);
    if (is_new)
        entry->value = new_group(groups, by);
    return entry->value;
}

void logs_insights_aggregate(struct insights_groups *groups, struct insights_evaluation *evaluation)
{
    struct insights_group *group = group_of(groups, evaluation);
    const struct insights_aggregations *all = &groups->command->aggregations;

    for (size_t i = 0; i < all->count; i++)
        take(groups, &all->items[i], &group->accumulators[i], evaluation);
}

void logs_insights_groups_end(struct insights_groups *groups)
{
    if (groups->command->columns.count == 0 && !groups->first)
        new_group(groups, NULL);
}

/* ---- results ---- */

/* Bits that are ordered as the numbers are. */
static uint64_t ordered_bits(double number)
{
    uint64_t bits;

    memcpy(&bits, &number, sizeof bits);
    return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

static double number_of_bits(uint64_t bits)
{
    double number;

    bits = bits >> 63 ? bits & ~(UINT64_C(1) << 63) : ~bits;
    memcpy(&number, &bits, sizeof number);
    return number;
}

/*
 * The number of that rank, from 1 on.  Each pass learns eight more of its bits: so it takes the same time for
 * all orders of the numbers.
 */
static double number_at(const struct insights_accumulator *sums, size_t rank)
{
    uint64_t known = 0;

    for (unsigned shift = 64; shift > 0; shift -= 8) {
        size_t counts[256] = {0};
        for (size_t i = 0; i < sums->number_count; i++) {
            uint64_t bits = ordered_bits(sums->numbers[i]);
            if (shift == 64 || bits >> shift == known)
                counts[bits >> (shift - 8) & 255]++;
        }
        uint64_t next = 0;
        while (rank > counts[next])
            rank -= counts[next++];
        known = known << 8 | next;
    }
    return number_of_bits(known);
}

static value percentile(const struct insights_accumulator *sums, double percent)
{
    size_t rank = (size_t)ceil(percent / 100 * (double)sums->number_count);

    if (sums->number_count == 0)
        return (value){0};
    return logs_insights_number(number_at(sums, rank > 0 ? rank : 1));
}

static value result_of(const struct insights_aggregation *aggregation,
                       const struct insights_accumulator *sums)
{
    switch (aggregation->kind) {
    case AGGREGATE_COUNT:
        return logs_insights_number(sums->count);
    case AGGREGATE_COUNT_DISTINCT:
        return logs_insights_number((double)sums->texts.count);
    case AGGREGATE_SUM:
        return logs_insights_number(sums->count > 0 ? sums->sum : NAN);
    case AGGREGATE_AVG:
        return logs_insights_number(sums->count > 0 ? sums->mean : NAN);
    case AGGREGATE_STDDEV:
        return logs_insights_number(sums->count > 0 ? sqrt(sums->squares / sums->count) : NAN);
    case AGGREGATE_PCT:
        return percentile(sums, aggregation->percent);
    default:
        return sums->best;
    }
}

void logs_insights_group_row(const struct insights_groups *groups, const struct insights_group *group,
                             struct insights_evaluation *evaluation)
{
    const struct insights_command *command = groups->command;
    value *aggregates = arena_alloc(evaluation->arena, command->aggregations.count * sizeof *aggregates);

    for (size_t i = 0; i < command->aggregations.count; i++)
        aggregates[i] = result_of(&command->aggregations.items[i], &group->accumulators[i]);
    evaluation->aggregates = aggregates;
    for (size_t i = 0; i < command->columns.count; i++)
        evaluation->row->slots[command->columns.items[i].slot] = group->by[i];
    for (size_t i = 0; i < command->results.count; i++)
        evaluation->row->slots[command->results.items[i].slot] =
            logs_insights_evaluate(evaluation, command->results.items[i].node);
    evaluation->aggregates = NULL;
}
