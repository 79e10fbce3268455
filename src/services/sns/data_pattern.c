/*
 * data_pattern.c: the regular expressions of data identifiers, searched in time linear in the text.
 *
 * All partial matches advance together, one character at a time; of those at the same step, only the one that
 * began first is kept, because it covers the others.
 */
#include "services/sns/data_pattern.h"

#include "base/text.h"

#include <string.h>

enum { MAX_STEPS = 500, ASCII = 128 };

/* The characters that a step takes. */
struct set {
    bool ascii[ASCII];
    bool others;
};

struct step {
    struct set set;
    bool optional, repeats;
};

struct branch {
    struct step *items;
    size_t count;
    bool at_start, at_end; /* of the text */
};

struct data_pattern {
    struct branch *items;
    size_t count;
    size_t steps;
};

/* ---- parsing ---- */

struct parser {
    struct arena *arena;
    str text;
    size_t at;
    struct data_pattern *pattern;
};

static char peek(const struct parser *parser)
{
    return parser->at < parser->text.size ? parser->text.data[parser->at] : 0;
}

static bool take(struct parser *parser, char c)
{
    bool there = c && peek(parser) == c;

    parser->at += there;
    return there;
}

static void add_range(struct set *set, unsigned first, unsigned last)
{
    for (unsigned c = first; c <= last && c < ASCII; c++)
        set->ascii[c] = true;
}

static void invert(struct set *set)
{
    for (size_t c = 0; c < ASCII; c++)
        set->ascii[c] = !set->ascii[c];
    set->others = !set->others;
}

/* \d, \w, \s and their opposites.  False: no such class. */
static bool add_class(struct set *set, char letter)
{
    struct set class = {0};
    char lower = char_lower(letter);

    if (lower == 'd' || lower == 'w')
        add_range(&class, '0', '9');
    if (lower == 'w') {
        add_range(&class, 'a', 'z');
        add_range(&class, 'A', 'Z');
        add_range(&class, '_', '_');
    }
    if (lower == 's') {
        add_range(&class, '\t', '\r');
        add_range(&class, ' ', ' ');
    }
    if (lower != 'd' && lower != 'w' && lower != 's')
        return false;
    if (letter != lower)
        invert(&class);
    for (size_t c = 0; c < ASCII; c++)
        set->ascii[c] |= class.ascii[c];
    set->others |= class.others;
    return true;
}

static bool is_alphanumeric(char c)
{
    return (c >= '0' && c <= '9') || (char_lower(c) >= 'a' && char_lower(c) <= 'z');
}

/* Behind a backslash: a class, or a character that is neither a letter nor a digit. */
static bool escape_read(struct parser *parser, struct set *set, char *single)
{
    char c = peek(parser);

    *single = 0;
    parser->at++;
    if (add_class(set, c))
        return true;
    *single = c;
    return c && !is_alphanumeric(c);
}

/* A character of a class, or a whole class (*single is 0). */
static bool class_item_read(struct parser *parser, struct set *set, char *single)
{
    if (take(parser, '\\'))
        return escape_read(parser, set, single);
    *single = peek(parser);
    parser->at++;
    return *single != 0 && *single != '[';
}

/* Behind the opening bracket. */
static bool class_read(struct parser *parser, struct set *set)
{
    bool inverted = take(parser, '^'), empty = true;

    while (!take(parser, ']')) {
        char first, last;
        if (!class_item_read(parser, set, &first))
            return false;
        last = first;
        if (first && peek(parser) == '-' && parser->at + 1 < parser->text.size &&
            parser->text.data[parser->at + 1] != ']') {
            parser->at++;
            if (!class_item_read(parser, set, &last) || last < first)
                return false;
        }
        if (first)
            add_range(set, (unsigned char)first, (unsigned char)last);
        empty = false;
    }
    if (inverted)
        invert(set);
    return !empty;
}

static bool set_read(struct parser *parser, struct set *set)
{
    char c = peek(parser), single;

    parser->at++;
    if (c == '[')
        return class_read(parser, set);
    if (c == '.') {
        add_range(set, '\n', '\n');
        invert(set);
        return true;
    }
    if (c == '\\') {
        bool fine = escape_read(parser, set, &single);
        if (fine && single)
            add_range(set, (unsigned char)single, (unsigned char)single);
        return fine;
    }
    add_range(set, (unsigned char)c, (unsigned char)c);
    return c && !strchr("^$?]{}*+()|", c);
}

static bool number_read(struct parser *parser, size_t *number)
{
    size_t digits = 0;

    for (*number = 0; peek(parser) >= '0' && peek(parser) <= '9' && *number <= MAX_STEPS;
         digits++, parser->at++)
        *number = *number * 10 + (size_t)(peek(parser) - '0');
    return digits > 0 && *number <= MAX_STEPS;
}

/* How often a step may be taken. */
struct repetition {
    size_t least, most;
    bool endless;
};

static bool braces_read(struct parser *parser, struct repetition *repetition)
{
    if (!number_read(parser, &repetition->least))
        return false;
    repetition->most = repetition->least;
    if (take(parser, ',')) {
        repetition->endless = peek(parser) == '}';
        if (!repetition->endless && !number_read(parser, &repetition->most))
            return false;
    }
    return take(parser, '}') && repetition->most >= repetition->least && repetition->most > 0;
}

