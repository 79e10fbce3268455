/*
 * get_data.c: GetMetricData.
 *
 * A page covers a part of the range, the same for all series, and only that part is read unless there are
 * expressions.
 */
#include "label.h"
#include "queries.h"

#include "engine/page.h"

enum { MAX_ROWS = 100800 };

/* ---- pages ---- */

static bool is_ascending(const struct cloudwatch_get_metric_data_input *in)
{
    return cloudwatch_scan_by_of(in->scan_by) == CLOUDWATCH_SCAN_BY_TIMESTAMP_ASCENDING;
}

static int64_t most_datapoints(const struct cloudwatch_get_metric_data_input *in)
{
    return in->max_datapoints ? *in->max_datapoints : QUERIES_MOST_DATAPOINTS;
}

static bool request_check(const struct queries *queries, const struct cloudwatch_get_metric_data_input *in)
{
    if (in->start_time >= in->end_time)
        return cloudwatch_refuse(queries->call,
                                 S("The parameter StartTime must be less than the parameter EndTime."));
    if (most_datapoints(in) < 1 || most_datapoints(in) > QUERIES_MOST_DATAPOINTS)
        return cloudwatch_refuse(queries->call,
                                 S("The parameter MaxDatapoints must be between 1 and 100800."));
    return cloudwatch_queries_check(queries);
}

/* An expression may be several series. */
static double series_of(struct queries *queries, size_t number)
{
    if (queries->list->items[number].metric_stat)
        return 1;
    const struct answer *answer = cloudwatch_query_answer(queries, number);
    return answer->state == KNOWN && answer->value.count > 1 ? (double)answer->value.count : 1;
}

/*
 * How long a part of the range may have that many points, and cost that many rows, of all queries together:
 * one period at least, and no longer than the range.
 */
static int64_t page_length_s(struct queries *queries, int64_t most)
{
    int64_t longest_s = (queries->end_ms - queries->start_ms) / 1000 + 1, shortest_s = longest_s;
    double points = 0, rows = 0;

    for (size_t i = 0; i < queries->list->count; i++) {
        const struct cloudwatch_metric_data_query *query = &queries->list->items[i];
        int64_t period_s = cloudwatch_query_period_s(query);
        shortest_s = period_s < shortest_s ? period_s : shortest_s;
        points += series_of(queries, i) / (double)period_s;
        rows += 1.0 / (double)cloudwatch_query_row_s(queries, query);
    }
    double length_s = (double)most / points;
    if (!queries->reads_all && length_s > MAX_ROWS / rows)
        length_s = MAX_ROWS / rows;
    if (length_s >= (double)longest_s)
        return longest_s;
    return length_s > (double)shortest_s ? (int64_t)length_s : shortest_s;
}

static bool has_expressions(const struct cloudwatch_metric_data_query_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (!list->items[i].metric_stat)
            return true;
    return false;
}

static void choose_page(struct queries *queries, const struct cloudwatch_get_metric_data_input *in,
                        const struct page *page)
{
    int64_t start_s = in->start_time / 1000, end_s = (in->end_time + 999) / 1000, boundary_s;
    bool goes_on = str_to_i64(page->after, &boundary_s);

    queries->reads_all = has_expressions(queries->list);
    int64_t length_s = page_length_s(queries, most_datapoints(in));
    /* The first period may begin before the range, see cloudwatch_series_start_s(). */
    queries->from_s = start_s - HOUR_S;
    queries->end_s = end_s;
    if (is_ascending(in)) {
        queries->from_s = goes_on ? boundary_s : queries->from_s;
        queries->end_s = (goes_on ? boundary_s : start_s) + length_s;
        queries->end_s = queries->end_s < end_s ? queries->end_s : end_s;
    } else {
        queries->end_s = goes_on ? boundary_s : end_s;
        if (queries->end_s - length_s > start_s)
            queries->from_s = queries->end_s - length_s;
    }
}

static void end_page(const struct queries *queries, const struct cloudwatch_get_metric_data_input *in,
                     struct page *page)
{
    page->more = is_ascending(in) ? queries->end_s < (in->end_time + 999) / 1000
                                  : queries->from_s > in->start_time / 1000 - HOUR_S;
    page->last = arena_decimal(queries->call->arena, is_ascending(in) ? queries->end_s : queries->from_s);
}

/* ---- the reply ---- */

struct reply {
    struct queries queries;
    const struct cloudwatch_get_metric_data_input *in;
    struct cloudwatch_get_metric_data_output *out;
    int64_t zone_ms; /* of times in labels */
    bool stats_differ, periods_differ;
};

/* As Grafana users have reported it. */
static const struct cloudwatch_message_data dropped = {
    .code = STR_INIT("ArithmeticError"),
    .value = STR_INIT(
        "One or more data-points have been dropped due to non-numeric values (NaN, -Infinite, +Infinite)"),
};

