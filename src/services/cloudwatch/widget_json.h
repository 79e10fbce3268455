#pragma once

/*
 * widget_json.h: reads the objects of a widget's JSON by tables of their members.
 *
 *     static const struct widget_member members[] = {
 *         {STR_INIT("title"), cloudwatch_widget_text, offsetof(struct widget, title)},
 *         {STR_INIT("legend"), read_legend, offsetof(struct widget, legend)},
 *     };
 *     if (!cloudwatch_widget_object(&reader, S(""), value, members, 2, &widget))
 *         return reader.problem;    "/title: Should be string"
 *
 * To add a kind of member, write a function of the type widget_member_reader.
 */
#include "base/arena.h"
#include "base/str.h"

#include <stddef.h>

struct call;
struct json;

struct widget_reader {
    const struct call *call;
    struct arena *arena;
    str problem; /* the first one; absent: all is well */
};

/* Reads the value at that path to its place.  False: the reader has a problem. */
typedef bool widget_member_reader(struct widget_reader *reader, str path, const struct json *value, void *to);

struct widget_member {
    str name;
    widget_member_reader *read;
    size_t offset; /* of its place in what the object is read to */
};

/* Read an object.  False: it has something wrong, or a member that the table does not have. */
bool cloudwatch_widget_object(struct widget_reader *reader, str path, const struct json *value,
                              const struct widget_member *members, size_t count, void *to);
/* Remember what is wrong with the value at a path; returns false. */
bool cloudwatch_widget_complain(struct widget_reader *reader, str path, const char *message);

/* Each with the type of its place. */
widget_member_reader cloudwatch_widget_text;      /* str */
widget_member_reader cloudwatch_widget_flag;      /* bool */
widget_member_reader cloudwatch_widget_real;      /* double */
widget_member_reader cloudwatch_widget_color;     /* const uint32_t *; "#rrggbb" */
widget_member_reader cloudwatch_widget_period;    /* int64_t; seconds, up to a day */
widget_member_reader cloudwatch_widget_axis_name; /* int; "left" or "right" */
widget_member_reader cloudwatch_widget_region;    /* any: it can only be the call's own, and is not kept */

/* widget_time.c */
widget_member_reader cloudwatch_widget_time; /* int64_t; milliseconds: a moment, or a duration before now */
widget_member_reader cloudwatch_widget_zone; /* int64_t; milliseconds: "+hhmm" */

/* widget_marks.c */
widget_member_reader cloudwatch_widget_annotations; /* struct widget */

/* widget_json.c, for functions of that type: */
/* A whole number within bounds. */
bool cloudwatch_widget_integer(struct widget_reader *reader, str path, const struct json *value,
                               int64_t least, int64_t most, int64_t *number);
/* One of some words; *choice is its place among them. */
bool cloudwatch_widget_choice(struct widget_reader *reader, str path, const struct json *value,
                              const str *words, size_t count, int *choice);
/* The text is `own`: what belongs to other accounts and regions is not drawn. */
bool cloudwatch_widget_own(struct widget_reader *reader, str path, const struct json *value, str own);
