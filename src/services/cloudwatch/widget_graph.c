/*
 * widget_graph.c: series over time.
 *
 * Lines join points of neighbouring periods; where a period has no point, the line ends.  Areas are stacked
 * column by column of the picture, so that they cost as much as the picture is wide.
 */
#include "widget.h"

#include "base/time.h"

#include <math.h>

enum { LABEL_HEIGHT = CANVAS_TEXT_HEIGHT, TICKS = 5, MOST_TICKS = 20, TIME_TICK_PIXELS = 80, DASH = 4 };

struct graph {
    struct canvas *canvas;
    struct arena *arena;
    const struct widget *widget;
    const struct widget_series_list *series;
    struct widget_theme theme;
    struct canvas_box plot;
    struct scale {
        bool used;
        double low, high, step;
    } scales[WIDGET_AXES];
    double **tops; /* of stacked series: the upper edge of each at each column */
};

/* ---- places ---- */

static int columns_of(const struct graph *graph)
{
    return graph->plot.right - graph->plot.left;
}

static double x_of(const struct graph *graph, double ms)
{
    const struct widget *widget = graph->widget;

    return graph->plot.left + (ms - (double)widget->start_ms) / (double)(widget->end_ms - widget->start_ms) *
                                  (columns_of(graph) - 1);
}

static double y_of(const struct graph *graph, int axis, double value)
{
    const struct scale *scale = &graph->scales[axis];

    return graph->plot.bottom - 1 -
           (value - scale->low) / (scale->high - scale->low) * (graph->plot.bottom - graph->plot.top - 1);
}

/* ---- scales ---- */

static void include(struct scale *scale, double value)
{
    if (!isfinite(value))
        return;
    scale->low = scale->used ? fmin(scale->low, value) : value;
    scale->high = scale->used ? fmax(scale->high, value) : value;
    scale->used = true;
}

/* 1, 2 or 5 times a power of ten, at least `least`. */
static double nice_step(double least)
{
    static const double factors[] = {1, 2, 5};
    double power = pow(10, floor(log10(least)));

    for (size_t i = 0; i < sizeof factors / sizeof *factors; i++)
        if (factors[i] * power >= least * (1 - 1e-9))
            return factors[i] * power;
    return 10 * power;
}

/* Whole steps around the values, and the bounds that the widget gives. */
static void end_scale(struct scale *scale, const struct widget_axis *axis)
{
    double low = axis->min ? *axis->min : scale->low, high = axis->max ? *axis->max : scale->high;

    if (!scale->used && !axis->min && !axis->max)
        high = 1;
    if (!(high > low)) {
        double room = fmax(fabs(high), 1);
        low = axis->min || !axis->max ? low : high - room;
        high = axis->max ? high : low + room;
    }
    scale->step = nice_step((high - low) / TICKS);
    scale->low = axis->min ? low : floor(low / scale->step + 1e-9) * scale->step;
    scale->high = axis->max ? high : ceil(high / scale->step - 1e-9) * scale->step;
    if (!(scale->high > scale->low) || !isfinite(scale->step))
        *scale = (struct scale){.used = scale->used, .low = 0, .high = 1, .step = 1};
}

static void make_scales(struct graph *graph)
{
    const struct widget *widget = graph->widget;

    for (size_t i = 0; i < graph->series->count; i++) {
        const struct widget_series *series = &graph->series->items[i];
        struct scale *scale = &graph->scales[series->axis];
        for (size_t j = 0; !graph->tops && j < series->values.count; j++)
            include(scale, series->values.values[j]);
        for (int x = 0; graph->tops && x < columns_of(graph); x++)
            include(scale, graph->tops[i][x]);
        if (graph->tops)
            include(scale, 0);
    }
    for (size_t i = 0; i < widget->horizontal.count; i++) {
        const struct widget_mark *mark = &widget->horizontal.items[i];
        if (mark->visible)
            include(&graph->scales[mark->axis], mark->value);
        if (mark->visible && mark->is_band)
            include(&graph->scales[mark->axis], mark->other);
    }
    for (int axis = 0; axis < WIDGET_AXES; axis++)
        end_scale(&graph->scales[axis], &widget->axes[axis]);
}

/* ---- stacked series ---- */

/* The value at a moment between two points of neighbouring periods; elsewhere 0. */
static double value_at(const struct series_values *values, size_t *next, double ms)
{
    while (*next < values->count && (double)values->at_s[*next] * 1000 < ms)
        (*next)++;
    if (*next < values->count && (double)values->at_s[*next] * 1000 == ms)
        return values->values[*next];
    if (*next == 0 || *next == values->count ||
        values->at_s[*next] - values->at_s[*next - 1] > values->period_s)
        return 0;
    double from_ms = (double)values->at_s[*next - 1] * 1000, to_ms = (double)values->at_s[*next] * 1000;
    double part = (ms - from_ms) / (to_ms - from_ms);
    return values->values[*next - 1] * (1 - part) + values->values[*next] * part;
}

