/*
 * widget_values.c: the views that show the latest value of each series: as a number, a bar, or a gauge.
 */
#include "widget.h"

#include <math.h>

enum { LABEL_HEIGHT = CANVAS_TEXT_HEIGHT + 3, MOST_SCALE = 6 };
static const double pi = 3.14159265358979323846;

struct view {
    struct canvas *canvas;
    struct arena *arena;
    const struct widget *widget;
    const struct widget_series_list *series;
    struct widget_theme theme;
};

static bool latest(const struct widget_series *series, double *value)
{
    size_t count = series->values.count;

    if (count > 0)
        *value = series->values.values[count - 1];
    return count > 0 && isfinite(*value);
}

static str value_text(const struct view *view, const struct widget_series *series)
{
    double value;

    return latest(series, &value) ? cloudwatch_widget_number(view->arena, value) : S("--");
}

/* In the middle of the box's width, as large as it fits and at most `most` times as large as usual. */
static void centered(const struct view *view, struct canvas_box box, str text, int most)
{
    int width = box.right - box.left, height = box.bottom - box.top, scale = 1;

    text = cloudwatch_widget_shorten(view->arena, text, width);
    int text_width = cloudwatch_canvas_text_width(text);
    while (scale < most && (scale + 1) * text_width <= width && (scale + 1) * CANVAS_TEXT_HEIGHT <= height)
        scale++;
    cloudwatch_canvas_text(view->canvas, box.left + (width - scale * text_width) / 2,
                           box.top + (height - scale * CANVAS_TEXT_HEIGHT) / 2, text, view->theme.text,
                           scale);
}

/* Cells of the same size, one for each series. */
static struct canvas_box cell(const struct view *view, struct canvas_box box, size_t number)
{
    int columns = (int)ceil(sqrt((double)view->series->count));
    int rows = ((int)view->series->count + columns - 1) / columns;
    int width = (box.right - box.left) / columns, height = (box.bottom - box.top) / rows;
    int left = box.left + (int)number % columns * width, top = box.top + (int)number / columns * height;

    return (struct canvas_box){left, top, left + width, top + height};
}

void cloudwatch_widget_numbers(struct canvas *canvas, struct arena *arena, const struct widget *widget,
                               const struct widget_series_list *series, struct canvas_box box)
{
    struct view view = {canvas, arena, widget, series, cloudwatch_widget_theme(widget)};

    for (size_t i = 0; i < series->count; i++) {
        struct canvas_box value = cell(&view, box, i), label = value;
        label.top = value.bottom -= LABEL_HEIGHT;
        centered(&view, value, value_text(&view, &series->items[i]), MOST_SCALE);
        centered(&view, label, series->items[i].label, 1);
        label = (struct canvas_box){label.left + 2, label.bottom - 3, label.right - 2, label.bottom - 1};
        cloudwatch_canvas_fill(canvas, label, series->items[i].color);
    }
}

void cloudwatch_widget_bars(struct canvas *canvas, struct arena *arena, const struct widget *widget,
                            const struct widget_series_list *series, struct canvas_box box)
{
    struct view view = {canvas, arena, widget, series, cloudwatch_widget_theme(widget)};
    const struct widget_axis *axis = &widget->axes[WIDGET_LEFT];
    double low = axis->min ? *axis->min : 0, high = axis->max ? *axis->max : low, value;

    for (size_t i = 0; i < series->count; i++)
        if (latest(&series->items[i], &value)) {
            low = axis->min ? low : fmin(low, value);
            high = axis->max ? high : fmax(high, value);
        }
    box.top += LABEL_HEIGHT;
    double per_unit = high > low ? (box.bottom - box.top - 1) / (high - low) : 0;
    double zero = fmin(fmax(0, low), high), slot = (box.right - box.left) / fmax(1, (double)series->count);
    for (size_t i = 0; i < series->count; i++) {
        int left = box.left + (int)((double)i * slot), right = box.left + (int)(((double)i + 1) * slot);
        if (!latest(&series->items[i], &value))
            continue;
        value = fmin(fmax(value, low), high);
        int from = box.bottom - 1 - (int)lround((zero - low) * per_unit);
        int to = box.bottom - 1 - (int)lround((value - low) * per_unit);
        int inset = (right - left) / 8;
        cloudwatch_canvas_fill(canvas,
                               (struct canvas_box){left + inset, from < to ? from : to, right - inset,
                                                   (from < to ? to : from) + 1},
                               series->items[i].color);
        centered(
            &view,
            (struct canvas_box){left, (from < to ? from : to) - LABEL_HEIGHT, right, from < to ? from : to},
            value_text(&view, &series->items[i]), 1);
    }
}

/* Half a ring, from the left over the top to the right. */
static void half_ring(const struct view *view, struct canvas_box box, double part, uint32_t color)
{
    double radius = fmin((box.right - box.left) / 2.0, box.bottom - box.top) - 1;
    double x0 = (box.left + box.right) / 2.0, y0 = box.bottom;

    for (int y = box.top; y < box.bottom; y++)
        for (int x = box.left; x < box.right; x++) {
            double dx = x + 0.5 - x0, dy = y0 - y - 0.5, distance = sqrt(dx * dx + dy * dy);
            bool filled = 1 - atan2(dy, dx) / pi <= part;
            if (distance <= radius && distance >= radius * 0.7)
                cloudwatch_canvas_fill(view->canvas, (struct canvas_box){x, y, x + 1, y + 1},
                                       filled ? color : view->theme.grid);
        }
}

void cloudwatch_widget_gauges(struct canvas *canvas, struct arena *arena, const struct widget *widget,
                              const struct widget_series_list *series, struct canvas_box box)
{
    struct view view = {canvas, arena, widget, series, cloudwatch_widget_theme(widget)};
    double low = *widget->axes[WIDGET_LEFT].min, high = *widget->axes[WIDGET_LEFT].max, value;

    for (size_t i = 0; i < series->count; i++) {
        struct canvas_box ring = cell(&view, box, i), label = ring;
        label.top = ring.bottom -= LABEL_HEIGHT;
        double part = latest(&series->items[i], &value) ? (value - low) / (high - low) : -1;
        half_ring(&view, ring, part, series->items[i].color);
        ring.top += (ring.bottom - ring.top) / 2;
        centered(&view, ring, value_text(&view, &series->items[i]), 2);
        centered(&view, label, series->items[i].label, 1);
    }
}
