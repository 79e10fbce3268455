/*
 * pattern.c: Java's regular expressions on PCRE2, compiled once.
 *
 * The compiled expressions are in a hash table of atomic pointers from which nothing is removed, so a lookup
 * takes no lock.  Two threads that use a new pattern at the same time both compile it, and one copy is
 * dropped.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "engine/protocol/pattern.h"

#include "base/check.h"
#include "base/text.h"

#include <pcre2.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 4096 }; /* several times the number of patterns in all models */

struct compiled {
    const char *pattern;
    pcre2_code *code;
};

static _Atomic(struct compiled *) slots[SLOTS];

/* ---- from Java's dialect to PCRE2's ---- */

static bool read_unit(const char *at, unsigned *unit)
{
    char digits[5] = {0}, *end;

    if (at[0] != '\\' || at[1] != 'u')
        return false;
    strncpy(digits, at + 2, 4);
    *unit = (unsigned)strtoul(digits, &end, 16);
    return end == digits + 4;
}

/*
 * "\uD83D\uDE00" is one character in Java, and so is a single "\u0041".  Returns the number of bytes read, 0
 * for anything else.
 */
static size_t translate_unit(const char *at, struct text *out)
{
    unsigned high, low;

    if (!read_unit(at, &high))
        return 0;
    bool paired = high >= 0xd800 && high < 0xdc00 && read_unit(at + 6, &low);
    if (paired)
        high = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
    text_format(out, "\\x{%x}", high);
    return paired ? 12 : 6;
}

/* A character after a class escape in brackets never ends a range: "[\w-_]". */
static bool is_class_escape(const char *at)
{
    return at[0] == '\\' && strchr("wdsWDS", at[1]) != NULL;
}

static size_t translate_escape(const char *at, bool in_brackets, struct text *out)
{
    static const char print[] = "\\p{Print}";

    if (strncmp(at, print, sizeof print - 1) == 0) {
        text_add(out, in_brackets ? S("\\x20-\\x7e") : S("[\\x20-\\x7e]"));
        return sizeof print - 1;
    }
    size_t read = translate_unit(at, out);
    if (read > 0)
        return read;
    text_add(out, (str){at, 2});
    if (in_brackets && is_class_escape(at) && at[2] == '-') {
        text_add(out, S("\\-"));
        return 3;
    }
    return 2;
}

static str translate(struct arena *arena, const char *java)
{
    struct text out = text_in(arena);
    bool in_brackets = false;

    while (*java) {
        if (*java == '\\' && java[1]) {
            java += translate_escape(java, in_brackets, &out);
            continue;
        }
        if (*java == '[' && in_brackets)
            text_add_char(&out, '\\');
        in_brackets = *java == '[' || (in_brackets && *java != ']');
        text_add_char(&out, *java++);
    }
    return text_str(&out);
}

/* ---- the table ---- */

static struct compiled *compile(const char *pattern)
{
    struct compiled *compiled = malloc(sizeof *compiled);
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    struct arena arena = {0};
    str source = translate(&arena, pattern);
    int error;
    PCRE2_SIZE error_at;

    check(compiled && context);
    pcre2_set_newline(context, PCRE2_NEWLINE_ANY);
    compiled->pattern = pattern;
    compiled->code =
        pcre2_compile((PCRE2_SPTR)source.data, source.size, PCRE2_UTF | PCRE2_ANCHORED | PCRE2_ENDANCHORED,
                      &error, &error_at, context);
    check(compiled->code != NULL); /* fails when a model's pattern is not an expression */
    pcre2_jit_compile(compiled->code, PCRE2_JIT_COMPLETE);
    pcre2_compile_context_free(context);
    arena_free(&arena);
    return compiled;
}

static void drop(struct compiled *compiled)
{
    pcre2_code_free(compiled->code);
    free(compiled);
}

/* Put it into the slot where the search for its pattern ended; returns the copy to use. */
static const pcre2_code *keep(size_t slot, struct compiled *fresh)
{
    for (size_t tried = 0;; tried++, slot = (slot + 1) % SLOTS) {
        struct compiled *there = NULL;
        check(tried < SLOTS);
        if (atomic_compare_exchange_strong(&slots[slot], &there, fresh))
            return fresh->code;
        if (there->pattern == fresh->pattern) {
            drop(fresh);
            return there->code;
        }
    }
}

static const pcre2_code *find(const char *pattern)
{
    size_t slot = ((uintptr_t)pattern * UINT64_C(0x9e3779b97f4a7c15) >> 32) % SLOTS;

    for (;; slot = (slot + 1) % SLOTS) {
        const struct compiled *there = atomic_load_explicit(&slots[slot], memory_order_acquire);
        if (!there)
            return keep(slot, compile(pattern));
        if (there->pattern == pattern)
            return there->code;
    }
}

bool pattern_matches(const char *pattern, str text)
{
    pcre2_match_data *match = pcre2_match_data_create(1, NULL);
    const char *subject = text.data ? text.data : "";

    check(match != NULL);
    int result = pcre2_match(find(pattern), (PCRE2_SPTR)subject, text.size, 0, 0, match, NULL);
    pcre2_match_data_free(match);
    return result >= 0;
}
