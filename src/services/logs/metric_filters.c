/*
 * metric_filters.c: filters that make metrics of events: putting, listing, deleting; and what one makes of an
 * event.
 *
 * A transformation's value and dimensions are values of the event (log_pattern.h), or the value is a number.
 */
#include "extraction.h"

#include <math.h>

enum { MAX_FILTERS = 100, MAX_REGEX_FILTERS = 5, MAX_DIMENSIONS = 3, MAX_NUMBER = 100 };

/* ---- reading a filter ---- */

static bool number_of(str text, double *number)
{
    return text.size <= MAX_NUMBER && str_to_double(text, number) && isfinite(*number);
}

static str value_problem(struct arena *arena, const struct logs_metric_transformation *transformation,
                         struct log_metric_filter *filter)
{
    str value = transformation->metric_value;

    filter->has_number = number_of(value, &filter->number);
    if (filter->has_number || logs_value_name_parse(arena, &filter->pattern, value, &filter->value))
        return (str){0};
    return arena_format(arena,
                        "Invalid metric transformation: the metric value '%.*s' is neither a number nor a "
                        "value of the filter pattern.",
                        STR_ARGS(value));
}

static str dimensions_problem(struct arena *arena, const struct logs_metric_transformation *transformation,
                              struct log_metric_filter *filter)
{
    size_t count = transformation->dimensions.count;

    if (count == 0)
        return (str){0};
    if (transformation->default_value)
        return S(
            "Invalid metric transformation: dimensions and default value are mutually exclusive properties.");
    if (!filter->pattern.json && !filter->pattern.columns)
        return S("The specified filter pattern does not support dimensions");
    if (count > MAX_DIMENSIONS)
        return S("Invalid metric transformation: a metric can have no more than 3 dimensions.");
    for (size_t i = 0; i < count; i++) {
        str value = transformation->dimensions.items[i].value;
        if (str_empty(transformation->dimensions.items[i].key) ||
            !logs_value_name_parse(arena, &filter->pattern, value, list_add(arena, &filter->dimensions)))
            return arena_format(
                arena,
                "Invalid metric transformation: the dimension '%.*s' is not a value of the filter "
                "pattern.",
                STR_ARGS(value));
    }
    return (str){0};
}

static str default_problem(struct arena *arena, const struct logs_metric_transformation *transformation)
{
    const double *value = transformation->default_value;

    if (!value || isfinite(*value))
        return (str){0};
    return arena_format(arena, "Invalid metric transformation: the default value '%s' is not a number.",
                        isnan(*value) ? "NaN"
                        : *value > 0  ? "Infinity"
                                      : "-Infinity");
}

bool logs_metric_filter_read(struct arena *arena, str pattern,
                             const struct logs_metric_transformation *transformation,
                             struct log_metric_filter *filter, str *problem)
{
    *filter = (struct log_metric_filter){.transformation = *transformation};
    if (!logs_pattern_parse(arena, pattern, &filter->pattern, problem))
        return false;
    *problem = value_problem(arena, transformation, filter);
    if (!str_present(*problem))
        *problem = default_problem(arena, transformation);
    if (!str_present(*problem))
        *problem = dimensions_problem(arena, transformation, filter);
    return !str_present(*problem);
}

/* ---- applying a filter ---- */

/* Empty: a dimension's value is missing, and AWS then leaves out all dimensions. */
static struct cloudwatch_dimensions dimensions_of(const struct log_metric_filter *filter,
                                                  struct log_message *event)
{
    struct cloudwatch_dimensions dimensions = {0};

    for (size_t i = 0; i < filter->dimensions.count; i++) {
        str value = logs_event_value(&filter->pattern, event, &filter->dimensions.items[i]);
        if (!str_present(value) || str_empty(value))
            return (struct cloudwatch_dimensions){0};
        *list_add(event->arena, &dimensions) =
            (struct cloudwatch_dimension){filter->transformation.dimensions.items[i].key, value};
    }
    return dimensions;
}

static void add(const struct log_metric_filter *filter, int64_t timestamp_ms,
                struct cloudwatch_dimensions dimensions, double value, struct log_metrics *metrics)
{
    const struct logs_metric_transformation *transformation = &filter->transformation;