static void stack(struct graph *graph)
{
    size_t columns = (size_t)columns_of(graph);
    double *sums[WIDGET_AXES];
    double ms_per_column =
        (double)(graph->widget->end_ms - graph->widget->start_ms) / fmax(1, (double)columns - 1);

    for (int axis = 0; axis < WIDGET_AXES; axis++) {
        sums[axis] = arena_alloc(graph->arena, columns * sizeof *sums[axis]);
        for (size_t x = 0; x < columns; x++)
            sums[axis][x] = 0;
    }
    graph->tops = arena_alloc(graph->arena, (graph->series->count + 1) * sizeof *graph->tops);
    for (size_t i = 0; i < graph->series->count; i++) {
        const struct widget_series *series = &graph->series->items[i];
        size_t next = 0;
        graph->tops[i] = arena_alloc(graph->arena, columns * sizeof *graph->tops[i]);
        for (size_t x = 0; x < columns; x++) {
            double ms = (double)graph->widget->start_ms + (double)x * ms_per_column;
            double value = value_at(&series->values, &next, ms);
            sums[series->axis][x] += isfinite(value) ? value : 0;
            graph->tops[i][x] = sums[series->axis][x];
        }
    }
}

/* The series below it on the same axis; count: none. */
static size_t below(const struct graph *graph, size_t number)
{
    for (size_t i = number; i > 0; i--)
        if (graph->series->items[i - 1].axis == graph->series->items[number].axis)
            return i - 1;
    return graph->series->count;
}

static void draw_area(const struct graph *graph, size_t number)
{
    const struct widget_series *series = &graph->series->items[number];
    uint32_t light = cloudwatch_widget_blend(graph->theme.background, series->color, 0.4);
    size_t base = below(graph, number);
    double before = 0;

    for (int x = 0; graph->tops && x < columns_of(graph); x++) {
        double bottom = base < graph->series->count ? graph->tops[base][x] : 0;
        double top_y = y_of(graph, series->axis, graph->tops[number][x]);
        int column = graph->plot.left + x;
        cloudwatch_canvas_line(graph->canvas, column, y_of(graph, series->axis, bottom), column, top_y,
                               light);
        cloudwatch_canvas_line(graph->canvas, x > 0 ? column - 1 : column, x > 0 ? before : top_y, column,
                               top_y, series->color);
        before = top_y;
    }
}

/* ---- lines ---- */

static void draw_line(const struct graph *graph, size_t number)
{
    const struct widget_series *series = &graph->series->items[number];
    const struct series_values *values = &series->values;

    for (size_t i = 0; i < values->count; i++) {
        bool joined = i > 0 && values->at_s[i] - values->at_s[i - 1] <= values->period_s;
        size_t from = joined ? i - 1 : i;
        double x0 = x_of(graph, (double)values->at_s[from] * 1000),
               x1 = x_of(graph, (double)values->at_s[i] * 1000);
        double y0 = y_of(graph, series->axis, values->values[from]);
        double y1 = y_of(graph, series->axis, values->values[i]);
        for (int thick = 0; thick < 2; thick++)
            cloudwatch_canvas_line(graph->canvas, x0, y0 + thick, x1, y1 + thick, series->color);
        if (!joined)
            cloudwatch_canvas_line(graph->canvas, x1 - 1, y1, x1 + 1, y1, series->color);
    }
}

/* ---- axes ---- */

static str tick_text(const struct graph *graph, const struct scale *scale, double value)
{
    return cloudwatch_widget_number(graph->arena, fabs(value) < scale->step / 1e6 ? 0 : value);
}

static double tick(const struct scale *scale, int number)
{
    return scale->low + number * scale->step;
}

static int widest_tick(const struct graph *graph, const struct scale *scale)
{
    int widest = 0;

    for (int i = 0; i < MOST_TICKS && tick(scale, i) <= scale->high + scale->step / 1e6; i++) {
        int width = cloudwatch_canvas_text_width(tick_text(graph, scale, tick(scale, i)));
        widest = width > widest ? width : widest;
    }
    return widest;
}

static void draw_ticks(const struct graph *graph, int axis)
{
    const struct scale *scale = &graph->scales[axis];
    const struct canvas_box *plot = &graph->plot;

    for (int i = 0; i < MOST_TICKS && tick(scale, i) <= scale->high + scale->step / 1e6; i++) {
        double y = y_of(graph, axis, tick(scale, i));
        str text = tick_text(graph, scale, tick(scale, i));
        int width = cloudwatch_canvas_text_width(text);
        if (axis == WIDGET_LEFT)
            cloudwatch_canvas_line(graph->canvas, plot->left, y, plot->right - 1, y, graph->theme.grid);
        cloudwatch_canvas_text(graph->canvas, axis == WIDGET_LEFT ? plot->left - width - 4 : plot->right + 4,
                               (int)y - LABEL_HEIGHT / 2, text, graph->theme.text, 1);
    }
}

