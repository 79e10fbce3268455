/*
 * anomaly_detectors.c: detectors of metrics and of expressions: putting, listing and deleting them.
 *
 * A band needs no detector (anomaly.h); that of a metric says which times are left out of its model.
 */
#include "anomaly.h"

#include "base/hash.h"
#include "engine/page.h"

enum { PAGE_SIZE = 100 };

/* What a request names: a metric with its statistic, or the queries of an expression. */
struct target {
    str namespace, metric, stat;
    struct cloudwatch_dimensions dimensions;
    const struct cloudwatch_metric_math_anomaly_detector *math; /* NULL: a metric */
};

static bool refuse(const struct call *call, const struct error *error, const char *sentence)
{
    fail(call, error, "%s", sentence);
    return false;
}

/* ---- what a request names ---- */

static bool metric_check(const struct call *call, const struct target *target)
{
    const struct {
        str name, value;
    } required[] = {
        {S("Namespace"), target->namespace}, {S("MetricName"), target->metric}, {S("Stat"), target->stat}};
    struct statistic statistic;

    for (size_t i = 0; i < sizeof required / sizeof *required; i++)
        if (!str_present(required[i].value)) {
            fail(call, &CLOUDWATCH_MISSING_REQUIRED_PARAMETER_EXCEPTION, "The parameter %.*s is required.",
                 STR_ARGS(required[i].name));
            return false;
        }
    return cloudwatch_parse_statistic(target->stat, &statistic) ||
           refuse(call, &CLOUDWATCH_INVALID_PARAMETER_VALUE_EXCEPTION,
                  "The value for parameter Stat is not supported.");
}

/* A metric is named by old members or by newer ones, not by both.  False: fail() has been called. */
static bool choose(const struct call *call, const struct target *old,
                   const struct cloudwatch_single_metric_anomaly_detector *single,
                   const struct cloudwatch_metric_math_anomaly_detector *math, struct target *target)
{
    bool is_old = str_present(old->namespace) || str_present(old->metric) || str_present(old->stat) ||
                  old->dimensions.count > 0;

    if (is_old + (single != NULL) + (math != NULL) > 1)
        return refuse(call, &CLOUDWATCH_INVALID_PARAMETER_COMBINATION_EXCEPTION,
                      "SingleMetricAnomalyDetector, MetricMathAnomalyDetector, and the parameters of a "
                      "metric cannot be used together.");
    *target = *old;
    target->math = math;
    if (single)
        *target = (struct target){.namespace = single->namespace,
                                  .metric = single->metric_name,
                                  .stat = single->stat,
                                  .dimensions = single->dimensions};
    if (single && str_present(single->account_id) && !str_equal(single->account_id, call->account))
        return refuse(call, &CLOUDWATCH_INVALID_PARAMETER_VALUE_EXCEPTION,
                      "Orderly reads metrics of the request's own account only.");
    return math || metric_check(call, target);
}

/* The name under which a detector is stored. */
static struct cloudwatch_find_detector_params key_of(const struct call *call, const struct target *target)
{
    struct cloudwatch_find_detector_params key = {.account = call->account, .region = call->region};

    if (target->math) {
        key.namespace = key.metric = key.stat = S("");
        key.dimensions = model_to_json(call->arena, &CLOUDWATCH_METRIC_MATH_ANOMALY_DETECTOR, target->math);
        return key;
    }
    key.namespace = target->namespace;
    key.metric = target->metric;
    key.stat = target->stat;
    key.dimensions = cloudwatch_dimensions_text(call->arena, &target->dimensions);
    return key;
}

static struct cloudwatch_put_anomaly_detector_input spec_of(struct arena *arena,
                                                            const struct cloudwatch_detector_row *row)
{
    struct cloudwatch_put_anomaly_detector_input spec = {0};

    model_from_json(arena, &CLOUDWATCH_PUT_ANOMALY_DETECTOR_INPUT, row->spec, &spec);
    return spec;
}

struct cloudwatch_range_list cloudwatch_anomaly_exclusions(const struct call *call,
                                                           const struct cloudwatch_metric_stat *stat)
{
    const struct target target = {.namespace = stat->metric->namespace,
                                  .metric = stat->metric->metric_name,
                                  .stat = stat->stat,
                                  .dimensions = stat->metric->dimensions};
    struct cloudwatch_find_detector_params key = key_of(call, &target);
    struct cloudwatch_detector_row row;

    if (!cloudwatch_find_detector(call->txn, &key, &row))
        return (struct cloudwatch_range_list){0};
    struct cloudwatch_put_anomaly_detector_input spec = spec_of(call->arena, &row);
    return spec.configuration ? spec.configuration->excluded_time_ranges : (struct cloudwatch_range_list){0};
}

/* ---- putting ---- */

