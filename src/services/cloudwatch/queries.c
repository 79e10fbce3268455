/*
 * queries.c: checking queries, and computing each one once.
 *
 * Expressions may look at the whole range, so when there is one, all of the range is read.
 */
#include "queries.h"
#include "math_functions.h"

#include "anomaly.h"
#include "metric_search.h"

#include <string.h>

struct queries cloudwatch_queries(const struct call *call,
                                  const struct cloudwatch_metric_data_query_list *list, int64_t start_ms,
                                  int64_t end_ms)
{
    struct queries queries = {
        .call = call, .list = list, .start_ms = start_ms, .end_ms = end_ms, .reads_all = true};

    queries.answers = arena_alloc(call->arena, (list->count + 1) * sizeof *queries.answers);
    memset(queries.answers, 0, list->count * sizeof *queries.answers);
    return queries;
}

/* ---- checking ---- */

bool cloudwatch_refuse(const struct call *call, str sentence)
{
    fail(call, &CLOUDWATCH_VALIDATION_ERROR, "%.*s", STR_ARGS(sentence));
    return false;
}

static bool period_check(const struct call *call, int64_t period_s)
{
    return cloudwatch_period_is_valid(period_s) ||
           cloudwatch_refuse(
               call,
               arena_format(call->arena,
                            "Invalid Period %lld: it is a multiple of 60 seconds, or 1, 5, 10, 20 or 30",
                            (long long)period_s));
}

static bool stat_check(const struct queries *queries, const struct cloudwatch_metric_data_query *query)
{
    const struct call *call = queries->call;
    const struct cloudwatch_metric_stat *stat = query->metric_stat;
    struct statistic statistic;

    if (!str_present(stat->metric->namespace) || !str_present(stat->metric->metric_name))
        return cloudwatch_refuse(call, arena_format(call->arena,
                                                    "Metric of query %.*s needs a Namespace and a MetricName",
                                                    STR_ARGS(query->id)));
    if (!cloudwatch_parse_statistic(stat->stat, &statistic))
        return cloudwatch_refuse(call, arena_format(call->arena,
                                                    "The value %.*s for parameter Stat is not supported.",
                                                    STR_ARGS(stat->stat)));
    if (!period_check(call, stat->period))
        return false;
    if ((queries->end_ms - queries->start_ms) / 1000 / stat->period > QUERIES_MOST_DATAPOINTS)
        return cloudwatch_refuse(call,
                                 S("Too many datapoints requested: the limit is 100,800 of one metric."));
    return true;
}

static bool id_is_valid(str id)
{
    return id.data[0] >= 'a' && id.data[0] <= 'z' && str_is_word(id, S("_"));
}

static bool query_check(const struct queries *queries, size_t number)
{
    const struct cloudwatch_metric_data_query *query = &queries->list->items[number];
    struct arena *arena = queries->call->arena;

    if (!id_is_valid(query->id))
        return cloudwatch_refuse(queries->call,
                                 arena_format(arena,
                                              "The value %.*s for parameter MetricDataQueries.member.%zu.Id "
                                              "is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.",
                                              STR_ARGS(query->id), number + 1));
    for (size_t i = 0; i < number; i++)
        if (str_equal(queries->list->items[i].id, query->id))
            return cloudwatch_refuse(
                queries->call, arena_format(arena, "The values for parameter id in MetricDataQueries are not "
                                                   "unique."));
    if (!query->metric_stat == !str_present(query->expression))
        return cloudwatch_refuse(
            queries->call,
            arena_format(arena,
                         "The parameters MetricDataQueries.member.%zu.Expression and "
                         "MetricDataQueries.member.%zu.MetricStat are mutually exclusive and you have "
                         "specified %s.",
                         number + 1, number + 1, query->metric_stat ? "both" : "none"));
    return (!query->period || period_check(queries->call, *query->period)) &&
           (!query->metric_stat || stat_check(queries, query));
}

bool cloudwatch_queries_check(const struct queries *queries)
{
    if (queries->list->count == 0 || queries->list->count > QUERIES_MOST)
        return cloudwatch_refuse(queries->call,
                                 S("The collection MetricDataQueries must have a size of 1 to 500."));
    for (size_t i = 0; i < queries->list->count; i++)
        if (!query_check(queries, i))
            return false;
    return true;
}

/* ---- computing ---- */

struct unit_points {
    str unit;
    struct point_list {
        struct point {
            int64_t at_s;
            double value;
        } * items;
        size_t count;
    } points;
};