static int64_t time_step_s(const struct graph *graph)
{
    static const int64_t steps_s[] = {MINUTE_S,
                                      FIVE_MINUTES_S,
                                      INT64_C(15) * MINUTE_S,
                                      INT64_C(30) * MINUTE_S,
                                      HOUR_S,
                                      INT64_C(3) * HOUR_S,
                                      INT64_C(6) * HOUR_S,
                                      INT64_C(12) * HOUR_S,
                                      DAY_S,
                                      INT64_C(2) * DAY_S,
                                      INT64_C(7) * DAY_S,
                                      INT64_C(14) * DAY_S,
                                      INT64_C(30) * DAY_S};
    int64_t range_s = (graph->widget->end_ms - graph->widget->start_ms) / 1000;
    int64_t most = columns_of(graph) / TIME_TICK_PIXELS + 1;

    for (size_t i = 0; i < sizeof steps_s / sizeof *steps_s; i++)
        if (range_s / steps_s[i] <= most)
            return steps_s[i];
    return (range_s / most / DAY_S + 1) * DAY_S;
}

/* "12:30", or "01/31" for whole days. */
static str time_text(const struct graph *graph, int64_t ms, int64_t step_s)
{
    const char *iso = time_iso8601(graph->arena, ms).data;

    return step_s < DAY_S ? arena_format(graph->arena, "%.5s", iso + 11)
                          : arena_format(graph->arena, "%.2s/%.2s", iso + 5, iso + 8);
}

static void draw_times(const struct graph *graph)
{
    const struct widget *widget = graph->widget;
    int64_t step_s = time_step_s(graph);
    int64_t local_s = (widget->start_ms + widget->zone_ms) / 1000;
    int64_t at_s = (local_s + step_s - 1) / step_s * step_s;

    for (; at_s * 1000 - widget->zone_ms <= widget->end_ms; at_s += step_s) {
        double x = x_of(graph, (double)(at_s * 1000 - widget->zone_ms));
        str text = time_text(graph, at_s * 1000, step_s);
        cloudwatch_canvas_line(graph->canvas, x, graph->plot.bottom, x, graph->plot.bottom + 3,
                               graph->theme.text);
        cloudwatch_canvas_text(graph->canvas, (int)x - cloudwatch_canvas_text_width(text) / 2,
                               graph->plot.bottom + 4, text, graph->theme.text, 1);
    }
    cloudwatch_canvas_line(graph->canvas, graph->plot.left, graph->plot.bottom, graph->plot.right - 1,
                           graph->plot.bottom, graph->theme.text);
}

static void draw_axis_label(const struct graph *graph, int axis, int y)
{
    str label =
        cloudwatch_widget_shorten(graph->arena, graph->widget->axes[axis].label, columns_of(graph) / 2);
    int width = cloudwatch_canvas_text_width(label);

    if (!str_empty(label))
        cloudwatch_canvas_text(graph->canvas,
                               axis == WIDGET_LEFT ? graph->plot.left : graph->plot.right - width, y, label,
                               graph->theme.text, 1);
}

/* ---- annotations ---- */

static uint32_t mark_color(const struct widget_mark *mark)
{
    return mark->color ? *mark->color : 0xd62728;
}

static void dashed(const struct graph *graph, struct canvas_box line, uint32_t color)
{
    bool vertical = line.left == line.right;
    int length = vertical ? line.bottom - line.top : line.right - line.left;

    for (int at = 0; at < length; at += 2 * DASH) {
        int from = (vertical ? line.top : line.left) + at;
        if (vertical)
            cloudwatch_canvas_line(graph->canvas, line.left, from, line.left, from + DASH - 1, color);
        else
            cloudwatch_canvas_line(graph->canvas, from, line.top, from + DASH - 1, line.top, color);
    }
}

/* A place in pixels that is within the picture, or just outside. */
static int pixel(double place)
{
    return (int)lround(fmax(-1, fmin(place, 10000)));
}