static bool configuration_check(const struct call *call, const struct target *target,
                                const struct cloudwatch_anomaly_detector_configuration *configuration)
{
    enum { MOST_RANGES = 10 };
    const struct cloudwatch_range_list *ranges =
        configuration ? &configuration->excluded_time_ranges : &(struct cloudwatch_range_list){0};

    if (ranges->count > MOST_RANGES)
        return refuse(call, &CLOUDWATCH_INVALID_PARAMETER_VALUE_EXCEPTION,
                      "ExcludedTimeRanges has at most 10 time ranges.");
    if (ranges->count > 0 && target->math)
        return refuse(call, &CLOUDWATCH_INVALID_PARAMETER_VALUE_EXCEPTION,
                      "Orderly excludes time ranges of metrics only; see docs/compatibility.md.");
    for (size_t i = 0; i < ranges->count; i++)
        if (ranges->items[i].start_time >= ranges->items[i].end_time)
            return refuse(call, &CLOUDWATCH_INVALID_PARAMETER_VALUE_EXCEPTION,
                          "The StartTime of an excluded time range must be before its EndTime.");
    return true;
}

/* The expression is the query that returns data. */
static bool math_check(const struct call *call, const struct target *target)
{
    return !target->math ||
           cloudwatch_alarm_queries_check(call, &target->math->metric_data_queries, (str){0});
}

enum outcome cloudwatch_put_anomaly_detector(const struct call *call,
                                             const struct cloudwatch_put_anomaly_detector_input *in,
                                             struct cloudwatch_put_anomaly_detector_output *out)
{
    const struct target old = {.namespace = in->namespace,
                               .metric = in->metric_name,
                               .stat = in->stat,
                               .dimensions = in->dimensions};
    struct cloudwatch_detector_row row = {0};
    struct target target;

    if (!choose(call, &old, in->single_metric_anomaly_detector, in->metric_math_anomaly_detector, &target) ||
        !configuration_check(call, &target, in->configuration) || !math_check(call, &target))
        return FAILED;
    struct cloudwatch_find_detector_params key = key_of(call, &target);
    if (!cloudwatch_find_detector(call->txn, &key, &row))
        row.detector_id = random_uuid(call->arena);
    cloudwatch_put_detector(
        call->txn, &(struct cloudwatch_put_detector_params){
                       .account = call->account,
                       .region = call->region,
                       .detector_id = row.detector_id,
                       .namespace = key.namespace,
                       .metric = key.metric,
                       .dimensions = key.dimensions,
                       .stat = key.stat,
                       .spec = model_to_json(call->arena, &CLOUDWATCH_PUT_ANOMALY_DETECTOR_INPUT, in),
                   });
    out->anomaly_detector_id = row.detector_id;
    return DONE;
}

/* ---- deleting ---- */

static bool find_deleted(const struct call *call, const struct cloudwatch_delete_anomaly_detector_input *in,
                         struct cloudwatch_detector_row *row)
{
    const struct target old = {.namespace = in->namespace,
                               .metric = in->metric_name,
                               .stat = in->stat,
                               .dimensions = in->dimensions};
    struct cloudwatch_find_detector_of_id_params of_id = {
        .account = call->account, .region = call->region, .detector_id = in->anomaly_detector_id};
    struct target target;

    if (str_present(in->anomaly_detector_id)) {
        if (cloudwatch_find_detector_of_id(call->txn, &of_id, row))
            return true;
    } else {
        if (!choose(call, &old, in->single_metric_anomaly_detector, in->metric_math_anomaly_detector,
                    &target))
            return false;
        struct cloudwatch_find_detector_params key = key_of(call, &target);
        if (cloudwatch_find_detector(call->txn, &key, row))
            return true;
    }
    return refuse(call, &CLOUDWATCH_RESOURCE_NOT_FOUND_EXCEPTION, "The anomaly detector does not exist.");
}

enum outcome cloudwatch_delete_anomaly_detector(const struct call *call,
                                                const struct cloudwatch_delete_anomaly_detector_input *in,
                                                struct cloudwatch_delete_anomaly_detector_output *out)
{
    struct cloudwatch_detector_row row;

    (void)out;
    if (!find_deleted(call, in, &row))
        return FAILED;
    cloudwatch_remove_detector(call->txn, &(struct cloudwatch_remove_detector_params){.id = row.id});
    return DONE;
}

/* ---- listing ---- */

static bool is_of_math(const struct cloudwatch_detector_row *row)
{
    return str_empty(row->namespace);
}

static bool has_type(const struct str_list *types, enum cloudwatch_anomaly_detector_type type)
{
    for (size_t i = 0; i < types->count; i++)
        if (cloudwatch_anomaly_detector_type_of(types->items[i]) == type)
            return true;
    return types->count == 0 && type == CLOUDWATCH_ANOMALY_DETECTOR_TYPE_SINGLE_METRIC;
}

static bool is_wanted(const struct call *call, const struct cloudwatch_describe_anomaly_detectors_input *in,
                      const struct cloudwatch_detector_row *row)
{
    if (in->anomaly_detector_ids.count > 0)
        return str_is_one_of(row->detector_id, in->anomaly_detector_ids.items,
                             in->anomaly_detector_ids.count);
    if (!has_type(&in->anomaly_detector_types, is_of_math(row)
                                                   ? CLOUDWATCH_ANOMALY_DETECTOR_TYPE_METRIC_MATH
                                                   : CLOUDWATCH_ANOMALY_DETECTOR_TYPE_SINGLE_METRIC))
        return false;
    return (!str_present(in->namespace) || str_equal(in->namespace, row->namespace)) &&
           (!str_present(in->metric_name) || str_equal(in->metric_name, row->metric)) &&
           (in->dimensions.count == 0 ||
            str_equal(cloudwatch_dimensions_text(call->arena, &in->dimensions), row->dimensions));
}

