/*
 * widget_image.c: GetMetricWidgetImage, on a worker: the series of a widget as a PNG.
 */
#include "label.h"
#include "widget.h"

enum { MOST_SERIES = 500 };

static const uint32_t colors[] = {0x1f77b4, 0xff7f0e, 0x2ca02c, 0xd62728, 0x9467bd,
                                  0x8c564b, 0xe377c2, 0x7f7f7f, 0xbcbd22, 0x17becf};

struct image {
    const struct call *call;
    const struct widget *widget;
    struct queries queries;
    struct widget_series_list series;
};

/* Without live data, a period is shown when it is over. */
static void leave_live_out(const struct image *image, struct series_values *values)
{
    while (!image->widget->live && !image->widget->one_period && values->count > 0 &&
           values->at_s[values->count - 1] + values->period_s > image->call->now_ms / 1000)
        values->count--;
}

static void add_series(struct image *image, size_t number, const struct series_values *values, bool of_array)
{
    const struct widget_metric *metric = &image->widget->metrics.items[number];
    const struct cloudwatch_metric_data_query *query = &image->queries.list->items[number];
    const struct label_options options = {.fallback = query->metric_stat || of_array ? values->label
                                                                                     : query->expression,
                                          .of_array = of_array,
                                          .zone_ms = image->widget->zone_ms,
                                          .now_ms = image->call->now_ms,
                                          .region = image->call->region,
                                          .account = image->call->account};
    struct widget_series *series;

    if (image->series.count == MOST_SERIES)
        return;
    series = list_add(image->call->arena, &image->series);
    series->values = *values;
    series->axis = metric->axis;
    series->color =
        metric->color ? *metric->color : colors[(image->series.count - 1) % (sizeof colors / sizeof *colors)];
    leave_live_out(image, &series->values);
    series->label = cloudwatch_label(image->call->arena, query->label, &series->values, &options);
}

/* False: fail() has been called. */
static bool add_query(struct image *image, size_t number)
{
    struct queries *queries = &image->queries;

    if (!cloudwatch_query_is_right(queries, number))
        return false;
    if (!image->widget->metrics.items[number].visible)
        return true;
    struct math_value value;
    if (!cloudwatch_query_series(queries, number, &value))
        return false;
    for (size_t i = 0; i < value.count; i++)
        add_series(image, number, &value.series[i], value.kind == MATH_SEVERAL);
    return true;
}

enum outcome cloudwatch_get_metric_widget_image(const struct call *call,
                                                const struct cloudwatch_get_metric_widget_image_input *in,
                                                struct cloudwatch_get_metric_widget_image_output *out)
{
    struct image image = {.call = call, .widget = cloudwatch_widget_parse(call, in->metric_widget)};
    struct canvas canvas;

    if (!image.widget)
        return FAILED;
    if (str_present(in->output_format) && !str_equal(in->output_format, S("png")))
        return fail(call, &CLOUDWATCH_VALIDATION_ERROR,
                    "The value %.*s for parameter OutputFormat is not supported: it is png.",
                    STR_ARGS(in->output_format));
    image.queries =
        cloudwatch_queries(call, &image.widget->queries, image.widget->start_ms, image.widget->end_ms);
    if (!cloudwatch_queries_check(&image.queries))
        return FAILED;
    for (size_t i = 0; i < image.widget->queries.count; i++)
        if (!add_query(&image, i))
            return FAILED;
    cloudwatch_widget_draw(&canvas, call->arena, image.widget, &image.series);
    out->metric_widget_image = cloudwatch_canvas_png(&canvas, call->arena);
    return str_present(out->metric_widget_image)
               ? DONE
               : fail(call, &CLOUDWATCH_INTERNAL_SERVICE_FAULT, "There is not enough memory.");
}
