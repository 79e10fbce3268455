/*
 * widget_draw.c: the places of title, legend and graph, and what all views draw with.
 */
#include "widget.h"

#include "base/text.h"

#include <math.h>

enum { MARGIN = 8, TITLE_HEIGHT = 20, LINE_HEIGHT = 16, SWATCH = 10, GAP = 14 };

struct widget_theme cloudwatch_widget_theme(const struct widget *widget)
{
    return widget->dark ? (struct widget_theme){0x1b2430, 0xd5dbdb, 0x3b4754}
                        : (struct widget_theme){0xffffff, 0x3f4854, 0xe2e6e9};
}

uint32_t cloudwatch_widget_blend(uint32_t from, uint32_t to, double part)
{
    uint32_t color = 0;

    for (int shift = 16; shift >= 0; shift -= 8) {
        double a = from >> shift & 255, b = to >> shift & 255;
        color |= (uint32_t)lround(a + (b - a) * part) << shift;
    }
    return color;
}

str cloudwatch_widget_number(struct arena *arena, double number)
{
    static const struct {
        double unit;
        const char *letter;
    } units[] = {{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}};

    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (fabs(number) >= units[i].unit)
            return arena_format(arena, "%.4g%s", number / units[i].unit, units[i].letter);
    return arena_format(arena, "%.4g", number);
}

str cloudwatch_widget_shorten(struct arena *arena, str text, int width)
{
    size_t size = 0;
    int room = width / CANVAS_TEXT_WIDTH;

    if (cloudwatch_canvas_text_width(text) <= width)
        return text;
    for (int characters = 0; size < text.size; size++)
        if (((unsigned char)text.data[size] & 0xc0) != 0x80 && ++characters > room - 2)
            break;
    return room < 3 ? S("") : arena_join(arena, str_head(text, size), S(".."));
}

/* ---- the legend ---- */

struct legend {
    struct canvas *canvas;
    struct arena *arena;
    const struct widget_series_list *series;
    struct widget_theme theme;
};

static int item_width(const struct widget_series *series, int most)
{
    int width = SWATCH + 4 + cloudwatch_canvas_text_width(series->label);

    return width < most ? width : most;
}

static void draw_item(const struct legend *legend, const struct widget_series *series, int x, int y,
                      int width)
{
    struct canvas_box swatch = {x, y + 2, x + SWATCH, y + 2 + SWATCH};
    int room = width - SWATCH - 4;

    cloudwatch_canvas_fill(legend->canvas, swatch, series->color);
    cloudwatch_canvas_text(legend->canvas, x + SWATCH + 4, y,
                           cloudwatch_widget_shorten(legend->arena, series->label, room), legend->theme.text,
                           1);
}

/* Places the items in lines within the box, and draws them unless `dry`; returns how high they are. */
static int lay_out(const struct legend *legend, struct canvas_box box, bool one_column, bool dry)
{
    int x = box.left, y = box.top, most = box.right - box.left;

    for (size_t i = 0; i < legend->series->count; i++) {
        const struct widget_series *series = &legend->series->items[i];
        int width = item_width(series, most);
        if (x > box.left && (one_column || x + width > box.right)) {
            x = box.left;
            y += LINE_HEIGHT;
        }
        if (y + LINE_HEIGHT > box.bottom)
            return y - box.top;
        if (!dry)
            draw_item(legend, series, x, y, width);
        x += width + GAP;
    }
    return legend->series->count > 0 ? y + LINE_HEIGHT - box.top : 0;
}

/* Draws the legend at the end of the box, and takes its room away. */
static void draw_legend(const struct legend *legend, const struct widget *widget, struct canvas_box *box)
{
    struct canvas_box part = *box;

    if (widget->legend == WIDGET_LEGEND_HIDDEN)
        return;
    if (widget->legend == WIDGET_LEGEND_RIGHT) {
        int most = (box->right - box->left) * 3 / 10, width = 0;
        for (size_t i = 0; i < legend->series->count; i++) {
            int wanted = item_width(&legend->series->items[i], most);
            width = wanted > width ? wanted : width;
        }
        part.left = part.right - width;
        box->right = part.left - MARGIN;
    } else {
        part.bottom = part.top + (box->bottom - box->top) * 2 / 5;
        int height = lay_out(legend, part, false, true);
        part = (struct canvas_box){box->left, box->bottom - height, box->right, box->bottom};
        box->bottom -= height + (height > 0 ? 4 : 0);
    }
    lay_out(legend, part, widget->legend == WIDGET_LEGEND_RIGHT, false);
}

/* ---- the whole ---- */

void cloudwatch_widget_draw(struct canvas *canvas, struct arena *arena, const struct widget *widget,
                            const struct widget_series_list *series)
{
    static void (*const views[])(struct canvas *, struct arena *, const struct widget *,
                                 const struct widget_series_list *, struct canvas_box) = {
        [WIDGET_TIME_SERIES] = cloudwatch_widget_graph, [WIDGET_SINGLE_VALUE] = cloudwatch_widget_numbers,
        [WIDGET_BAR] = cloudwatch_widget_bars,          [WIDGET_GAUGE] = cloudwatch_widget_gauges,
        [WIDGET_PIE] = cloudwatch_widget_pie,
    };
    struct widget_theme theme = cloudwatch_widget_theme(widget);
    struct legend legend = {canvas, arena, series, theme};

    cloudwatch_canvas_init(canvas, arena, (int)widget->width, (int)widget->height, theme.background);
    struct canvas_box box = {MARGIN, MARGIN, canvas->width - MARGIN, canvas->height - MARGIN};
    if (!str_empty(widget->title)) {
        cloudwatch_canvas_text(canvas, box.left, box.top,
                               cloudwatch_widget_shorten(arena, widget->title, box.right - box.left),
                               theme.text, 1);
        box.top += TITLE_HEIGHT;
    }
    if (widget->view != WIDGET_SINGLE_VALUE && box.right > box.left && box.bottom > box.top)
        draw_legend(&legend, widget, &box);
    if (box.right > box.left && box.bottom > box.top)
        views[widget->view](canvas, arena, widget, series, box);
}
