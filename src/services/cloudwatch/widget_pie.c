/*
 * widget_pie.c: the view `pie`: the latest values of all series as parts of a circle.
 *
 * The first series begins at the top, and the others follow clockwise.  What is not above zero has no part.
 */
#include "widget.h"

#include <math.h>

enum { ANGLES = 16384, LEAST_LABELLED = ANGLES / 25 };
static const double turn = 2 * 3.14159265358979323846;

struct pie {
    const struct widget_series_list *series;
    double total;
    size_t owners[ANGLES]; /* the series at each angle */
};

static double part_of(const struct widget_series *series)
{
    size_t count = series->values.count;
    double value = count > 0 ? series->values.values[count - 1] : 0;

    return isfinite(value) && value > 0 ? value : 0;
}

static void divide(struct pie *pie)
{
    const struct widget_series_list *series = pie->series;
    double largest = 0, behind = 0;
    size_t angle = 0;

    for (size_t i = 0; i < series->count; i++)
        largest = fmax(largest, part_of(&series->items[i]));
    for (size_t i = 0; i < series->count && largest > 0; i++)
        pie->total += part_of(&series->items[i]) / largest; /* the sum is finite */
    for (size_t i = 0; i < series->count && largest > 0; i++) {
        behind += part_of(&series->items[i]) / largest / pie->total;
        for (; angle < ANGLES && ((double)angle + 0.5) / ANGLES < behind; angle++)
            pie->owners[angle] = i;
    }
    for (; angle < ANGLES && angle > 0; angle++)
        pie->owners[angle] = pie->owners[angle - 1];
}

static void draw_circle(struct canvas *canvas, const struct pie *pie, struct canvas_box box, double radius)
{
    double x0 = (box.left + box.right) / 2.0, y0 = (box.top + box.bottom) / 2.0;

    for (int y = box.top; y < box.bottom; y++)
        for (int x = box.left; x < box.right; x++) {
            double dx = x + 0.5 - x0, dy = y + 0.5 - y0;
            if (dx * dx + dy * dy > radius * radius)
                continue;
            double part = atan2(dx, -dy) / turn;
            size_t angle = (size_t)((part < 0 ? part + 1 : part) * ANGLES) % ANGLES;
            cloudwatch_canvas_fill(canvas, (struct canvas_box){x, y, x + 1, y + 1},
                                   pie->series->items[pie->owners[angle]].color);
        }
}

static bool is_light(uint32_t color)
{
    return (color >> 16 & 255) * 3 + (color >> 8 & 255) * 6 + (color & 255) > 10 * 150;
}

/* "42%" in each part that has room for it. */
static void label_parts(struct canvas *canvas, struct arena *arena, const struct pie *pie,
                        struct canvas_box box, double radius)
{
    for (size_t from = 0, to; from < ANGLES; from = to) {
        uint32_t color = pie->series->items[pie->owners[from]].color;
        for (to = from; to < ANGLES && pie->owners[to] == pie->owners[from];)
            to++;
        str text = arena_format(arena, "%.0f%%", 100.0 * (double)(to - from) / ANGLES);
        if (to - from < LEAST_LABELLED || radius < 3 * CANVAS_TEXT_HEIGHT)
            continue;
        double middle = (double)(from + to) / 2 / ANGLES * turn;
        double x = (box.left + box.right) / 2.0 + sin(middle) * radius * 2 / 3;
        double y = (box.top + box.bottom) / 2.0 - cos(middle) * radius * 2 / 3;
        cloudwatch_canvas_text(canvas, (int)x - cloudwatch_canvas_text_width(text) / 2,
                               (int)y - CANVAS_TEXT_HEIGHT / 2, text, is_light(color) ? 0x000000 : 0xffffff,
                               1);
    }
}

void cloudwatch_widget_pie(struct canvas *canvas, struct arena *arena, const struct widget *widget,
                           const struct widget_series_list *series, struct canvas_box box)
{
    struct pie *pie = arena_new(arena, struct pie);
    double radius = fmin(box.right - box.left, box.bottom - box.top) / 2.0 - 1;

    pie->series = series;
    divide(pie);
    if (pie->total == 0) {
        struct widget_theme theme = cloudwatch_widget_theme(widget);
        cloudwatch_canvas_text(canvas, (box.left + box.right) / 2 - CANVAS_TEXT_WIDTH,
                               (box.top + box.bottom - CANVAS_TEXT_HEIGHT) / 2, S("--"), theme.text, 1);
        return;
    }
    draw_circle(canvas, pie, box, radius);
    label_parts(canvas, arena, pie, box, radius);
}
