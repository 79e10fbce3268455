/*
 * get_data.c: GetMetricData: several series of one range, and expressions over them.
 *
 * A page covers a part of the range, the same for all series; expressions are computed from the whole range.
 */
#include "cloudwatch_internal.h"

#include "alarm.h"
#include "base/check.h"
#include "engine/page.h"

#include <string.h>

enum { MAX_QUERIES = 500, MAX_DATAPOINTS = 100800 };

struct answer {
    enum { UNKNOWN, BEING_COMPUTED, KNOWN, WRONG } state;
    bool whole;
    struct math_value value;
    const char *problem; /* of a WRONG one */
};

struct data {
    const struct call *call;
    const struct cloudwatch_get_metric_data_input *in;
    struct answer *answers; /* one for each query */
    int64_t from_s, end_s;  /* the page */
};

/* ---- checking ---- */

static bool refuse(const struct call *call, str sentence)
{
    fail(call, &CLOUDWATCH_VALIDATION_ERROR, "%.*s", STR_ARGS(sentence));
    return false;
}

static bool stat_check(const struct call *call, const struct cloudwatch_get_metric_data_input *in,
                       const struct cloudwatch_metric_data_query *query)
{
    const struct cloudwatch_metric_stat *stat = query->metric_stat;
    struct statistic statistic;

    if (!str_present(stat->metric->namespace) || !str_present(stat->metric->metric_name))
        return refuse(call,
                      arena_format(call->arena, "Metric of query %.*s needs a Namespace and a MetricName",
                                   STR_ARGS(query->id)));
    if (!cloudwatch_parse_statistic(stat->stat, &statistic))
        return refuse(call, arena_format(call->arena, "The value %.*s for parameter Stat is not supported.",
                                         STR_ARGS(stat->stat)));
    if (!cloudwatch_period_is_valid(stat->period))
        return refuse(
            call, arena_format(call->arena,
                               "Invalid Period %lld: it is a multiple of 60 seconds, or 1, 5, 10, 20 or 30",
                               (long long)stat->period));
    if ((in->end_time - in->start_time) / 1000 / stat->period > MAX_DATAPOINTS)
        return refuse(call, S("Too many datapoints requested: the limit is 100,800 of one metric."));
    return true;
}

static bool id_is_valid(str id)
{
    return id.data[0] >= 'a' && id.data[0] <= 'z' && str_is_word(id, S("_"));
}

static bool query_check(const struct data *data, size_t number)
{
    const struct cloudwatch_metric_data_query_list *queries = &data->in->metric_data_queries;
    const struct cloudwatch_metric_data_query *query = &queries->items[number];
    struct arena *arena = data->call->arena;

    if (!id_is_valid(query->id))
        return refuse(data->call, arena_format(arena,
                                               "The value %.*s for parameter MetricDataQueries.member.%zu.Id "
                                               "is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.",
                                               STR_ARGS(query->id), number + 1));
    for (size_t i = 0; i < number; i++)
        if (str_equal(queries->items[i].id, query->id))
            return refuse(data->call,
                          arena_format(arena, "The values for parameter id in MetricDataQueries are not "
                                              "unique."));
    if (!query->metric_stat == !str_present(query->expression))
        return refuse(
            data->call,
            arena_format(arena,
                         "The parameters MetricDataQueries.member.%zu.Expression and "
                         "MetricDataQueries.member.%zu.MetricStat are mutually exclusive and you have "
                         "specified %s.",
                         number + 1, number + 1, query->metric_stat ? "both" : "none"));
    return !query->metric_stat || stat_check(data->call, data->in, query);
}

static bool request_check(const struct data *data)
{
    const struct cloudwatch_get_metric_data_input *in = data->in;
    int64_t most = in->max_datapoints ? *in->max_datapoints : MAX_DATAPOINTS;

    if (in->start_time >= in->end_time)
        return refuse(data->call, S("The parameter StartTime must be less than the parameter EndTime."));
    if (in->metric_data_queries.count == 0 || in->metric_data_queries.count > MAX_QUERIES)
        return refuse(data->call, S("The collection MetricDataQueries must have a size of 1 to 500."));
    if (most < 1 || most > MAX_DATAPOINTS)
        return refuse(data->call, S("The parameter MaxDatapoints must be between 1 and 100800."));
    for (size_t i = 0; i < in->metric_data_queries.count; i++)
        if (!query_check(data, i))
            return false;
    return true;
}

/* ---- computing ---- */

