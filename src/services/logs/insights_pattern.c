/*
 * insights_pattern.c: what varies in a text, by the form of its words.
 *
 * A word ends at white space and brackets, quotes, and "," ";" "=" "|".  It is one token if the whole of it
 * has a known form; otherwise each of its parts between ":" "/" "@" "?" "&" is looked at.
 */
#include "insights_pattern.h"

#include <stdlib.h>

enum { LONGEST_UNIT = 3, LONGEST_FORM = 40 };

/* ---- forms ---- */

/*
 * In a form "0" is one digit or more, "D" one digit, "X" one hexadecimal digit; "?" makes the rest optional.
 */
static const struct form {
    const char *name, *form;
} forms[] = {
    {"UUID", "XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX"},
    {"Timestamp", "DDDD-DD-DDTDD:DD:DD?Z"},
    {"Timestamp", "DDDD-DD-DDTDD:DD:DD.0?Z"},
    {"Timestamp", "DDDD-DD-DDTDD:DD:DD+DD:DD"},
    {"Timestamp", "DDDD-DD-DDTDD:DD:DD.0+DD:DD"},
    {"Date", "DDDD-DD-DD"},
    {"Date", "DDDD/DD/DD"},
    {"Time", "DD:DD:DD"},
    {"Time", "DD:DD:DD.0"},
    {"IPAddress", "0.0.0.0"},
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool char_fits(char form, char c)
{
    return form == 'D' || form == '0' ? is_digit(c) : form == 'X' ? is_hex(c) : form == c;
}

static bool has_form(str word, const char *form)
{
    size_t at = 0;

    for (; *form && *form != '?'; form++) {
        if (at == word.size || !char_fits(*form, word.data[at]))
            return false;
        at++;
        while (*form == '0' && at < word.size && is_digit(word.data[at]))
            at++;
    }
    if (*form == '?' && at < word.size)
        return has_form(str_from(word, at), form + 1);
    return at == word.size;
}

static const char *form_of(str word)
{
    for (size_t i = 0; word.size <= LONGEST_FORM && i < sizeof forms / sizeof *forms; i++)
        if (has_form(word, forms[i].form))
            return forms[i].name;
    return NULL;
}

/* The length of the number at its beginning, with a sign and a fraction; 0: there is no number. */
static size_t number_length(str part)
{
    size_t at = part.size > 1 && (part.data[0] == '-' || part.data[0] == '+');
    size_t first = at;

    while (at < part.size && is_digit(part.data[at]))
        at++;
    if (at == first)
        return 0;
    if (at + 1 < part.size && part.data[at] == '.' && is_digit(part.data[at + 1]))
        for (at++; at < part.size && is_digit(part.data[at]);)
            at++;
    return at;
}

/* "%", or a few letters: "ms". */
static bool is_unit(str text)
{
    if (str_equal(text, S("%")))
        return true;
    for (size_t i = 0; i < text.size; i++)
        if (!is_letter(text.data[i]))
            return false;
    return text.size <= LONGEST_UNIT;
}

static bool has_digit(str part)
{
    for (size_t i = 0; i < part.size; i++)
        if (is_digit(part.data[i]))
            return true;
    return false;
}

/* ---- the pattern of a text ---- */

struct pattern_writer {
    struct text text;
    unsigned tokens;
};

static void add_token(struct pattern_writer *writer, const char *name)
{
    text_format(&writer->text, "<%s-%u>", name, ++writer->tokens);
}

static void add_part(struct pattern_writer *writer, str part)
{
    size_t number = number_length(part);
    const char *form = form_of(part);

    if (form) {
        add_token(writer, form);
    } else if (number > 0 && is_unit(str_from(part, number))) {
        add_token(writer, "Number");
        text_add(&writer->text, str_from(part, number));
    } else if (has_digit(part)) {
        add_token(writer, "Token");
    } else {
        text_add(&writer->text, part);
    }
}

static bool ends_word(char c)
{
    return str_find(S(" \t\r\n\"'`()[]{}<>,;=|"), (str){&c, 1}) >= 0;
}

static bool ends_part(char c)
{
    return str_find(S(":/@?&"), (str){&c, 1}) >= 0;
}

/* A full stop behind a word belongs to the sentence. */
static str without_stop(str word)
{
    while (word.size > 0 && (word.data[word.size - 1] == '.' || word.data[word.size - 1] == ':'))
        word.size--;
    return word;
}

static void add_word(struct pattern_writer *writer, str word)
{
    str core = without_stop(word);
    const char *form = form_of(core);

    if (form)
        add_token(writer, form);
    for (size_t from = 0, at = 0; !form && at <= core.size; at++)
        if (at == core.size || ends_part(core.data[at])) {
            add_part(writer, str_head(str_from(core, from), at - from));
            if (at < core.size)
                text_add_char(&writer->text, core.data[at]);
            from = at + 1;
        }
    text_add(&writer->text, str_from(word, core.size));
}

/* The text's pattern: "Request time: <Number-1> ms". */
static str pattern_of(struct arena *arena, str text)
{
    struct pattern_writer writer = {.text = text_in(arena)};

    for (size_t from = 0, at = 0; at <= text.size; at++)
        if (at == text.size || ends_word(text.data[at])) {
            add_word(&writer, str_head(str_from(text, from), at - from));
            if (at < text.size)
                text_add_char(&writer.text, text.data[at]);
            from = at + 1;
        }
    return text_str(&writer.text);
}

/* ---- severity ---- */

static const struct {
    str word, label;
} levels[] = {
    {STR_INIT("fatal"), STR_INIT("Error")},     {STR_INIT("critical"), STR_INIT("Error")},
    {STR_INIT("error"), STR_INIT("Error")},     {STR_INIT("exception"), STR_INIT("Error")},
    {STR_INIT("warning"), STR_INIT("Warning")}, {STR_INIT("warn"), STR_INIT("Warning")},
    {STR_INIT("info"), STR_INIT("Info")},       {STR_INIT("debug"), STR_INIT("Debug")},
};

static str label_of(str word)
{
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        if (str_equal_nocase(word, levels[i].word))
            return levels[i].label;
    return (str){0};
}

/* "Error", "Warning", "Info" or "Debug", by the first word that is a level; or absent. */
static str severity_of(str pattern)
{
    size_t from = 0;

    for (size_t at = 0; at <= pattern.size; at++) {
        if (at < pattern.size && is_letter(pattern.data[at]))
            continue;
        str label = label_of(str_head(str_from(pattern, from), at - from));
        if (str_present(label))
            return label;
        from = at + 1;
    }
    return (str){0};
}

/* ---- counting ---- */

static struct insights_pattern *pattern_named(struct insights_patterns *patterns, str text)
{
    bool is_new;
    struct insights_entry *entry = logs_insights_entry(patterns->memory, &patterns->table, text, &is_new);

    if (is_new) {
        struct insights_pattern *made = logs_insights_keep(patterns->memory, sizeof *made);
        made->text = entry->key;
        *(patterns->last ? &patterns->last->next : &patterns->first) = made;
        patterns->last = entry->value = made;
    }
    return entry->value;
}

void logs_insights_pattern_take(struct insights_patterns *patterns, struct arena *arena, str text)
{
    pattern_named(patterns, pattern_of(arena, text))->count++;
    patterns->rows++;
}

void logs_insights_patterns_compare(struct insights_patterns *patterns,
                                    const struct insights_patterns *previous)
{
    for (const struct insights_pattern *one = previous->first; one; one = one->next)
        pattern_named(patterns, one->text)->previous = one->count;
}

static int compare_counts(const void *a, const void *b)
{
    const struct insights_pattern *left = *(struct insights_pattern *const *)a;
    const struct insights_pattern *right = *(struct insights_pattern *const *)b;

    if (left->count != right->count)
        return left->count < right->count ? 1 : -1;
    if (left->previous != right->previous)
        return left->previous < right->previous ? 1 : -1;
    return str_compare(left->text, right->text);
}

void logs_insights_patterns_sort(struct insights_patterns *patterns)
{
    size_t count = 0;

    patterns->sorted =
        logs_insights_keep(patterns->memory, (patterns->table.count + 1) * sizeof *patterns->sorted);
    if (patterns->memory->full)
        return;
    for (struct insights_pattern *one = patterns->first; one; one = one->next)
        patterns->sorted[count++] = one;
    qsort(patterns->sorted, count, sizeof *patterns->sorted, compare_counts);
}

/* "New pattern", "50% increase", … */
static str difference_of(struct arena *arena, const struct insights_pattern *pattern)
{
    double before = (double)pattern->previous, change = (double)pattern->count - before;

    if (pattern->previous == 0)
        return S("New pattern");
    if (change == 0)
        return S("No change");
    return arena_format(arena, "%.0f%% %s", 100 * (change < 0 ? -change : change) / before,
                        change < 0 ? "decrease" : "increase");
}

void logs_insights_pattern_row(const struct insights_patterns *patterns,
                               const struct insights_command *command, const struct insights_pattern *pattern,
                               struct insights_evaluation *evaluation)
{
    double all = (double)patterns->rows, count = (double)pattern->count;
    const struct insights_value values[] = {
        logs_insights_text(pattern->text),
        logs_insights_number(all > 0 ? count / all : 0),
        logs_insights_number(count),
        logs_insights_text(severity_of(pattern->text)),
        logs_insights_number(count - (double)pattern->previous),
        logs_insights_text(difference_of(evaluation->arena, pattern)),
    };

    for (size_t i = 0; i < command->columns.count; i++)
        evaluation->row->slots[command->columns.items[i].slot] = values[i];
}
