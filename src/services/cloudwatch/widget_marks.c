/*
 * widget_marks.c: the annotations of a widget: values and moments, and bands between two of them.
 */
#include "widget.h"
#include "widget_json.h"

#include "wire/json.h"

#include <math.h>

enum { MOST_MARKS = 100 };

static bool read_moment(struct widget_reader *reader, str path, const struct json *value, void *to)
{
    int64_t ms;

    if (!cloudwatch_widget_time(reader, path, value, &ms))
        return false;
    *(double *)to = (double)ms;
    return true;
}

static bool read_fill(struct widget_reader *reader, str path, const struct json *value, void *to)
{
    static const struct {
        str names[5];
        enum widget_fill fills[5];
    } known = {
        {STR_INIT("none"), STR_INIT("above"), STR_INIT("below"), STR_INIT("after"), STR_INIT("before")},
        {WIDGET_FILL_NONE, WIDGET_FILL_FORWARD, WIDGET_FILL_BACKWARD, WIDGET_FILL_FORWARD,
         WIDGET_FILL_BACKWARD}};
    int choice = 0;
    bool good = cloudwatch_widget_choice(reader, path, value, known.names,
                                         sizeof known.names / sizeof *known.names, &choice);

    *(enum widget_fill *)to = known.fills[choice];
    return good;
}

#define MARK(name, read, member)                                                                             \
    {                                                                                                        \
        STR_INIT(name), read, offsetof(struct widget_mark, member)                                           \
    }
#define MARK_MEMBERS                                                                                         \
    MARK("label", cloudwatch_widget_text, label), MARK("color", cloudwatch_widget_color, color),             \
        MARK("visible", cloudwatch_widget_flag, visible), MARK("fill", read_fill, fill)

static const struct widget_member horizontal[] = {MARK("value", cloudwatch_widget_real, value), MARK_MEMBERS,
                                                  MARK("yAxis", cloudwatch_widget_axis_name, axis)};
static const struct widget_member vertical[] = {MARK("value", read_moment, value), MARK_MEMBERS};

/* The members that the annotations of one direction have. */
struct direction {
    const struct widget_member *members;
    size_t count;
};

static bool read_end(struct widget_reader *reader, str path, const struct json *value,
                     const struct direction *direction, struct widget_mark *mark)
{
    *mark = (struct widget_mark){.value = NAN, .visible = true};
    return cloudwatch_widget_object(reader, path, value, direction->members, direction->count, mark) &&
           (!isnan(mark->value) ||
            cloudwatch_widget_complain(reader, path, "Should have required property 'value'"));
}

/* An object, or an array of two: a band. */
static bool read_mark(struct widget_reader *reader, str path, const struct json *value,
                      const struct direction *direction, struct widget_mark *mark)
{
    struct widget_mark second;

    if (!json_is(value, JSON_ARRAY))
        return read_end(reader, path, value, direction, mark);
    if (value->count != 2)
        return cloudwatch_widget_complain(reader, path, "A band should have 2 items");
    if (!read_end(reader, path, &value->items[0], direction, mark) ||
        !read_end(reader, path, &value->items[1], direction, &second))
        return false;
    mark->is_band = true;
    mark->other = second.value;
    mark->other_label = second.label;
    return true;
}

static bool read_marks(struct widget_reader *reader, str path, const struct json *value,
                       const struct direction *direction, struct widget_mark_list *marks)
{
    if (!json_is(value, JSON_ARRAY) || value->count > MOST_MARKS)
        return cloudwatch_widget_complain(reader, path, "Should be array of at most 100 items");
    for (uint32_t i = 0; i < value->count; i++)
        if (!read_mark(reader, arena_format(reader->arena, "%.*s/%u", STR_ARGS(path), i), &value->items[i],
                       direction, list_add(reader->arena, marks)))
            return false;
    return true;
}

static bool read_horizontal(struct widget_reader *reader, str path, const struct json *value, void *to)
{
    const struct direction direction = {horizontal, sizeof horizontal / sizeof *horizontal};

    return read_marks(reader, path, value, &direction, to);
}

static bool read_vertical(struct widget_reader *reader, str path, const struct json *value, void *to)
{
    const struct direction direction = {vertical, sizeof vertical / sizeof *vertical};

    return read_marks(reader, path, value, &direction, to);
}

bool cloudwatch_widget_annotations(struct widget_reader *reader, str path, const struct json *value, void *to)
{
    static const struct widget_member members[] = {
        {STR_INIT("horizontal"), read_horizontal, offsetof(struct widget, horizontal)},
        {STR_INIT("vertical"), read_vertical, offsetof(struct widget, vertical)}};

    return cloudwatch_widget_object(reader, path, value, members, sizeof members / sizeof *members, to);
}