/* The box that a mark fills, from its place to another one, or to the end on one side. */
static void fill_mark(const struct graph *graph, const struct widget_mark *mark, bool vertical)
{
    struct canvas_box box = graph->plot;
    int at = pixel(vertical ? x_of(graph, mark->value) : y_of(graph, mark->axis, mark->value));
    int other = pixel(vertical ? x_of(graph, mark->other) : y_of(graph, mark->axis, mark->other));
    bool toward_end = vertical == (mark->fill == WIDGET_FILL_FORWARD);

    if (!mark->is_band && mark->fill == WIDGET_FILL_NONE)
        return;
    if (!mark->is_band)
        other = toward_end ? (vertical ? box.right : box.bottom) : (vertical ? box.left : box.top);
    *(vertical ? &box.left : &box.top) = at < other ? at : other;
    *(vertical ? &box.right : &box.bottom) = at < other ? other : at;
    cloudwatch_canvas_fill(graph->canvas, box,
                           cloudwatch_widget_blend(graph->theme.background, mark_color(mark), 0.2));
}

static void draw_value_mark(const struct graph *graph, const struct widget_mark *mark, double value,
                            str label)
{
    const struct canvas_box *plot = &graph->plot;
    int y = pixel(y_of(graph, mark->axis, value));

    dashed(graph, (struct canvas_box){plot->left, y, plot->right, y}, mark_color(mark));
    cloudwatch_canvas_text(graph->canvas, plot->left + 4, y - LABEL_HEIGHT, label, mark_color(mark), 1);
}

static void draw_time_mark(const struct graph *graph, const struct widget_mark *mark, double ms, str label)
{
    const struct canvas_box *plot = &graph->plot;
    int x = pixel(x_of(graph, ms));

    dashed(graph, (struct canvas_box){x, plot->top, x, plot->bottom}, mark_color(mark));
    cloudwatch_canvas_text(graph->canvas, x + 3, plot->top + 1, label, mark_color(mark), 1);
}

static void draw_marks(const struct graph *graph, const struct widget_mark_list *marks, bool vertical,
                       bool fills)
{
    void (*draw)(const struct graph *, const struct widget_mark *, double, str) =
        vertical ? draw_time_mark : draw_value_mark;

    for (size_t i = 0; i < marks->count; i++) {
        const struct widget_mark *mark = &marks->items[i];
        if (!mark->visible)
            continue;
        if (fills) {
            fill_mark(graph, mark, vertical);
            continue;
        }
        draw(graph, mark, mark->value, mark->label);
        if (mark->is_band)
            draw(graph, mark, mark->other, mark->other_label);
    }
}

/* ---- the whole ---- */

/* The plot is what the axes leave of the box. */
static void place_plot(struct graph *graph, struct canvas_box box)
{
    const struct widget *widget = graph->widget;
    bool has_label =
        !str_empty(widget->axes[WIDGET_LEFT].label) || !str_empty(widget->axes[WIDGET_RIGHT].label);

    graph->plot = box;
    graph->plot.top += has_label ? LABEL_HEIGHT + 4 : LABEL_HEIGHT / 2;
    graph->plot.bottom -= LABEL_HEIGHT + 6;
    if (widget->stacked)
        stack(graph);
    make_scales(graph);
    graph->plot.left += widest_tick(graph, &graph->scales[WIDGET_LEFT]) + 4;
    if (graph->scales[WIDGET_RIGHT].used)
        graph->plot.right -= widest_tick(graph, &graph->scales[WIDGET_RIGHT]) + 4;
}

void cloudwatch_widget_graph(struct canvas *canvas, struct arena *arena, const struct widget *widget,
                             const struct widget_series_list *series, struct canvas_box box)
{
    struct graph graph = {.canvas = canvas,
                          .arena = arena,
                          .widget = widget,
                          .series = series,
                          .theme = cloudwatch_widget_theme(widget)};

    place_plot(&graph, box);
    if (columns_of(&graph) < 2 || graph.plot.bottom - graph.plot.top < 2)
        return;
    if (widget->stacked)
        stack(&graph); /* the plot is narrower now */
    cloudwatch_canvas_frame(canvas, graph.plot);
    draw_marks(&graph, &widget->horizontal, false, true);
    draw_marks(&graph, &widget->vertical, true, true);
    cloudwatch_canvas_frame(canvas, cloudwatch_canvas_whole(canvas));
    draw_ticks(&graph, WIDGET_LEFT);
    if (graph.scales[WIDGET_RIGHT].used)
        draw_ticks(&graph, WIDGET_RIGHT);
    draw_times(&graph);
    draw_axis_label(&graph, WIDGET_LEFT, box.top);
    draw_axis_label(&graph, WIDGET_RIGHT, box.top);
    cloudwatch_canvas_frame(canvas, graph.plot);
    for (size_t i = 0; i < series->count; i++)
        if (widget->stacked) /* from the top, so that each edge is drawn over the area above it */
            draw_area(&graph, series->count - 1 - i);
        else
            draw_line(&graph, i);
    draw_marks(&graph, &widget->horizontal, false, false);
    draw_marks(&graph, &widget->vertical, true, false);
    cloudwatch_canvas_frame(canvas, cloudwatch_canvas_whole(canvas));
}