    logs_metrics_add(metrics,
                     &(struct log_measured){
                         .namespace = transformation->metric_namespace,
                         .name = transformation->metric_name,
                         .unit = str_present(transformation->unit)
                                     ? transformation->unit
                                     : logs_standard_unit_text(LOGS_STANDARD_UNIT_NONE),
                         .dimensions = dimensions,
                         .timestamp_ms = timestamp_ms,
                         .resolution_s = 60,
                     },
                     value);
}

void logs_metric_filter_apply(const struct log_metric_filter *filter, int64_t timestamp_ms,
                              struct log_message *event, struct log_metrics *metrics)
{
    double number = filter->number;

    if (!logs_pattern_matches_event(&filter->pattern, event)) {
        if (filter->transformation.default_value)
            add(filter, timestamp_ms, (struct cloudwatch_dimensions){0},
                *filter->transformation.default_value, metrics);
        return;
    }
    if (filter->has_number || number_of(logs_event_value(&filter->pattern, event, &filter->value), &number))
        add(filter, timestamp_ms, dimensions_of(filter, event), number, metrics);
}

/* ---- operations ---- */

static enum outcome refuse_full(const struct call *call)
{
    return fail(call, &LOGS_LIMIT_EXCEEDED_EXCEPTION, "Resource limit exceeded.");
}

/* Has the group room for this filter?  False: fail() has been called. */
static bool room_check(const struct call *call, const struct group *group, str name, bool has_regex)
{
    struct logs_count_metric_filters_row others = {0};

    logs_count_metric_filters(
        call->txn, &(struct logs_count_metric_filters_params){.group_id = group->row.id, .name = name},
        &others);
    if (others.filters < MAX_FILTERS && (!has_regex || others.with_regex < MAX_REGEX_FILTERS))
        return true;
    refuse_full(call);
    return false;
}

/* False: fail() has been called. */
static bool request_check(const struct call *call, const struct logs_put_metric_filter_request *in,
                          struct log_metric_filter *filter)
{
    const struct logs_metric_transformation *transformation = &in->metric_transformations.items[0];
    str problem = {0};

    if (in->apply_on_transformed_logs && *in->apply_on_transformed_logs)
        problem = S("The log group has no transformer, so applyOnTransformedLogs cannot be true.");
    else if (str_starts_with(transformation->metric_namespace, S("AWS/")))
        problem = S("Invalid metric transformation: metric namespaces must not begin with AWS/.");
    else if (str_empty(transformation->metric_namespace) || str_empty(transformation->metric_name))
        problem = S("Invalid metric transformation: the metric needs a name and a namespace.");
    else if (!logs_metric_filter_read(call->arena, in->filter_pattern, transformation, filter, &problem) &&
             str_equal(problem, S("Invalid filter pattern")))
        problem = S("Invalid metric filter pattern");
    if (str_present(problem))
        fail(call, &LOGS_INVALID_PARAMETER_EXCEPTION, "%.*s", STR_ARGS(problem));
    return !str_present(problem);
}

static void count_filters(const struct call *call, const struct group *group)
{
    logs_recount_metric_filters(call->txn, &(struct logs_recount_metric_filters_params){.id = group->row.id});
}

enum outcome logs_put_metric_filter(const struct call *call, const struct logs_put_metric_filter_request *in,
                                    struct logs_put_metric_filter_output *out)
{
    const struct group *group = logs_group_of(call);
    const struct logs_metric_transformation *transformation = &in->metric_transformations.items[0];
    struct log_metric_filter filter;

    (void)out;
    if (!group || !logs_standard_check(call, group, S("Metric filters")) ||
        !request_check(call, in, &filter) ||
        !room_check(call, group, in->filter_name, filter.pattern.has_regex))
        return FAILED;
    logs_put_metric_filter_row(call->txn, &(struct logs_put_metric_filter_row_params){
                                              .group_id = group->row.id,
                                              .name = in->filter_name,
                                              .pattern = in->filter_pattern,
                                              .transformation = model_to_json(
                                                  call->arena, &LOGS_METRIC_TRANSFORMATION, transformation),
                                              .metric_namespace = transformation->metric_namespace,
                                              .metric_name = transformation->metric_name,
                                              .has_regex = filter.pattern.has_regex,
                                              .created_ms = call->now_ms,
                                          });
    count_filters(call, group);
    return DONE;
}

