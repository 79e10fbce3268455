/*
 * canvas.c: drawing by pixels, without smoothing, so that a picture has few colours and packs well.
 */
#include "canvas.h"

#include "base/utf8.h"
#include "canvas_font.h"

#include <math.h>
#include <png.h>
#include <string.h>

void cloudwatch_canvas_init(struct canvas *canvas, struct arena *arena, int width, int height, uint32_t color)
{
    *canvas = (struct canvas){.width = width, .height = height};
    canvas->pixels = arena_alloc(arena, (size_t)width * (size_t)height);
    memset(canvas->pixels, 0, (size_t)width * (size_t)height);
    canvas->frame = cloudwatch_canvas_whole(canvas);
    cloudwatch_canvas_fill(canvas, canvas->frame, color);
}

struct canvas_box cloudwatch_canvas_whole(const struct canvas *canvas)
{
    return (struct canvas_box){.right = canvas->width, .bottom = canvas->height};
}

static int between(int value, int least, int most)
{
    return value < least ? least : value > most ? most : value;
}

/* The part of a box within another one. */
static struct canvas_box within(struct canvas_box box, struct canvas_box frame)
{
    struct canvas_box part = {
        .left = between(box.left, frame.left, frame.right),
        .top = between(box.top, frame.top, frame.bottom),
        .right = between(box.right, frame.left, frame.right),
        .bottom = between(box.bottom, frame.top, frame.bottom),
    };

    return part;
}

void cloudwatch_canvas_frame(struct canvas *canvas, struct canvas_box box)
{
    canvas->frame = within(box, cloudwatch_canvas_whole(canvas));
}

/* ---- colors ---- */

static int distance(const uint8_t *a, const uint8_t *b)
{
    int sum = 0;

    for (int i = 0; i < 3; i++)
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sum;
}

/* The color's number in the palette; a new color gets the next number while there is one. */
static uint8_t number_of(struct canvas *canvas, uint32_t color)
{
    const uint8_t wanted[3] = {(uint8_t)(color >> 16), (uint8_t)(color >> 8), (uint8_t)color};
    int best = 0;

    if (canvas->colors > 0 && canvas->last_color == color)
        return canvas->last_number;
    for (int i = 1; i < canvas->colors; i++)
        if (distance(canvas->palette[i], wanted) < distance(canvas->palette[best], wanted))
            best = i;
    if (canvas->colors < CANVAS_COLORS &&
        (canvas->colors == 0 || distance(canvas->palette[best], wanted) > 0)) {
        best = canvas->colors++;
        memcpy(canvas->palette[best], wanted, sizeof wanted);
    }
    canvas->last_color = color;
    canvas->last_number = (uint8_t)best;
    return canvas->last_number;
}

/* ---- shapes ---- */

static void set(struct canvas *canvas, int x, int y, uint8_t number)
{
    const struct canvas_box *frame = &canvas->frame;

    if (x >= frame->left && x < frame->right && y >= frame->top && y < frame->bottom)
        canvas->pixels[(size_t)y * (size_t)canvas->width + (size_t)x] = number;
}

void cloudwatch_canvas_fill(struct canvas *canvas, struct canvas_box box, uint32_t color)
{
    struct canvas_box part = within(box, canvas->frame);
    uint8_t number = number_of(canvas, color);

    for (int y = part.top; y < part.bottom && part.left < part.right; y++)
        memset(canvas->pixels + (size_t)y * (size_t)canvas->width + part.left, number,
               (size_t)(part.right - part.left));
}

/* One side of Liang and Barsky's clipping: shorten [*from, *to] of the line to where p * t <= q. */
static bool shorten(double p, double q, double *from, double *to)
{
    if (p == 0)
        return q >= 0;
    if (p < 0)
        *from = fmax(*from, q / p);
    else
        *to = fmin(*to, q / p);
    return *from <= *to;
}

void cloudwatch_canvas_line(struct canvas *canvas, double x0, double y0, double x1, double y1, uint32_t color)
{
    const struct canvas_box *frame = &canvas->frame;
    double dx = x1 - x0, dy = y1 - y0, from = 0, to = 1;
    uint8_t number = number_of(canvas, color);

    if (!isfinite(dx) || !isfinite(dy) || !shorten(-dx, x0 - frame->left, &from, &to) ||
        !shorten(dx, frame->right - 1 - x0, &from, &to) || !shorten(-dy, y0 - frame->top, &from, &to) ||
        !shorten(dy, frame->bottom - 1 - y0, &from, &to))
        return;
    double left = x0 + from * dx, top = y0 + from * dy;
    double width = (to - from) * dx, height = (to - from) * dy;
    int steps = (int)ceil(fmax(fabs(width), fabs(height)));
    for (int i = 0; i <= steps; i++) {
        double part = steps > 0 ? (double)i / steps : 0;
        set(canvas, (int)lround(left + part * width), (int)lround(top + part * height), number);
    }
}

/* ---- text ---- */

static const uint8_t *glyph_of(uint32_t character)
{
    static const uint8_t box[CANVAS_TEXT_HEIGHT] = {0,    0,    0xf8, 0x88, 0x88, 0x88,
                                                    0x88, 0x88, 0x88, 0x88, 0xf8};

    if (character >= ' ' && character < 0x7f)
        return canvas_font[character - ' '];
    if (character > 0xa0 && character <= 0xff)
        return canvas_font[character - 0xa1 + 0x7f - ' '];
    return box;
}

/* The next character; those beyond Latin-1 are 0.  *at moves behind it. */
static uint32_t next_character(const char **at, const char *end)
{
    const unsigned char *bytes = (const unsigned char *)*at;
    size_t size = utf8_sequence(*at, end);

    *at += size > 0 ? size : 1;
    return size == 1                       ? bytes[0]
           : size == 2 && bytes[0] <= 0xc3 ? (uint32_t)(bytes[0] & 3) << 6 | (bytes[1] & 0x3f)
                                           : 0;
}

void cloudwatch_canvas_text(struct canvas *canvas, int x, int y, str text, uint32_t color, int scale)
{
    uint8_t number = number_of(canvas, color);
    const char *at = text.data, *end = text.data + text.size;

    for (; at < end && x < canvas->frame.right; x += CANVAS_TEXT_WIDTH * scale) {
        const uint8_t *rows = glyph_of(next_character(&at, end));
        for (int row = 0; row < CANVAS_TEXT_HEIGHT * scale; row++)
            for (int column = 0; column < CANVAS_TEXT_WIDTH * scale; column++)
                if (rows[row / scale] & (0x80 >> column / scale))
                    set(canvas, x + column, y + row, number);
    }
}

int cloudwatch_canvas_text_width(str text)
{
    int characters = 0;

    for (size_t i = 0; i < text.size; i++)
        characters += ((unsigned char)text.data[i] & 0xc0) != 0x80;
    return characters * CANVAS_TEXT_WIDTH;
}

/* ---- PNG ---- */

str cloudwatch_canvas_png(const struct canvas *canvas, struct arena *arena)
{
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = (png_uint_32)canvas->width,
                       .height = (png_uint_32)canvas->height,
                       .format = PNG_FORMAT_RGB_COLORMAP,
                       .flags = PNG_IMAGE_FLAG_FAST,
                       .colormap_entries = (png_uint_32)canvas->colors};
    png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
    char *bytes = arena_alloc(arena, size);

    if (!png_image_write_to_memory(&image, bytes, &size, 0, canvas->pixels, canvas->width, canvas->palette))
        return (str){0};
    return (str){bytes, size};
}
