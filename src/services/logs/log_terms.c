/*
 * log_terms.c: parses patterns of terms, and matches messages with them.
 */
#include "log_terms.h"

#include "log_automaton.h"
#include "log_condition.h"

#include "base/list.h"

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
    while (!str_empty(text) && char_is_space(text.data[0]))
        text = str_from(text, 1);
    return text;
}

/* Any other character must be in quotes. */
static bool take_word(str *rest, str *word)
{
    size_t size = 0;

    while (size < rest->size && logs_is_word_character(rest->data[size]))
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

        if (!(quoted ? logs_take_phrase(arena, &rest, &term.text) : take_word(&rest, &term.text)))
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
static void settle_empty_term(struct log_terms *terms, enum term_kind kind)
{
    terms->never = terms->never || kind == TERM_EXCLUDED;
    terms->always = terms->always || (kind == TERM_OPTIONAL && terms->only_optional);
}

static void want(struct log_terms *terms, size_t number, enum term_kind kind)
{
    struct log_wanted *wanted = &terms->wanted[number];

    if (kind == TERM_REQUIRED && !wanted->required)
        terms->required++;
    wanted->required = wanted->required || kind == TERM_REQUIRED;
    wanted->optional = wanted->optional || kind == TERM_OPTIONAL;
    wanted->excluded = wanted->excluded || kind == TERM_EXCLUDED;
}

/* Beside other terms, optional ones have no effect, and are not searched for. */
static void compile(struct arena *arena, const struct term_list *list, struct log_terms *terms)
{
    str *texts = arena_alloc(arena, (list->count + 1) * sizeof *texts);
    enum term_kind *kinds = arena_alloc(arena, (list->count + 1) * sizeof *kinds);
    size_t *numbers = arena_alloc(arena, (list->count + 1) * sizeof *numbers);
    size_t count = 0;

    terms->only_optional = all_optional(list);
    terms->always = list->count == 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct term *term = &list->items[i];
        if (str_empty(term->text)) {
            settle_empty_term(terms, term->kind);
        } else if (term->kind != TERM_OPTIONAL || terms->only_optional) {
            texts[count] = term->text;
            kinds[count++] = term->kind;
        }
    }
    terms->automaton = logs_automaton_new(arena, texts, count, numbers);
    terms->wanted = arena_alloc(arena, (count + 1) * sizeof *terms->wanted);
    for (size_t i = 0; i < count; i++)
        want(terms, numbers[i], kinds[i]);
    if (count == 1 && kinds[0] != TERM_EXCLUDED)
        terms->only = texts[0];
}

struct log_terms *logs_terms_parse(struct arena *arena, str text)
{
    struct log_terms *terms = arena_new(arena, struct log_terms);
    struct term_list list = {0};

    if (!terms_parse(arena, text, &list))
        return NULL;
    compile(arena, &list, terms);
    return terms;
}

enum verdict { OPEN, MATCHES, DOES_NOT };

/*
 * Handle the texts that end in a state.  When this walk has found a text before, it has also found the texts
 * that the text ends with; so no text is handled twice, and the cost is that of the bytes and the texts.
 */
static enum verdict look(struct log_terms *terms, uint32_t state, size_t *missing)
{
    size_t number;

    for (uint32_t end = logs_automaton_end(terms->automaton, state); end != LOG_AUTOMATON_START;) {
        end = logs_automaton_found(terms->automaton, end, &number);
        struct log_wanted *wanted = &terms->wanted[number];
        if (wanted->found == terms->walks)
            return OPEN;
        wanted->found = terms->walks;
        terms->steps++;
        if (wanted->excluded)
            return DOES_NOT;
        if (wanted->optional)
            return MATCHES;
        (*missing)--;
    }
    return OPEN;
}

static bool has_only(struct log_terms *terms, str message)
{
    terms->steps += message.size;
    return str_find(message, terms->only) >= 0;
}

bool logs_terms_match(struct log_terms *terms, str message)
{
    if (str_present(terms->only) && !terms->never && !terms->always)
        return has_only(terms, message);
    uint32_t state = LOG_AUTOMATON_START;
    size_t missing = terms->required;
    enum verdict verdict = terms->never ? DOES_NOT : terms->always ? MATCHES : OPEN;

    terms->walks++;
    size_t i = 0;
    while (i < message.size && verdict == OPEN) {
        if (state == LOG_AUTOMATON_START)
            i = logs_automaton_skip(terms->automaton, message, i);
        if (i == message.size)
            break;
        state = logs_automaton_next(terms->automaton, state, message.data[i++]);
        verdict = look(terms, state, &missing);
    }
    terms->steps += i;
    return verdict == OPEN ? missing == 0 && !terms->only_optional : verdict == MATCHES;
}
