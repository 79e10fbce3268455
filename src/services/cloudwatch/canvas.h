#pragma once

/*
 * canvas.h: a picture of at most 256 colours, which becomes a PNG.
 *
 * Nothing is drawn outside the picture, or outside its frame, whatever the coordinates are.
 */
#include "base/arena.h"
#include "base/str.h"

enum { CANVAS_TEXT_WIDTH = 6, CANVAS_TEXT_HEIGHT = 13, CANVAS_COLORS = 256 };

struct canvas_box {
    int left, top, right, bottom; /* right and bottom are outside */
};

struct canvas {
    struct canvas_box frame; /* where it is drawn */
    int width, height;
    uint8_t *pixels;
    uint8_t palette[CANVAS_COLORS][3];
    int colors;
    uint32_t last_color;
    uint8_t last_number; /* of last_color, once there are colors */
};

/* A picture of that size, in one color. */
void cloudwatch_canvas_init(struct canvas *canvas, struct arena *arena, int width, int height,
                            uint32_t color);
/* Draw only within the box from now on. */
void cloudwatch_canvas_frame(struct canvas *canvas, struct canvas_box box);
struct canvas_box cloudwatch_canvas_whole(const struct canvas *canvas);
/* Colors are 0xRRGGBB; when there are more than 256, the nearest one is taken. */
void cloudwatch_canvas_fill(struct canvas *canvas, struct canvas_box box, uint32_t color);
void cloudwatch_canvas_line(struct canvas *canvas, double x0, double y0, double x1, double y1,
                            uint32_t color);
/* Latin-1 characters as they are, others as a box; `scale` times as large as usual. */
void cloudwatch_canvas_text(struct canvas *canvas, int x, int y, str text, uint32_t color, int scale);
/* How wide the text is at scale 1: characters, not bytes. */
int cloudwatch_canvas_text_width(str text);
/* The picture as a PNG; absent: there is not enough memory. */
str cloudwatch_canvas_png(const struct canvas *canvas, struct arena *arena);