struct stat_reading {
    struct arena *arena;
    struct statistic statistic;
    struct unit_list {
        struct unit_points *items; /* the units ascend */
        size_t count;
    } units;
};

static struct point_list *points_of(struct stat_reading *reading, str unit)
{
    struct unit_list *units = &reading->units;
    size_t at = 0;

    while (at < units->count && str_compare(units->items[at].unit, unit) < 0)
        at++;
    if (at == units->count || !str_equal(units->items[at].unit, unit)) {
        list_add(reading->arena, units);
        memmove(&units->items[at + 1], &units->items[at], (units->count - 1 - at) * sizeof *units->items);
        units->items[at] = (struct unit_points){.unit = arena_copy(reading->arena, unit)};
    }
    return &units->items[at].points;
}

static void add_point(void *context, const struct bucket *bucket)
{
    struct stat_reading *reading = context;
    double value;

    if (!cloudwatch_sums_statistic(&reading->statistic, &bucket->sums, &value))
        return;
    struct point_list *points = points_of(reading, bucket->unit);
    *list_add(reading->arena, points) = (struct point){bucket->at_s, value};
}

static struct series_request request_of(const struct queries *queries,
                                        const struct cloudwatch_metric_stat *stat)
{
    return (struct series_request){
        .from_s = cloudwatch_series_start_s(queries->call, queries->start_ms, stat->period),
        .period_s = stat->period,
        .unit = stat->unit,
    };
}

/* The beginning of the first period at or after that time. */
static int64_t period_at(const struct series_request *request, int64_t at_s)
{
    int64_t periods =
        at_s > request->from_s ? (at_s - request->from_s + request->period_s - 1) / request->period_s : 0;

    return request->from_s + periods * request->period_s;
}

static void limit_to_page(const struct queries *queries, struct series_request *request)
{
    int64_t end_s = (queries->end_ms + 999) / 1000;

    request->read_from_s = queries->reads_all ? request->from_s : period_at(request, queries->from_s);
    request->end_s = queries->reads_all ? end_s : period_at(request, queries->end_s);
    if (request->end_s > end_s)
        request->end_s = end_s;
}

static struct series_values series_of(struct arena *arena, const struct cloudwatch_metric_stat *stat,
                                      const struct point_list *points)
{
    struct series_values series = {
        .label = stat->metric->metric_name,
        .metric = stat->metric,
        .stat = stat->stat,
        .period_s = stat->period,
        .at_s = arena_alloc(arena, (points->count + 1) * sizeof *series.at_s),
        .values = arena_alloc(arena, (points->count + 1) * sizeof *series.values),
        .count = points->count,
    };

    for (size_t i = 0; i < points->count; i++) {
        series.at_s[i] = points->items[i].at_s;
        series.values[i] = points->items[i].value;
    }
    return series;
}

static str units_text(struct arena *arena, const struct unit_list *units)
{
    str text = S("[");

    for (size_t i = 0; i < units->count; i++)
        text = arena_concat(arena, text, i > 0 ? S(", ") : S(""), units->items[i].unit);
    return arena_join(arena, text, S("]"));
}

/* Values of different units do not mix: as on AWS the series is that of the first unit. */
static struct series_values read_series(const struct queries *queries,
                                        const struct cloudwatch_metric_stat *stat)
{
    const struct call *call = queries->call;
    const struct identity identity = {call->account, call->region, stat->metric->namespace,
                                      stat->metric->metric_name,
                                      cloudwatch_dimensions_text(call->arena, &stat->metric->dimensions)};
    struct stat_reading reading = {.arena = call->arena};
    struct series_request request = request_of(queries, stat);

    cloudwatch_parse_statistic(stat->stat, &reading.statistic);
    limit_to_page(queries, &request);
    request.metric_id = cloudwatch_metric_find(call->txn, &identity);
    request.with_values = reading.statistic.kind > STATISTIC_MAXIMUM;
    request.apart = true;
    request.take = add_point;
    request.context = &reading;
    cloudwatch_series_read(call, &request);
    struct series_values series =
        series_of(call->arena, stat,
                  reading.units.count > 0 ? &reading.units.items[0].points : &(struct point_list){0});
    if (reading.units.count > 1)
        series.units = units_text(call->arena, &reading.units);
    return series;
}

static void compute_stat(struct queries *queries, const struct cloudwatch_metric_data_query *query,
                         struct answer *answer)
{
    struct series_values *series = arena_new(queries->call->arena, struct series_values);

