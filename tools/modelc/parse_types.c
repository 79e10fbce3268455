/*
 * parse_types.c: types and constraints, which are allowed wherever a shape's name is.
 */
#include "modelc.h"

static bool word_at(const struct line *line, size_t at, str text)
{
    return at < line->count && !line->items[at].quoted && str_equal(line->items[at].text, text);
}

static bool expect(struct model *model, const struct line *line, size_t *at, str text)
{
    if (!word_at(line, *at, text))
        return complain(model, line->number, "Expected '%.*s' here: list<T> or map<K, T>.", STR_ARGS(text));
    (*at)++;
    return true;
}

static str add_container(struct model *model, int line, enum kind kind, str key, str element)
{
    str name = kind == KIND_LIST
                   ? arena_format(model->arena, "list<%.*s>", STR_ARGS(element))
                   : arena_format(model->arena, "map<%.*s,%.*s>", STR_ARGS(key), STR_ARGS(element));

    if (!find_shape(model, name)) {
        struct shape_entry *shape = add_shape(model, name, line, kind);
        shape->key = key;
        shape->element = element;
    }
    return name;
}

str parse_type(struct model *model, const struct line *line, size_t *at)
{
    str key = {0}, element;

    if (*at >= line->count || line->items[*at].quoted) {
        complain(model, line->number, "A type is missing.");
        return (str){0};
    }
    str word = line->items[(*at)++].text;
    bool list = str_equal(word, S("list")), map = str_equal(word, S("map"));

    if ((!list && !map) || !word_at(line, *at, S("<")))
        return word;
    (*at)++;
    if (map && (!str_present(key = parse_type(model, line, at)) || !expect(model, line, at, S(","))))
        return (str){0};
    element = parse_type(model, line, at);
    if (!str_present(element) || !expect(model, line, at, S(">")))
        return (str){0};
    return add_container(model, line->number, list ? KIND_LIST : KIND_MAP, key, element);
}

/* "1..255", "0..", "..9" */
static bool parse_bounds(struct model *model, const struct line *line, str text, struct shape_entry *shape)
{
    ptrdiff_t dots = str_find(text, S(".."));
    str low = dots >= 0 ? str_head(text, (size_t)dots) : (str){0};
    str high = dots >= 0 ? str_from(text, (size_t)dots + 2) : (str){0};

    shape->has_min = low.size > 0;
    shape->has_max = high.size > 0;
    bool well = dots >= 0 && (shape->has_min || shape->has_max) &&
                (!shape->has_min || str_to_i64(low, &shape->min)) &&
                (!shape->has_max || str_to_i64(high, &shape->max));
    if (!well)
        return complain(model, line->number, "Bounds are written 1..255, 0.. or ..255, not \"%.*s\".",
                        STR_ARGS(text));
    if (shape->has_min && shape->has_max && shape->min > shape->max)
        return complain(model, line->number, "The bounds %.*s are the wrong way round.", STR_ARGS(text));
    return true;
}

static void check_range_fits(struct model *model, const struct line *line, const struct shape_entry *shape)
{
    if (shape->kind != KIND_INTEGER && shape->kind != KIND_DOUBLE)
        complain(model, line->number, "Only numbers have a range; texts, lists and maps have a length.");
}

static void check_length_fits(struct model *model, const struct line *line, const struct shape_entry *shape)
{
    if (is_scalar(shape->kind) || shape->kind == KIND_STRUCTURE)
        complain(model, line->number,
                 "Only texts, blobs, lists and maps have a length; numbers have a range.");
}

bool parse_constraint(struct model *model, const struct line *line, size_t *at, struct shape_entry *shape)
{
    bool range = word_at(line, *at, S("range")), length = word_at(line, *at, S("length"));
    bool pattern = word_at(line, *at, S("pattern"));

    if (word_at(line, *at, S("sensitive"))) {
        shape->sensitive = true;
        (*at)++;
        return true;
    }
    if (!range && !length && !pattern)
        return false;
    if (*at + 1 >= line->count) {
        complain(model, line->number, "\"%.*s\" needs a value.", STR_ARGS(line->items[*at].text));
        *at = line->count;
        return true;
    }
    str value = line->items[*at + 1].text;
    *at += 2;
    if (range)
        check_range_fits(model, line, shape);
    if (length)
        check_length_fits(model, line, shape);
    if (range || length)
        parse_bounds(model, line, value, shape);
    else if (shape->kind != KIND_STRING)
        complain(model, line->number, "Only strings have a pattern.");
    else
        shape->pattern = value;
    return true;
}