static void compute_stat(struct data *data, const struct cloudwatch_metric_data_query *query,
                         struct answer *answer)
{
    const struct call *call = data->call;
    const struct cloudwatch_metric_stat *stat = query->metric_stat;
    const struct identity identity = {call->account, call->region, stat->metric->namespace,
                                      stat->metric->metric_name,
                                      cloudwatch_dimensions_text(call->arena, &stat->metric->dimensions)};
    const struct series_request request = {
        .metric_id = cloudwatch_metric_find(call->txn, &identity),
        .from_s = cloudwatch_series_start_s(call, data->in->start_time, stat->period),
        .end_s = (data->in->end_time + 999) / 1000,
        .period_s = stat->period,
        .unit = stat->unit,
    };
    struct bucket_list buckets = {0};
    struct statistic statistic;
    struct series_values *series = arena_new(call->arena, struct series_values);

    cloudwatch_parse_statistic(stat->stat, &statistic);
    answer->whole = cloudwatch_series_read(call, &request, &buckets);
    *series = (struct series_values){
        .id = query->id,
        .label = stat->metric->metric_name,
        .period_s = stat->period,
        .at_s = arena_alloc(call->arena, (buckets.count + 1) * sizeof *series->at_s),
        .values = arena_alloc(call->arena, (buckets.count + 1) * sizeof *series->values)};
    for (size_t i = 0; i < buckets.count; i++)
        if (cloudwatch_sums_statistic(&statistic, &buckets.items[i].sums, &series->values[series->count]))
            series->at_s[series->count++] = buckets.items[i].at_s;
    answer->value = (struct math_value){.kind = MATH_SERIES, .series = series, .count = 1};
    answer->state = KNOWN;
}

static const struct answer *answer_of(struct data *data, size_t number);

static const struct math_value *find_value(void *context, str id)
{
    struct data *data = context;

    for (size_t i = 0; i < data->in->metric_data_queries.count; i++)
        if (str_equal(data->in->metric_data_queries.items[i].id, id)) {
            const struct answer *answer = answer_of(data, i);
            return answer->state == KNOWN ? &answer->value : NULL;
        }
    return NULL;
}

static struct math_value all_metrics(void *context, str part)
{
    struct data *data = context;
    const struct cloudwatch_metric_data_query_list *queries = &data->in->metric_data_queries;
    struct math_value all = {.kind = MATH_SEVERAL,
                             .series =
                                 arena_alloc(data->call->arena, (queries->count + 1) * sizeof *all.series)};

    for (size_t i = 0; i < queries->count; i++)
        if (queries->items[i].metric_stat &&
            (!str_present(part) || str_find(queries->items[i].id, part) >= 0))
            all.series[all.count++] = *answer_of(data, i)->value.series;
    return all;
}

/* A number becomes a series with that value in each period. */
static void spread_number(const struct data *data, const struct cloudwatch_metric_data_query *query,
                          struct math_value *value)
{
    int64_t period_s = query->period ? *query->period : FIVE_MINUTES_S;
    int64_t at_s = cloudwatch_series_start_s(data->call, data->in->start_time, period_s);
    int64_t end_s = (data->in->end_time + 999) / 1000, count = (end_s - at_s) / period_s + 1;
    struct series_values *series = arena_new(data->call->arena, struct series_values);

    if (count > MAX_DATAPOINTS)
        count = MAX_DATAPOINTS;
    *series = (struct series_values){
        .period_s = period_s,
        .at_s = arena_alloc(data->call->arena, (size_t)count * sizeof *series->at_s),
        .values = arena_alloc(data->call->arena, (size_t)count * sizeof *series->values)};
    for (; at_s < end_s && series->count < (size_t)count; at_s += period_s) {
        series->at_s[series->count] = at_s;
        series->values[series->count++] = value->number;
    }
    *value = (struct math_value){.kind = MATH_SERIES, .number = value->number, .series = series, .count = 1};
}

static void compute_expression(struct data *data, const struct cloudwatch_metric_data_query *query,
                               struct answer *answer)
{
    struct math_scope scope = {
        .arena = data->call->arena,
        .find = find_value,
        .metrics = all_metrics,
        .context = data,
        .from_s = cloudwatch_series_start_s(data->call, data->in->start_time, MINUTE_S),
        .end_s = (data->in->end_time + 999) / 1000,
    };

    answer->state = BEING_COMPUTED;
    bool well = cloudwatch_math(&scope, query->expression, &answer->value);
    answer->whole = true;
    answer->state = well ? KNOWN : WRONG;
    answer->problem = scope.problem;
}