    *series = read_series(queries, query->metric_stat);
    series->id = query->id;
    answer->value = (struct math_value){.kind = MATH_SERIES, .series = series, .count = 1};
    answer->state = KNOWN;
}

/* ---- SEARCH() ---- */

enum { MOST_FOUND = 500 };

/* What tells the metrics apart: the name if there are several, and the values of their dimensions. */
static str found_label(struct arena *arena, const struct cloudwatch_metric_list *found, size_t number)
{
    const struct cloudwatch_metric *metric = &found->items[number];
    str label = S("");

    for (size_t i = 0; i < found->count && str_empty(label); i++)
        if (!str_equal(found->items[i].metric_name, metric->metric_name))
            label = metric->metric_name;
    for (size_t i = 0; i < metric->dimensions.count; i++)
        label =
            arena_concat(arena, label, str_empty(label) ? S("") : S(" "), metric->dimensions.items[i].value);
    return str_empty(label) ? metric->metric_name : label;
}

static const char *search_metrics(void *context, const struct math_search *wanted, struct math_value *value)
{
    struct queries *queries = context;
    struct arena *arena = queries->call->arena;
    struct statistic statistic;
    const char *problem = NULL;
    const struct metric_search *search = cloudwatch_search_parse(arena, wanted->text, &problem);

    if (!search)
        return problem;
    if (!cloudwatch_parse_statistic(wanted->stat, &statistic))
        return "an unknown statistic in SEARCH()";
    if (!cloudwatch_period_is_valid(wanted->period_s) ||
        (queries->end_ms - queries->start_ms) / 1000 / wanted->period_s > QUERIES_MOST_DATAPOINTS)
        return "a period in SEARCH() that is none, or too short for the range";
    struct cloudwatch_metric_list found = cloudwatch_search_run(queries->call, search, MOST_FOUND);
    *value = (struct math_value){
        .kind = MATH_SEVERAL,
        .series = arena_alloc(arena, (found.count + 1) * sizeof *value->series),
        .count = found.count,
    };
    for (size_t i = 0; i < found.count; i++) {
        const struct cloudwatch_metric_stat stat = {
            .metric = &found.items[i], .period = wanted->period_s, .stat = wanted->stat};
        value->series[i] = read_series(queries, &stat);
        value->series[i].label = found_label(arena, &found, i);
    }
    return NULL;
}

/* ---- ANOMALY_DETECTION_BAND() ---- */

enum { MOST_BANDS = 10, TRAINED_S = 14 * DAY_S };

/* The queries over the two weeks before the range. */
static struct queries past_of(const struct queries *queries)
{
    struct queries past = cloudwatch_queries(
        queries->call, queries->list, queries->start_ms - (int64_t)TRAINED_S * 1000, queries->start_ms);

    past.is_past = true;
    return past;
}

/* A series with the periods of a query over the range, and no values yet. */
static struct series_values periods_of(const struct queries *queries,
                                       const struct cloudwatch_metric_data_query *query)
{
    struct arena *arena = queries->call->arena;
    int64_t period_s = cloudwatch_query_period_s(query), end_s = (queries->end_ms + 999) / 1000;
    int64_t at_s = cloudwatch_series_start_s(queries->call, queries->start_ms, period_s);
    int64_t most = (end_s - at_s) / period_s + 1;
    size_t room = (size_t)(most < QUERIES_MOST_DATAPOINTS ? most : QUERIES_MOST_DATAPOINTS);
    struct series_values series = {.period_s = period_s,
                                   .at_s = arena_alloc(arena, room * sizeof *series.at_s),
                                   .values = arena_alloc(arena, room * sizeof *series.values)};

    for (; at_s < end_s && series.count < room; at_s += period_s)
        series.at_s[series.count++] = at_s;
    return series;
}

static size_t number_of(const struct cloudwatch_metric_data_query_list *list, str id)
{
    size_t number = 0;

    while (number < list->count && !str_equal(list->items[number].id, id))
        number++;
    return number;
}

