/*
 * insights_match.c: texts, globs and regular expressions.
 *
 * Regular expressions are PCRE2's, and the number of steps of one match is bounded: AWS's engine needs no
 * such bound, so a query that reaches it fails, instead of missing a row.  An expression without operators is
 * searched for as a text.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "insights_program.h"

#include "base/list.h"

#include <pcre2.h>
#include <string.h>

enum { MOST_STEPS = 200000, MOST_DEPTH = 20000, MOST_HEAP_KIB = 4096, LONGEST_MESSAGE = 256 };

struct insights_matcher {
    const pcre2_code *code; /* NULL: a text, or a glob */
    pcre2_match_data *match;
    pcre2_match_context *context;
    struct insights_texts pieces; /* of a glob, the texts around its stars; of a text, itself */
    struct insights_texts names;  /* of the parts */
};

/* ---- memory of PCRE2: the query's ---- */

static void *take_memory(size_t size, void *arena)
{
    return arena_resize_loose(arena, NULL, size);
}

static void free_memory(void *memory, void *arena)
{
    if (memory)
        arena_free_loose(arena, memory);
}

/* ---- texts and globs ---- */

const struct insights_matcher *logs_insights_match_text(struct arena *arena, str text)
{
    struct insights_matcher *matcher = arena_new(arena, struct insights_matcher);

    *list_add(arena, &matcher->pieces) = text;
    return matcher;
}

const struct insights_matcher *logs_insights_match_glob(struct arena *arena, str glob)
{
    struct insights_matcher *matcher = arena_new(arena, struct insights_matcher);
    size_t begin = 0;

    for (size_t i = 0; i <= glob.size; i++) {
        if (i < glob.size && glob.data[i] != '*')
            continue;
        *list_add(arena, &matcher->pieces) = str_head(str_from(glob, begin), i - begin);
        begin = i + 1;
        if (i < glob.size)
            *list_add(arena, &matcher->names) = (str){0};
    }
    return matcher;
}

static str text_from(str text, size_t from, size_t end)
{
    return str_head(str_from(text, from), end - from);
}

/* Each star takes as little as possible, and one at the end the rest. */
static bool match_pieces(const struct insights_texts *pieces, str text, str *parts)
{
    size_t begin = 0;

    for (size_t i = 0; i < pieces->count; i++) {
        str piece = pieces->items[i];
        bool rest = i > 0 && i + 1 == pieces->count && str_empty(piece);
        ptrdiff_t found = rest ? (ptrdiff_t)(text.size - begin) : str_find(str_from(text, begin), piece);
        if (found < 0)
            return false;
        if (i > 0 && parts)
            parts[i - 1] = text_from(text, begin, begin + (size_t)found);
        begin += (size_t)found + piece.size;
    }
    return true;
}

/* ---- regular expressions ---- */

static bool is_plain(str regex)
{
    for (size_t i = 0; i < regex.size; i++)
        if (strchr("\\^$.|?*+()[]{}", regex.data[i]))
            return false;
    return regex.size > 0;
}

static str error_text(struct arena *arena, int error, size_t offset)
{
    char *text = arena_alloc(arena, LONGEST_MESSAGE);

    pcre2_get_error_message(error, (PCRE2_UCHAR *)text, LONGEST_MESSAGE);
    return arena_format(arena, "invalid regular expression: %s at position %zu", text, offset + 1);
}

/* The parts are its groups: named ones have their names. */
static void name_parts(struct arena *arena, struct insights_matcher *matcher)
{
    uint32_t groups = 0, named = 0, entry_size = 0;
    PCRE2_SPTR entry = NULL;

    pcre2_pattern_info(matcher->code, PCRE2_INFO_CAPTURECOUNT, &groups);
    pcre2_pattern_info(matcher->code, PCRE2_INFO_NAMECOUNT, &named);
    pcre2_pattern_info(matcher->code, PCRE2_INFO_NAMEENTRYSIZE, &entry_size);
    pcre2_pattern_info(matcher->code, PCRE2_INFO_NAMETABLE, &entry);
    for (uint32_t i = 0; i < groups; i++)
        *list_add(arena, &matcher->names) = (str){0};
    for (uint32_t i = 0; i < named; i++, entry += entry_size) {
        size_t group = (size_t)entry[0] << 8 | entry[1];
        matcher->names.items[group - 1] = arena_copy(arena, str_of((const char *)entry + 2));
    }
}

const struct insights_matcher *logs_insights_match_regex(struct arena *arena, str regex, str *problem)
{
    pcre2_general_context *memory;
    PCRE2_SIZE offset;
    int error;

    if (is_plain(regex))
        return logs_insights_match_text(arena, regex);
    struct insights_matcher *matcher = arena_new(arena, struct insights_matcher);
    memory = pcre2_general_context_create(take_memory, free_memory, arena);
    pcre2_compile_context *compiling = pcre2_compile_context_create(memory);
    matcher->code = pcre2_compile((PCRE2_SPTR)regex.data, regex.size,
                                  PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C, &error,
                                  &offset, compiling);
    if (!matcher->code) {
        *problem = error_text(arena, error, offset);
        return NULL;
    }
    matcher->match = pcre2_match_data_create_from_pattern(matcher->code, memory);
    matcher->context = pcre2_match_context_create(memory);
    pcre2_set_match_limit(matcher->context, MOST_STEPS);
    pcre2_set_depth_limit(matcher->context, MOST_DEPTH);
    pcre2_set_heap_limit(matcher->context, MOST_HEAP_KIB);
    name_parts(arena, matcher);
    return matcher;
}

static bool match_regex(const struct insights_matcher *matcher, struct insights_evaluation *evaluation,
                        str text, str *parts)
{
    const PCRE2_SIZE *places = pcre2_get_ovector_pointer(matcher->match);
    int found =
        pcre2_match(matcher->code, (PCRE2_SPTR)text.data, text.size, 0, 0, matcher->match, matcher->context);

    evaluation->failed = evaluation->failed || (found < 0 && found != PCRE2_ERROR_NOMATCH);
    for (int i = 1; parts && i < found; i++)
        if (places[2 * (size_t)i] != PCRE2_UNSET)
            parts[i - 1] = text_from(text, places[2 * (size_t)i], places[2 * (size_t)i + 1]);
    return found >= 0;
}

/* ---- both ---- */

size_t logs_insights_part_count(const struct insights_matcher *matcher)
{
    return matcher->names.count;
}

str logs_insights_part_name(const struct insights_matcher *matcher, size_t part)
{
    return matcher->names.items[part];
}

bool logs_insights_matches(const struct insights_matcher *matcher, struct insights_evaluation *evaluation,
                           str text, str *parts)
{
    return matcher->code ? match_regex(matcher, evaluation, text, parts)
                         : match_pieces(&matcher->pieces, text, parts);
}
