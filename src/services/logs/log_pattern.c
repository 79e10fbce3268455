/*
 * log_pattern.c: parses patterns of terms, and matches messages with them.
 */
#include "log_pattern.h"

#include "log_automaton.h"

#include "base/list.h"
#include "base/text.h"

enum term_kind { TERM_REQUIRED, TERM_OPTIONAL, TERM_EXCLUDED };

struct term {
    enum term_kind kind;
    str text;
};
struct term_list {
    struct term *items;
    size_t count;
};

static str skip_spaces(str text)
{
    while (!str_empty(text) && (text.data[0] == ' ' || text.data[0] == '\t' || text.data[0] == '\n'))
        text = str_from(text, 1);
    return text;
}

/*
 * Cut a phrase off *rest, which begins with its quote.  Inside, a backslash before a quote makes it an
 * ordinary character.
 */
static bool take_phrase(struct arena *arena, str *rest, str *phrase)
{
    struct text text = text_in(arena);
    size_t i = 1;

    for (; i < rest->size && rest->data[i] != '"'; i++) {
        if (rest->data[i] == '\\' && i + 1 < rest->size &&
            (rest->data[i + 1] == '"' || rest->data[i + 1] == '\\'))
            i++;
        text_add_char(&text, rest->data[i]);
    }
    if (i == rest->size)
        return false;
    *phrase = text_str(&text);
    *rest = str_from(*rest, i + 1);
    return true;
}

/* Bytes above 7F are letters of other alphabets. */
static bool is_word_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || (unsigned char)c > 0x7f;
}

/* Any other character must be in quotes. */
static bool take_word(str *rest, str *word)
{
    size_t size = 0;

    while (size < rest->size && is_word_character(rest->data[size]))
        size++;
    *word = str_head(*rest, size);
    *rest = str_from(*rest, size);
    return size > 0;
}

static enum term_kind take_kind(str *rest)
{
    enum term_kind kind = rest->data[0] == '?'   ? TERM_OPTIONAL
                          : rest->data[0] == '-' ? TERM_EXCLUDED
                                                 : TERM_REQUIRED;

    if (kind != TERM_REQUIRED)
        *rest = str_from(*rest, 1);
    return kind;
}

static bool terms_parse(struct arena *arena, str rest, struct term_list *terms)
{
    for (rest = skip_spaces(rest); !str_empty(rest); rest = skip_spaces(rest)) {
        struct term term = {.kind = take_kind(&rest)};
        bool quoted = !str_empty(rest) && rest.data[0] == '"';

        if (!(quoted ? take_phrase(arena, &rest, &term.text) : take_word(&rest, &term.text)))
            return false;
        *list_add(arena, terms) = term;
    }
    return true;
}

static bool all_optional(const struct term_list *terms)
{
    for (size_t i = 0; i < terms->count; i++)
        if (terms->items[i].kind != TERM_OPTIONAL)
            return false;
    return true;
}

/* Every message contains the empty text, so it is not searched for. */
static void settle_empty_term(struct pattern *pattern, enum term_kind kind)
{
    pattern->never = pattern->never || kind == TERM_EXCLUDED;
    pattern->always = pattern->always || (kind == TERM_OPTIONAL && pattern->only_optional);
}

static void want(struct pattern *pattern, size_t number, enum term_kind kind)
{
    struct log_wanted *wanted = &pattern->wanted[number];

    if (kind == TERM_REQUIRED && !wanted->required)
        pattern->required++;
    wanted->required = wanted->required || kind == TERM_REQUIRED;
    wanted->optional = wanted->optional || kind == TERM_OPTIONAL;
    wanted->excluded = wanted->excluded || kind == TERM_EXCLUDED;
}

/* Beside other terms, optional ones have no effect, and are not searched for. */
static void compile(struct arena *arena, const struct term_list *terms, struct pattern *pattern)
{
    str *texts = arena_alloc(arena, (terms->count + 1) * sizeof *texts);
    enum term_kind *kinds = arena_alloc(arena, (terms->count + 1) * sizeof *kinds);
    size_t *numbers = arena_alloc(arena, (terms->count + 1) * sizeof *numbers);
    size_t count = 0;

    pattern->only_optional = all_optional(terms);
    pattern->always = terms->count == 0;
    for (size_t i = 0; i < terms->count; i++) {
        const struct term *term = &terms->items[i];
        if (str_empty(term->text)) {
            settle_empty_term(pattern, term->kind);
        } else if (term->kind != TERM_OPTIONAL || pattern->only_optional) {
            texts[count] = term->text;
            kinds[count++] = term->kind;
        }
    }
    pattern->automaton = logs_automaton_new(arena, texts, count, numbers);
    pattern->wanted = arena_alloc(arena, (count + 1) * sizeof *pattern->wanted);
    for (size_t i = 0; i < count; i++)
        want(pattern, numbers[i], kinds[i]);
}

bool logs_pattern_parse(struct arena *arena, str text, struct pattern *pattern, str *problem)
{
    char first = str_empty(skip_spaces(text)) ? ' ' : skip_spaces(text).data[0];
    struct term_list terms = {0};

    *pattern = (struct pattern){0};
    if (first == '{' || first == '[' || first == '%') {
        *problem = first == '{'
                       ? S("Orderly does not support JSON filter patterns yet; see docs/compatibility.md.")
                   : first == '[' ? S("Orderly does not support space-delimited filter patterns yet; see "
                                      "docs/compatibility.md.")
                                  : S("Orderly does not support regular expressions in filter patterns yet; "
                                      "see docs/compatibility.md.");
        return false;
    }
    if (terms_parse(arena, text, &terms)) {
        compile(arena, &terms, pattern);
        return true;
    }
    *problem = S("Invalid filter pattern");
    return false;
}

enum verdict { OPEN, MATCHES, DOES_NOT };

/*
 * Handle the texts that end in a state.  When this walk has found a text before, it has also found the texts
 * that the text ends with; so no text is handled twice, and the cost is that of the bytes and the texts.
 */
static enum verdict look(struct pattern *pattern, uint32_t state, size_t *missing)
{
    size_t number;

    for (uint32_t end = logs_automaton_end(pattern->automaton, state); end != LOG_AUTOMATON_START;) {
        end = logs_automaton_found(pattern->automaton, end, &number);
        struct log_wanted *wanted = &pattern->wanted[number];
        if (wanted->found == pattern->walks)
            return OPEN;
        wanted->found = pattern->walks;
        pattern->steps++;
        if (wanted->excluded)
            return DOES_NOT;
        if (wanted->optional)
            return MATCHES;
        (*missing)--;
    }
    return OPEN;
}

bool logs_pattern_matches(struct pattern *pattern, str message)
{
    uint32_t state = LOG_AUTOMATON_START;
    size_t missing = pattern->required;
    enum verdict verdict = pattern->never ? DOES_NOT : pattern->always ? MATCHES : OPEN;

    pattern->walks++;
    for (size_t i = 0; i < message.size && verdict == OPEN; i++) {
        pattern->steps++;
        state = logs_automaton_next(pattern->automaton, state, message.data[i]);
        verdict = look(pattern, state, &missing);
    }
    return verdict == OPEN ? missing == 0 && !pattern->only_optional : verdict == MATCHES;
}