static const struct answer *answer_of(struct data *data, size_t number)
{
    const struct cloudwatch_metric_data_query *query = &data->in->metric_data_queries.items[number];
    struct answer *answer = &data->answers[number];

    if (answer->state == UNKNOWN)
        (query->metric_stat ? compute_stat : compute_expression)(data, query, answer);
    return answer;
}

/* ---- the reply ---- */

static void write_series(const struct data *data, const struct cloudwatch_metric_data_query *query,
                         const struct series_values *series, bool whole,
                         struct cloudwatch_get_metric_data_output *out)
{
    struct arena *arena = data->call->arena;
    struct cloudwatch_metric_data_result *result = list_add(arena, &out->metric_data_results);
    bool ascending = cloudwatch_scan_by_of(data->in->scan_by) == CLOUDWATCH_SCAN_BY_TIMESTAMP_ASCENDING;

    result->id = query->id;
    result->label = str_present(query->label)    ? query->label
                    : str_present(series->label) ? series->label
                                                 : query->id;
    result->status_code = cloudwatch_status_code_text(whole ? CLOUDWATCH_STATUS_CODE_COMPLETE
                                                            : CLOUDWATCH_STATUS_CODE_PARTIAL_DATA);
    list_make_empty(arena, &result->timestamps);
    list_make_empty(arena, &result->values);
    for (size_t i = 0; i < series->count; i++) {
        size_t at = ascending ? i : series->count - 1 - i;
        if (series->at_s[at] < data->from_s || series->at_s[at] >= data->end_s)
            continue;
        *list_add(arena, &result->timestamps) = series->at_s[at] * 1000;
        *list_add(arena, &result->values) = series->values[at];
    }
}

/* The shortest period of the queries decides how much of the range fits into a page. */
static void choose_page(struct data *data, const struct page *page)
{
    const struct cloudwatch_get_metric_data_input *in = data->in;
    int64_t shortest_s = INT64_MAX, most = in->max_datapoints ? *in->max_datapoints : MAX_DATAPOINTS;
    int64_t start_s = in->start_time / 1000 - HOUR_S, end_s = (in->end_time + 999) / 1000, boundary_s;

    for (size_t i = 0; i < in->metric_data_queries.count; i++) {
        const struct cloudwatch_metric_data_query *query = &in->metric_data_queries.items[i];
        int64_t period_s = query->metric_stat ? query->metric_stat->period
                           : query->period    ? *query->period
                                              : MINUTE_S;
        shortest_s = period_s < shortest_s ? period_s : shortest_s;
    }
    check(in->metric_data_queries.count > 0); /* by request_check() */
    most /= (int64_t)in->metric_data_queries.count;
    int64_t length_s = (most > 0 ? most : 1) * shortest_s;
    bool ascending = cloudwatch_scan_by_of(in->scan_by) == CLOUDWATCH_SCAN_BY_TIMESTAMP_ASCENDING;
    bool goes_on = str_to_i64(page->after, &boundary_s);
    if (ascending) {
        data->from_s = goes_on ? boundary_s : start_s;
        data->end_s = (goes_on ? boundary_s : in->start_time / 1000) + length_s;
        data->end_s = data->end_s < end_s ? data->end_s : end_s;
    } else {
        data->end_s = goes_on ? boundary_s : end_s;
        data->from_s = data->end_s - length_s;
        data->from_s = data->from_s > in->start_time / 1000 ? data->from_s : start_s;
    }
}

static void end_page(const struct data *data, struct page *page)
{
    const struct cloudwatch_get_metric_data_input *in = data->in;
    bool ascending = cloudwatch_scan_by_of(in->scan_by) == CLOUDWATCH_SCAN_BY_TIMESTAMP_ASCENDING;

    page->more =
        ascending ? data->end_s < (in->end_time + 999) / 1000 : data->from_s > in->start_time / 1000 - HOUR_S;
    page->last = arena_decimal(data->call->arena, ascending ? data->end_s : data->from_s);
}

static bool write_answer(struct data *data, size_t number, struct cloudwatch_get_metric_data_output *out)
{
    const struct cloudwatch_metric_data_query *query = &data->in->metric_data_queries.items[number];
    const struct answer *answer = answer_of(data, number);
    struct math_value value = answer->value;

    if (answer->state == WRONG)
        return refuse(data->call, arena_format(data->call->arena, "Error in expression '%.*s': %s",
                                               STR_ARGS(query->id), answer->problem));
    if (query->return_data && !*query->return_data)
        return true;
    if (value.kind == MATH_NUMBER)
        spread_number(data, query, &value);
    for (size_t i = 0; i < value.count; i++) {
        struct series_values series = value.series[i];
        if (!query->metric_stat && value.kind == MATH_SERIES)
            series.label = (str){0};
        write_series(data, query, &series, answer->whole, out);
    }
    return true;
}