enum outcome logs_delete_metric_filter(const struct call *call,
                                       const struct logs_delete_metric_filter_request *in,
                                       struct logs_delete_metric_filter_output *out)
{
    const struct group *group = logs_group_of(call);

    (void)out;
    if (!group)
        return FAILED;
    if (logs_remove_metric_filter(call->txn, &(struct logs_remove_metric_filter_params){
                                                 .group_id = group->row.id, .name = in->filter_name}) == 0)
        return fail(call, &LOGS_RESOURCE_NOT_FOUND_EXCEPTION, "The specified metric filter does not exist.");
    count_filters(call, group);
    return DONE;
}

/* ---- listing ---- */

static void describe(const struct call *call, const struct logs_list_metric_filters_row *row,
                     struct logs_metric_filter *filter)
{
    filter->filter_name = row->name;
    filter->filter_pattern = row->pattern;
    filter->creation_time = arena_i64(call->arena, row->created_ms);
    filter->log_group_name = row->group_name;
    filter->apply_on_transformed_logs = arena_bool(call->arena, false);
    model_from_json(call->arena, &LOGS_METRIC_TRANSFORMATION, row->transformation,
                    list_add(call->arena, &filter->metric_transformations));
}

/* A filter's key in the list: neither name contains a colon. */
static str key_of(const struct call *call, const struct logs_list_metric_filters_row *row)
{
    return arena_concat(call->arena, row->group_name, S(":"), row->name);
}

static bool is_selected(const struct logs_describe_metric_filters_request *in,
                        const struct logs_list_metric_filters_row *row)
{
    bool by_name = str_present(in->log_group_name) && str_present(in->filter_name_prefix);

    return (!by_name || str_starts_with(row->name, in->filter_name_prefix)) &&
           (!str_present(in->metric_name) || (str_equal(row->metric_name, in->metric_name) &&
                                              str_equal(row->metric_namespace, in->metric_namespace)));
}

/* Where a page begins: the group's and the filter's name of its token. */
static struct logs_list_metric_filters_params place_of(const struct call *call, str group_name,
                                                       const struct page *page)
{
    str filter_name = page->after, after_group = {0};

    str_next(&filter_name, ':', &after_group);
    return (struct logs_list_metric_filters_params){
        .account = call->account,
        .region = call->region,
        .from_group = str_empty(page->after) ? group_name : after_group,
        .after_name = str_empty(page->after) ? S("") : filter_name,
        .end_group = str_empty(group_name) ? S("\xff") : arena_join(call->arena, group_name, S("\0")),
    };
}

static void list(const struct call *call, const struct logs_describe_metric_filters_request *in,
                 struct page *page, struct logs_describe_metric_filters_response *out)
{
    struct logs_list_metric_filters_params params =
        place_of(call, str_present(in->log_group_name) ? in->log_group_name : S(""), page);
    struct logs_list_metric_filters_cursor cursor = logs_list_metric_filters_open(call->txn, &params);
    struct logs_list_metric_filters_row row;

    while (logs_list_metric_filters_next(&cursor, &row)) {
        bool selected = is_selected(in, &row);
        if (!page_passes(call, page, key_of(call, &row), selected))
            break;
        if (selected)
            describe(call, &row, list_add(call->arena, &out->metric_filters));
    }
    logs_list_metric_filters_close(&cursor);
}

enum outcome logs_describe_metric_filters(const struct call *call,
                                          const struct logs_describe_metric_filters_request *in,
                                          struct logs_describe_metric_filters_response *out)
{
    struct page page;

    if (str_present(in->log_group_name) && !logs_group_of(call))
        return FAILED;
    if (str_present(in->metric_name) != str_present(in->metric_namespace))
        return fail(call, &LOGS_INVALID_PARAMETER_EXCEPTION,
                    "metricName and metricNamespace must be specified together.");
    if (!logs_page_open(call, in->next_token, in->limit, &page))
        return FAILED;
    list_make_empty(call->arena, &out->metric_filters);
    list(call, in, &page, out);
    out->next_token = page_end(call, &page);
    return DONE;
}