static const char *find_band(void *context, str id, double width, struct math_value *value)
{
    struct queries *queries = context;
    struct arena *arena = queries->call->arena;
    size_t number = number_of(queries->list, id);

    if (number == queries->list->count)
        return "an id that the request does not have";
    if (queries->is_past)
        return "ANOMALY_DETECTION_BAND() of another band";
    if (queries->bands++ == MOST_BANDS)
        return "more than 10 bands in a request";
    *value = (struct math_value){
        .kind = MATH_SEVERAL, .series = arena_alloc(arena, 2 * sizeof *value->series), .count = 2};
    value->series[0] = value->series[1] = (struct series_values){0};
    if (queries->has_no_bands)
        return NULL;
    const struct cloudwatch_metric_data_query *query = &queries->list->items[number];
    struct queries past = past_of(queries);
    const struct answer *answer = cloudwatch_query_answer(&past, number);
    if (answer->state == WRONG)
        return answer->problem;
    if (answer->value.kind != MATH_SERIES)
        return "ANOMALY_DETECTION_BAND() takes one series";
    for (size_t i = 0; i < 2; i++) {
        value->series[i] = periods_of(queries, query);
        value->series[i].label = arena_join(arena, id, i == 0 ? S(" (upper)") : S(" (lower)"));
    }
    cloudwatch_anomaly_band(queries->call, query->metric_stat, answer->value.series, width, value->series);
    return NULL;
}

/* ---- expressions ---- */

static const struct math_value *find_value(void *context, str id)
{
    struct queries *queries = context;

    for (size_t i = 0; i < queries->list->count; i++)
        if (str_equal(queries->list->items[i].id, id)) {
            const struct answer *answer = cloudwatch_query_answer(queries, i);
            return answer->state == KNOWN ? &answer->value : NULL;
        }
    return NULL;
}

static struct math_value all_metrics(void *context, str part)
{
    struct queries *queries = context;
    struct math_value all = {
        .kind = MATH_SEVERAL,
        .series = arena_alloc(queries->call->arena, (queries->list->count + 1) * sizeof *all.series)};

    for (size_t i = 0; i < queries->list->count; i++)
        if (queries->list->items[i].metric_stat &&
            (!str_present(part) || str_find(queries->list->items[i].id, part) >= 0))
            all.series[all.count++] = *cloudwatch_query_answer(queries, i)->value.series;
    return all;
}

static struct math_grid grid_of(const struct queries *queries, int64_t period_s)
{
    return (struct math_grid){cloudwatch_series_start_s(queries->call, queries->start_ms, period_s),
                              (queries->end_ms + 999) / 1000, period_s};
}

/*
 * The query's own period, or the shortest one of the metrics, so that TIME_SERIES() meets each of their
 * points.
 */
static int64_t grid_period_s(const struct queries *queries, const struct cloudwatch_metric_data_query *query)
{
    int64_t period_s = 0;

    if (query->period)
        return *query->period;
    for (size_t i = 0; i < queries->list->count; i++) {
        const struct cloudwatch_metric_stat *stat = queries->list->items[i].metric_stat;
        if (stat && (period_s == 0 || stat->period < period_s))
            period_s = stat->period;
    }
    return period_s ? period_s : FIVE_MINUTES_S;
}

static int64_t first_period_s(void *context, int64_t period_s)
{
    const struct queries *queries = context;

    return cloudwatch_series_start_s(queries->call, queries->start_ms, period_s);
}

static void compute_expression(struct queries *queries, const struct cloudwatch_metric_data_query *query,
                               struct answer *answer)
{
    struct math_scope scope = {
        .arena = queries->call->arena,
        .find = find_value,
        .metrics = all_metrics,
        .search = search_metrics,
        .band = find_band,
        .start_s = first_period_s,
        .context = queries,
        .depth = &queries->depth,
        .end_s = (queries->end_ms + 999) / 1000,
        .grid = grid_of(queries, grid_period_s(queries, query)),
    };

    answer->state = BEING_COMPUTED;
    bool well = cloudwatch_math(&scope, query->expression, &answer->value);
    answer->state = well ? KNOWN : WRONG;
    answer->problem = scope.problem;
}

const struct answer *cloudwatch_query_answer(struct queries *queries, size_t number)
{
    const struct cloudwatch_metric_data_query *query = &queries->list->items[number];
    struct answer *answer = &queries->answers[number];

    if (answer->state == UNKNOWN)
        (query->metric_stat ? compute_stat : compute_expression)(queries, query, answer);
    return answer;
}

static const char number_problem[] = "it is a number, not a series";

static bool refuse_expression(const struct call *call, str id, const char *problem)
{
    return cloudwatch_refuse(
        call, arena_format(call->arena, "Error in expression '%.*s': %s", STR_ARGS(id), problem));
}