static bool has_points(const struct call *call, str namespace, str name, str dimensions)
{
    const struct identity identity = {call->account, call->region, namespace, name, dimensions};
    int64_t id = cloudwatch_metric_find(call->txn, &identity);
    struct cloudwatch_has_points_row row;

    return id &&
           cloudwatch_has_points(call->txn, &(struct cloudwatch_has_points_params){.metric_id = id}, &row);
}

static bool is_trained(const struct call *call, const struct cloudwatch_detector_row *row,
                       const struct cloudwatch_metric_math_anomaly_detector *math)
{
    if (!math)
        return has_points(call, row->namespace, row->metric, row->dimensions);
    for (size_t i = 0; i < math->metric_data_queries.count; i++) {
        const struct cloudwatch_metric_stat *stat = math->metric_data_queries.items[i].metric_stat;
        if (stat && has_points(call, stat->metric->namespace, stat->metric->metric_name,
                               cloudwatch_dimensions_text(call->arena, &stat->metric->dimensions)))
            return true;
    }
    return false;
}

/* One is told of detectors without any, too. */
static const struct cloudwatch_anomaly_detector_configuration *
told_configuration(struct arena *arena, const struct cloudwatch_anomaly_detector_configuration *stored)
{
    struct cloudwatch_anomaly_detector_configuration *told =
        arena_new(arena, struct cloudwatch_anomaly_detector_configuration);

    if (stored)
        *told = *stored;
    if (told->excluded_time_ranges.count == 0)
        list_make_empty(arena, &told->excluded_time_ranges);
    return told;
}

/* A detector of a metric is shown in the old way and in the newer one. */
static void describe(const struct call *call, const struct cloudwatch_detector_row *row,
                     struct cloudwatch_anomaly_detector *detector)
{
    struct cloudwatch_put_anomaly_detector_input spec = spec_of(call->arena, row);
    bool trained = is_trained(call, row, spec.metric_math_anomaly_detector);
    struct cloudwatch_single_metric_anomaly_detector *single;

    *detector = (struct cloudwatch_anomaly_detector){
        .anomaly_detector_id = row->detector_id,
        .configuration = told_configuration(call->arena, spec.configuration),
        .metric_math_anomaly_detector = spec.metric_math_anomaly_detector,
        .state_value = cloudwatch_anomaly_detector_state_value_text(
            trained ? CLOUDWATCH_ANOMALY_DETECTOR_STATE_VALUE_TRAINED
                    : CLOUDWATCH_ANOMALY_DETECTOR_STATE_VALUE_PENDING_TRAINING),
    };
    if (is_of_math(row))
        return;
    single = arena_new(call->arena, struct cloudwatch_single_metric_anomaly_detector);
    *single = (struct cloudwatch_single_metric_anomaly_detector){
        .namespace = row->namespace,
        .metric_name = row->metric,
        .stat = row->stat,
        .dimensions = cloudwatch_dimensions_read(call->arena, row->dimensions)};
    detector->single_metric_anomaly_detector = single;
    detector->namespace = single->namespace;
    detector->metric_name = single->metric_name;
    detector->stat = single->stat;
    detector->dimensions = single->dimensions;
}

enum outcome
cloudwatch_describe_anomaly_detectors(const struct call *call,
                                      const struct cloudwatch_describe_anomaly_detectors_input *in,
                                      struct cloudwatch_describe_anomaly_detectors_output *out)
{
    struct cloudwatch_detector_row row;
    struct page page;

    if (in->anomaly_detector_ids.count > 0 &&
        (str_present(in->namespace) || str_present(in->metric_name) || in->dimensions.count > 0 ||
         in->anomaly_detector_types.count > 0))
        return fail(call, &CLOUDWATCH_INVALID_PARAMETER_COMBINATION_EXCEPTION,
                    "AnomalyDetectorIds cannot be used together with filters.");
    if (!page_begin(call, in->next_token, in->max_results ? *in->max_results : PAGE_SIZE, &page))
        return fail(call, &CLOUDWATCH_INVALID_NEXT_TOKEN, "The next token specified is invalid.");
    list_make_empty(call->arena, &out->anomaly_detectors);
    struct cloudwatch_list_detectors_params params = {
        .account = call->account, .region = call->region, .after = page.after};
    struct cloudwatch_list_detectors_cursor cursor = cloudwatch_list_detectors_open(call->txn, &params);
    while (cloudwatch_list_detectors_next(&cursor, &row)) {
        if (!is_wanted(call, in, &row))
            continue;
        if (!page_takes(&page, row.detector_id))
            break;
        describe(call, &row, list_add(call->arena, &out->anomaly_detectors));
    }
    cloudwatch_list_detectors_close(&cursor);
    out->next_token = page_end(call, &page);
    return DONE;
}