static void compare_metrics(struct reply *reply)
{
    const struct cloudwatch_metric_data_query_list *list = &reply->in->metric_data_queries;
    const struct cloudwatch_metric_stat *first = NULL;

    for (size_t i = 0; i < list->count; i++) {
        const struct cloudwatch_metric_stat *stat = list->items[i].metric_stat;
        if (!stat)
            continue;
        first = first ? first : stat;
        reply->stats_differ |= !str_equal(stat->stat, first->stat);
        reply->periods_differ |= stat->period != first->period;
    }
}

/* The name of the metric, and which statistic or period of it, when the request has several. */
static str metric_label(const struct reply *reply, const struct cloudwatch_metric_stat *stat)
{
    struct arena *arena = reply->queries.call->arena;
    str label = stat->metric->metric_name;

    if (reply->stats_differ)
        label = arena_concat(arena, label, S(" "), stat->stat);
    if (reply->periods_differ)
        label = arena_concat(arena, label, S(" "), arena_decimal(arena, stat->period));
    return label;
}

static void add_messages(struct arena *arena, const struct cloudwatch_metric_data_query *query,
                         const struct series_values *series, struct cloudwatch_metric_data_result *result)
{
    if (series->dropped)
        *list_add(arena, &result->messages) = dropped;
    if (query->metric_stat && str_present(series->units))
        *list_add(arena, &result->messages) = (struct cloudwatch_message_data){
            .code = S("MultipleUnits"),
            .value = arena_concat(arena, S("Multiple units returned: '"), series->units, S("'")),
        };
}

static void write_series(const struct reply *reply, const struct cloudwatch_metric_data_query *query,
                         const struct series_values *series, bool of_array)
{
    const struct queries *queries = &reply->queries;
    struct arena *arena = queries->call->arena;
    struct cloudwatch_metric_data_result *result = list_add(arena, &reply->out->metric_data_results);
    struct label_options options = {.now_ms = queries->call->now_ms,
                                    .region = queries->call->region,
                                    .account = queries->call->account,
                                    .zone_ms = reply->zone_ms,
                                    .of_array = of_array,
                                    .fallback = of_array ? series->label : query->id};

    result->id = query->id;
    if (query->metric_stat)
        options.fallback = metric_label(reply, query->metric_stat);
    result->label = cloudwatch_label(arena, query->label, series, &options);
    result->status_code = cloudwatch_status_code_text(CLOUDWATCH_STATUS_CODE_COMPLETE);
    list_make_empty(arena, &result->timestamps);
    list_make_empty(arena, &result->values);
    add_messages(arena, query, series, result);
    for (size_t i = 0; i < series->count; i++) {
        size_t at = is_ascending(reply->in) ? i : series->count - 1 - i;
        if (series->at_s[at] < queries->from_s || series->at_s[at] >= queries->end_s)
            continue;
        *list_add(arena, &result->timestamps) = series->at_s[at] * 1000;
        *list_add(arena, &result->values) = series->values[at];
    }
}

/* False: fail() has been called. */
static bool write_answer(struct reply *reply, size_t number)
{
    struct queries *queries = &reply->queries;
    const struct cloudwatch_metric_data_query *query = &queries->list->items[number];

    if (!cloudwatch_query_is_right(queries, number))
        return false;
    if (query->return_data && !*query->return_data)
        return true;
    struct math_value value;
    if (!cloudwatch_query_series(queries, number, &value))
        return false;
    for (size_t i = 0; i < value.count; i++)
        write_series(reply, query, &value.series[i], value.kind == MATH_SEVERAL);
    return true;
}

enum outcome cloudwatch_get_metric_data(const struct call *call,
                                        const struct cloudwatch_get_metric_data_input *in,
                                        struct cloudwatch_get_metric_data_output *out)
{
    struct reply reply = {
        .queries = cloudwatch_queries(call, &in->metric_data_queries, in->start_time, in->end_time),
        .in = in,
        .out = out,
    };
    struct page page;

    if (!request_check(&reply.queries, in))
        return FAILED;
    if (in->label_options && str_present(in->label_options->timezone) &&
        !cloudwatch_zone_parse(in->label_options->timezone, &reply.zone_ms))
        return fail(call, &CLOUDWATCH_VALIDATION_ERROR,
                    "The value %.*s for parameter Timezone is not supported: it is +hhmm or -hhmm.",
                    STR_ARGS(in->label_options->timezone));
    if (!page_begin(call, in->next_token, 1, &page))
        return fail(call, &CLOUDWATCH_INVALID_NEXT_TOKEN, "The next token specified is invalid.");
    choose_page(&reply.queries, in, &page);
    compare_metrics(&reply);
    list_make_empty(call->arena, &out->metric_data_results);
    for (size_t i = 0; i < in->metric_data_queries.count; i++)
        if (!write_answer(&reply, i))
            return FAILED;
    list_make_empty(call->arena, &out->messages);
    end_page(&reply.queries, in, &page);
    out->next_token = page_end(call, &page);
    return DONE;
}