bool cloudwatch_query_is_right(struct queries *queries, size_t number)
{
    const struct answer *answer = cloudwatch_query_answer(queries, number);

    return answer->state != WRONG ||
           refuse_expression(queries->call, queries->list->items[number].id, answer->problem);
}

bool cloudwatch_query_series(struct queries *queries, size_t number, struct math_value *value)
{
    *value = cloudwatch_query_answer(queries, number)->value;
    return value->kind != MATH_NUMBER ||
           refuse_expression(queries->call, queries->list->items[number].id, number_problem);
}

/* ---- their cost ---- */

int64_t cloudwatch_query_period_s(const struct cloudwatch_metric_data_query *query)
{
    return query->metric_stat ? query->metric_stat->period : query->period ? *query->period : MINUTE_S;
}

int64_t cloudwatch_query_row_s(const struct queries *queries,
                               const struct cloudwatch_metric_data_query *query)
{
    struct series_request request = {.period_s = cloudwatch_query_period_s(query)};

    if (query->metric_stat)
        request = request_of(queries, query->metric_stat);
    return cloudwatch_series_stored_s(&request);
}

/* ---- for alarms ---- */

/* The number of the query that returns data; `count`: none does, or several do. */
static size_t returned(const struct cloudwatch_metric_data_query_list *list, str threshold_id)
{
    size_t found = list->count;

    for (size_t i = 0; i < list->count; i++)
        if ((!list->items[i].return_data || *list->items[i].return_data) &&
            !str_equal(list->items[i].id, threshold_id)) {
            if (found < list->count)
                return list->count;
            found = i;
        }
    return found;
}

/* The threshold is an expression that is two series. */
static bool threshold_check(struct queries *queries, str id)
{
    size_t number = number_of(queries->list, id);

    if (!str_present(id))
        return true;
    if (number == queries->list->count || queries->list->items[number].metric_stat)
        return cloudwatch_refuse(queries->call,
                                 S("ThresholdMetricId is the id of an ANOMALY_DETECTION_BAND expression in "
                                   "Metrics."));
    const struct answer *answer = cloudwatch_query_answer(queries, number);
    if (answer->state == KNOWN && answer->value.kind == MATH_SEVERAL && answer->value.count == 2)
        return true;
    return refuse_expression(
        queries->call, id, answer->state == KNOWN ? "it is not an ANOMALY_DETECTION_BAND" : answer->problem);
}

bool cloudwatch_alarm_queries_check(const struct call *call,
                                    const struct cloudwatch_metric_data_query_list *list, str threshold_id)
{
    struct queries queries = cloudwatch_queries(call, list, call->now_ms, call->now_ms + 1000);
    size_t number = returned(list, threshold_id);

    queries.has_no_bands = true;
    if (number == list->count)
        return cloudwatch_refuse(call, S("Exactly one element of the metrics list should return data."));
    if (!cloudwatch_queries_check(&queries) || !threshold_check(&queries, threshold_id))
        return false;
    const struct answer *answer = cloudwatch_query_answer(&queries, number);
    if (answer->state == KNOWN && answer->value.kind == MATH_SERIES)
        return true;
    return refuse_expression(call, list->items[number].id,
                             answer->state != KNOWN               ? answer->problem
                             : answer->value.kind == MATH_SEVERAL ? "it returns several series"
                                                                  : number_problem);
}

bool cloudwatch_alarm_band(const struct call *call, const struct cloudwatch_metric_data_query_list *list,
                           str id, int64_t start_ms, int64_t end_ms, struct series_values band[2])
{
    struct queries queries = cloudwatch_queries(call, list, start_ms, end_ms);
    size_t number = number_of(list, id);

    if (number == list->count)
        return false;
    const struct answer *answer = cloudwatch_query_answer(&queries, number);
    if (answer->state != KNOWN || answer->value.kind != MATH_SEVERAL || answer->value.count != 2)
        return false;
    band[0] = answer->value.series[0];
    band[1] = answer->value.series[1];
    return true;
}

bool cloudwatch_alarm_series(const struct call *call, const struct cloudwatch_metric_data_query_list *list,
                             str threshold_id, int64_t start_ms, int64_t end_ms, struct series_values *series)
{
    struct queries queries = cloudwatch_queries(call, list, start_ms, end_ms);
    size_t number = returned(list, threshold_id);

    if (number == list->count)
        return false;
    const struct answer *answer = cloudwatch_query_answer(&queries, number);
    if (answer->state != KNOWN || answer->value.kind != MATH_SERIES)
        return false;
    *series = *answer->value.series;
    return true;
}
