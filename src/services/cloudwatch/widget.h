#pragma once

/*
 * widget.h: what GetMetricWidgetImage draws.
 *
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Metric-Widget-Structure.html
 */
#include "canvas.h"
#include "queries.h"

enum { WIDGET_LEFT, WIDGET_RIGHT, WIDGET_AXES };

struct widget_axis {
    const double *min, *max; /* NULL: from the values */
    str label;
    bool shows_units; /* no view shows them */
};

/* How a metric or an expression is drawn. */
struct widget_metric {
    bool visible;
    int axis;
    const uint32_t *color; /* NULL: by its place */
};

/* An annotation: a value or a moment, or a band between two. */
struct widget_mark {
    double value, other; /* of vertical ones: milliseconds */
    bool is_band, visible;
    str label, other_label;
    const uint32_t *color;
    int axis;
    enum widget_fill {
        WIDGET_FILL_NONE,
        WIDGET_FILL_FORWARD,
        WIDGET_FILL_BACKWARD
    } fill; /* above, after; below, before */
};
struct widget_mark_list {
    struct widget_mark *items;
    size_t count;
};

struct widget {
    int64_t width, height; /* pixels */
    str title;
    enum widget_view { WIDGET_TIME_SERIES, WIDGET_SINGLE_VALUE, WIDGET_BAR, WIDGET_GAUGE, WIDGET_PIE } view;
    enum widget_legend { WIDGET_LEGEND_BOTTOM, WIDGET_LEGEND_RIGHT, WIDGET_LEGEND_HIDDEN } legend;
    bool stacked, dark, live, one_period;
    int64_t start_ms, end_ms, zone_ms;
    int64_t period_s;
    str stat;
    struct widget_axis axes[WIDGET_AXES];
    struct widget_mark_list horizontal, vertical;
    struct cloudwatch_metric_data_query_list queries;
    struct {
        struct widget_metric *items; /* one for each query */
        size_t count;
    } metrics;
};

/* A series of the widget and how it is drawn. */
struct widget_series {
    struct series_values values;
    str label;
    uint32_t color;
    int axis;
};
struct widget_series_list {
    struct widget_series *items;
    size_t count;
};

/* widget_parse.c */
/* The widget of a JSON text.  NULL: fail() has been called. */
const struct widget *cloudwatch_widget_parse(const struct call *call, str text);

/* widget_metrics.c */
struct json;
/* Read the array of metrics.  A sentence about what is wrong, or absent. */
str cloudwatch_widget_metrics(const struct call *call, struct widget *widget, const struct json *value);

/* widget_draw.c */
/* Draw the widget with its series. */
void cloudwatch_widget_draw(struct canvas *canvas, struct arena *arena, const struct widget *widget,
                            const struct widget_series_list *series);

/* widget_graph.c */
/* Lines or areas over time, with axes and annotations, in that part of the picture. */
void cloudwatch_widget_graph(struct canvas *canvas, struct arena *arena, const struct widget *widget,
                             const struct widget_series_list *series, struct canvas_box box);

/* widget_values.c: the other views */
void cloudwatch_widget_numbers(struct canvas *canvas, struct arena *arena, const struct widget *widget,
                               const struct widget_series_list *series, struct canvas_box box);
void cloudwatch_widget_bars(struct canvas *canvas, struct arena *arena, const struct widget *widget,
                            const struct widget_series_list *series, struct canvas_box box);
void cloudwatch_widget_gauges(struct canvas *canvas, struct arena *arena, const struct widget *widget,
                              const struct widget_series_list *series, struct canvas_box box);

/* widget_pie.c */
void cloudwatch_widget_pie(struct canvas *canvas, struct arena *arena, const struct widget *widget,
                           const struct widget_series_list *series, struct canvas_box box);

/* widget_draw.c */
struct widget_theme {
    uint32_t background, text, grid;
};
struct widget_theme cloudwatch_widget_theme(const struct widget *widget);
/* A color between the two; part 0: the first one. */
uint32_t cloudwatch_widget_blend(uint32_t from, uint32_t to, double part);
/* "1.25k" */
str cloudwatch_widget_number(struct arena *arena, double number);
/* The text, shortened to so many pixels. */
str cloudwatch_widget_shorten(struct arena *arena, str text, int width);
