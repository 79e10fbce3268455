/*
 * timeline.c: columns, and ARNs in plain words.
 */
#include "orders/cli/timeline.h"

#include "orders/cli/printed.h"
#include "orders/cli/way.h"

#include "aws/arn.h"
#include "base/text.h"
#include "cli/output.h"

#include <ctype.h>
#include <string.h>

enum { INDENT = 2, NOTE_INDENT = 14, SHORT_MS = 10000, MS_PER_S = 1000, REASON_BYTES = 600 };

/* ---- names ---- */

/* How an ARN's resource begins, and the noun for it. */
static const struct {
    str service, prefix, noun;
} NOUNS[] = {
    {STR_INIT("sns"), STR_INIT(""), STR_INIT("topic")},
    {STR_INIT("sqs"), STR_INIT(""), STR_INIT("queue")},
    {STR_INIT("lambda"), STR_INIT("function:"), STR_INIT("function")},
    {STR_INIT("dynamodb"), STR_INIT("table/"), STR_INIT("table")},
    {STR_INIT("logs"), STR_INIT("log-group:"), STR_INIT("log group")},
    {STR_INIT("iam"), STR_INIT("role/"), STR_INIT("role")},
    {STR_INIT("sts"), STR_INIT("assumed-role/"), STR_INIT("role")},
};

str timeline_name(struct arena *arena, str text)
{
    struct arn arn;
    str name;

    if (!arn_parse(text, &arn))
        return text;
    for (size_t i = 0; i < sizeof NOUNS / sizeof *NOUNS; i++) {
        if (!str_equal(arn.service, NOUNS[i].service) || !str_starts_with(arn.resource, NOUNS[i].prefix))
            continue;
        str rest = str_from(arn.resource, NOUNS[i].prefix.size);
        if (!str_equal(arn.service, S("sts")) ||
            !str_next(&rest, '/', &name)) /* the name of a session is left out */
            name = rest;
        return arena_concat(arena, NOUNS[i].noun, S(" "), name);
    }
    return text;
}

static bool ends_arn(char c)
{
    return isspace((unsigned char)c) || strchr("\"',;()[]{}", c);
}

/* The size of the ARN at the beginning of the text, without a full stop or colon of the sentence after it. */
static size_t arn_size(str text)
{
    size_t size = 0;

    while (size < text.size && !ends_arn(text.data[size]))
        size++;
    while (size > 0 && strchr(".:", text.data[size - 1]))
        size--;
    return size;
}

static str with_names(struct arena *arena, str text)
{
    struct text named = text_in(arena);

    for (ptrdiff_t at; (at = str_find(text, S("arn:"))) >= 0;) {
        str arn = str_from(text, (size_t)at);
        arn = str_head(arn, arn_size(arn));
        text_add(&named, str_head(text, (size_t)at));
        text_add(&named, timeline_name(arena, arn));
        text = str_from(text, (size_t)at + arn.size);
    }
    text_add(&named, text);
    return text_str(&named);
}

/* The reason without the JSON that the function printed. */
static str without_json(struct arena *arena, str reason)
{
    str before, why = json_get_str(printed_json(arena, reason, &before), S("reason"));

    return str_present(why) ? arena_concat(arena, before, S(": "), why) : reason;
}

str timeline_sentence(struct arena *arena, str reason)
{
    reason = without_json(arena, reason);
    bool cut = reason.size > REASON_BYTES;
    str text = with_names(arena, str_trim(str_head_whole(reason, REASON_BYTES)));

    if (str_empty(text))
        return text;
    char first = (char)toupper((unsigned char)text.data[0]);
    const char *end = cut ? "…" : strchr(".!?", text.data[text.size - 1]) ? "" : ".";
    return arena_concat(arena, (str){&first, 1}, str_from(text, 1), str_of(end));
}

/* ---- columns ---- */

enum column { AFTER, STEP, WHERE, ATTEMPT, TOOK, VERDICT, COLUMNS };

static const str HEAD[COLUMNS] = {STR_INIT("after"),   STR_INIT("step"), STR_INIT("where"),
                                  STR_INIT("attempt"), STR_INIT("took"), STR_INIT("verdict")};
static const bool RIGHT[COLUMNS] = {[AFTER] = true, [ATTEMPT] = true, [TOOK] = true};

str timeline_time(struct arena *arena, int64_t ms)
{
    return ms < SHORT_MS ? arena_format(arena, "%lld ms", (long long)ms)
                         : arena_format(arena, "%.1f s", (double)ms / MS_PER_S);
}

static str number_text(struct arena *arena, int64_t number)
{
    return number > 0 ? arena_format(arena, "%lld", (long long)number) : S("");
}

static str clean(struct arena *arena, str text)
{
    return str_present(text) ? output_text(arena, text) : S("");
}

static void fill_row(struct arena *arena, const struct way *way, size_t at, str *cells)
{
    const struct way_step *step = &way->steps.items[at];

    cells[AFTER] = timeline_time(arena, step->at_ms - way->steps.items[0].at_ms);
    cells[STEP] = clean(arena, step->name);
    cells[WHERE] = clean(arena, timeline_name(arena, step->resource));
    cells[ATTEMPT] = number_text(arena, step->attempt);
    cells[TOOK] = step->took_ms > 0 ? timeline_time(arena, step->took_ms) : S("");
    cells[VERDICT] = clean(arena, step->verdict);
}

void timeline_print(struct arena *arena, const struct way *way)
{
    size_t rows = way->steps.count + 1;
    str *cells = arena_alloc(arena, rows * COLUMNS * sizeof *cells);
    str *notes = arena_alloc(arena, rows * sizeof *notes);

    for (size_t column = 0; column < COLUMNS; column++)
        cells[column] = HEAD[column];
    notes[0] = (str){0};
    for (size_t i = 0; i < way->steps.count; i++) {
        str reason = way->steps.items[i].reason;
        fill_row(arena, way, i, &cells[(i + 1) * COLUMNS]);
        notes[i + 1] = str_present(reason) ? timeline_sentence(arena, reason) : (str){0};
    }
    output_print_table(arena, &(struct output_table){.columns = COLUMNS,
                                                     .rows = rows,
                                                     .cells = cells,
                                                     .right = RIGHT,
                                                     .notes = notes,
                                                     .indent = INDENT,
                                                     .note_indent = NOTE_INDENT});
}