enum outcome cloudwatch_get_metric_data(const struct call *call,
                                        const struct cloudwatch_get_metric_data_input *in,
                                        struct cloudwatch_get_metric_data_output *out)
{
    struct data data = {.call = call, .in = in};
    struct page page;

    if (!request_check(&data))
        return FAILED;
    if (!page_begin(call, in->next_token, 1, &page))
        return fail(call, &CLOUDWATCH_INVALID_NEXT_TOKEN, "The next token specified is invalid.");
    choose_page(&data, &page);
    data.answers = arena_alloc(call->arena, in->metric_data_queries.count * sizeof *data.answers);
    memset(data.answers, 0, in->metric_data_queries.count * sizeof *data.answers);
    list_make_empty(call->arena, &out->metric_data_results);
    for (size_t i = 0; i < in->metric_data_queries.count; i++)
        if (!write_answer(&data, i, out))
            return FAILED;
    list_make_empty(call->arena, &out->messages);
    end_page(&data, &page);
    out->next_token = page_end(call, &page);
    return DONE;
}

/* ---- for alarms ---- */

static const struct cloudwatch_metric_data_query *
returned(const struct cloudwatch_metric_data_query_list *queries)
{
    const struct cloudwatch_metric_data_query *found = NULL;

    for (size_t i = 0; i < queries->count; i++)
        if (!queries->items[i].return_data || *queries->items[i].return_data) {
            if (found)
                return NULL;
            found = &queries->items[i];
        }
    return found;
}

static struct data data_of(const struct call *call, struct cloudwatch_get_metric_data_input *in,
                           const struct cloudwatch_metric_data_query_list *queries)
{
    struct data data = {.call = call, .in = in};

    in->metric_data_queries = *queries;
    data.answers = arena_alloc(call->arena, (queries->count + 1) * sizeof *data.answers);
    memset(data.answers, 0, queries->count * sizeof *data.answers);
    return data;
}

bool cloudwatch_queries_check(const struct call *call,
                              const struct cloudwatch_metric_data_query_list *queries)
{
    struct cloudwatch_get_metric_data_input in = {.start_time = call->now_ms,
                                                  .end_time = call->now_ms + 1000};
    struct data data = data_of(call, &in, queries);
    const struct cloudwatch_metric_data_query *result = returned(queries);

    if (!result)
        return refuse(call, S("Exactly one element of the metrics list should return data."));
    for (size_t i = 0; i < queries->count; i++)
        if (!query_check(&data, i))
            return false;
    const struct answer *answer = answer_of(&data, (size_t)(result - queries->items));
    if (answer->state == KNOWN && answer->value.kind != MATH_SEVERAL)
        return true;
    return refuse(call, arena_format(call->arena, "Error in expression '%.*s': %s", STR_ARGS(result->id),
                                     answer->state == KNOWN ? "it returns several series" : answer->problem));
}

bool cloudwatch_queries_result(const struct call *call,
                               const struct cloudwatch_metric_data_query_list *queries, int64_t start_ms,
                               int64_t end_ms, struct series_values *series)
{
    struct cloudwatch_get_metric_data_input in = {.start_time = start_ms, .end_time = end_ms};
    struct data data = data_of(call, &in, queries);
    const struct cloudwatch_metric_data_query *result = returned(queries);
    struct math_value value;

    if (!result)
        return false;
    const struct answer *answer = answer_of(&data, (size_t)(result - queries->items));
    value = answer->value;
    if (answer->state != KNOWN || value.kind == MATH_SEVERAL)
        return false;
    if (value.kind == MATH_NUMBER)
        spread_number(&data, result, &value);
    *series = *value.series;
    return true;
}

int64_t cloudwatch_queries_period_s(const struct cloudwatch_metric_data_query_list *queries)
{
    int64_t longest_s = 0;

    for (size_t i = 0; i < queries->count; i++)
        if (queries->items[i].metric_stat && queries->items[i].metric_stat->period > longest_s)
            longest_s = queries->items[i].metric_stat->period;
    return longest_s > 0 ? longest_s : MINUTE_S;
}