/* A lazy repetition finds the same places. */
static bool repetition_read(struct parser *parser, struct repetition *repetition)
{
    *repetition = (struct repetition){1, 1, false};
    if (take(parser, '*'))
        *repetition = (struct repetition){0, 1, true};
    else if (take(parser, '+'))
        *repetition = (struct repetition){1, 1, true};
    else if (take(parser, '?'))
        *repetition = (struct repetition){0, 1, false};
    else if (take(parser, '{')) {
        if (!braces_read(parser, repetition))
            return false;
    } else {
        return true;
    }
    take(parser, '?');
    return true;
}

static bool step_read(struct parser *parser, struct branch *branch)
{
    struct set set = {0};
    struct repetition repetition;

    if (!set_read(parser, &set) || !repetition_read(parser, &repetition))
        return false;
    size_t steps = repetition.most > 0 ? repetition.most : 1;
    for (size_t i = 0; i < steps; i++) {
        if (++parser->pattern->steps > MAX_STEPS)
            return false;
        *list_add(parser->arena, branch) = (struct step){
            .set = set, .optional = i >= repetition.least, .repeats = repetition.endless && i + 1 == steps};
    }
    return true;
}

static bool branch_read(struct parser *parser, struct branch *branch)
{
    branch->at_start = take(parser, '^');
    while (parser->at < parser->text.size && peek(parser) != '|' && peek(parser) != '$')
        if (!step_read(parser, branch))
            return false;
    branch->at_end = take(parser, '$');
    return branch->count > 0 && (parser->at == parser->text.size || peek(parser) == '|');
}

const struct data_pattern *sns_data_pattern_parse(struct arena *arena, str text)
{
    struct data_pattern *pattern = arena_new(arena, struct data_pattern);
    struct parser parser = {.arena = arena, .text = text, .pattern = pattern};

    do {
        if (!branch_read(&parser, list_add(arena, pattern)))
            return NULL;
    } while (take(&parser, '|'));
    return pattern;
}

/* ---- searching ---- */

static const size_t nowhere = SIZE_MAX;

/* Where the partial match before each step began; the last one is complete. */
struct search {
    const struct branch *branch;
    size_t *begun, *next;
};

static void reach(size_t *begun, size_t start)
{
    if (start < *begun)
        *begun = start;
}

static bool takes(const struct set *set, unsigned char c)
{
    return c < ASCII ? set->ascii[c] : set->others;
}

/*
 * Begin a match at that position, and leave out what is optional.  Returns where a match that ends here
 * began.
 */
static size_t arrive(const struct search *search, size_t at, size_t size)
{
    const struct branch *branch = search->branch;

    if (!branch->at_start || at == 0)
        reach(&search->begun[0], at);
    for (size_t i = 0; i < branch->count; i++)
        if (branch->items[i].optional && search->begun[i] != nowhere)
            reach(&search->begun[i + 1], search->begun[i]);
    return branch->at_end && at < size ? nowhere : search->begun[branch->count];
}

static void advance(struct search *search, unsigned char c)
{
    const struct branch *branch = search->branch;
    size_t *before = search->begun;

    for (size_t i = 0; i <= branch->count; i++)
        search->next[i] = nowhere;
    for (size_t i = 0; i < branch->count; i++) {
        if (before[i] == nowhere || !takes(&branch->items[i].set, c))
            continue;
        reach(&search->next[i + 1], before[i]);
        if (branch->items[i].repeats)
            reach(&search->next[i], before[i]);
    }
    search->begun = search->next;
    search->next = before;
}

static void add(struct findings *findings, size_t start, size_t end)
{
    if (start >= end) /* nothing was found, or nothing is what was found */
        return;
    while (findings->count > 0 && findings->items[findings->count - 1].end > start) {
        if (findings->items[findings->count - 1].start < start)
            start = findings->items[findings->count - 1].start;
        findings->count--;
    }
    *list_add(findings->arena, findings) = (struct finding){start, end};
}

static struct search search_begin(struct arena *arena, const struct branch *branch)
{
    struct search search = {.branch = branch,
                            .begun = arena_alloc(arena, (branch->count + 1) * sizeof *search.begun),
                            .next = arena_alloc(arena, (branch->count + 1) * sizeof *search.next)};

    for (size_t i = 0; i <= branch->count; i++)
        search.begun[i] = nowhere;
    return search;
}

void sns_data_pattern_find(const struct data_pattern *pattern, str text, struct findings *findings)
{
    struct search *searches = arena_alloc(findings->arena, pattern->count * sizeof *searches);

    for (size_t i = 0; i < pattern->count; i++)
        searches[i] = search_begin(findings->arena, &pattern->items[i]);
    for (size_t at = 0, size; at <= text.size; at += size) {
        for (size_t i = 0; i < pattern->count; i++)
            add(findings, arrive(&searches[i], at, text.size), at);
        size = str_character_size(text, at);
        if (size == 0)
            break;
        for (size_t i = 0; i < pattern->count; i++)
            advance(&searches[i], (unsigned char)text.data[at]);
    }
}

/* Of the matches that end at the end of the text, the one that begins first is known. */
static bool branch_matches(struct arena *arena, const struct branch *branch, str text)
{
    struct search search = search_begin(arena, branch);
    size_t at = 0, size;

    while ((size = str_character_size(text, at)) > 0) {
        arrive(&search, at, text.size);
        advance(&search, (unsigned char)text.data[at]);
        at += size;
    }
    return arrive(&search, at, text.size) == 0;
}

bool sns_data_pattern_matches(struct arena *arena, const struct data_pattern *pattern, str text)
{
    for (size_t i = 0; i < pattern->count; i++)
        if (branch_matches(arena, &pattern->items[i], text))
            return true;
    return false;
}
