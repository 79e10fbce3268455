/*
 * log_regex.c: parses regular expressions, and simulates all their states at once.
 *
 * Without parentheses an expression is a list of places, each for one byte; a place may be optional, or
 * repeated.  A state is the set of places whose byte may come next, one bit for each (Navarro and Raffinot,
 * 2002: extended Shift-And).  Behind the places of each alternative there is one bit that says that it has
 * matched.
 */
#include "log_regex.h"

#include "base/check.h"

#include <string.h>

enum { WORDS = 16, BITS = WORDS * 64, BYTES = 256, CHARACTER_CONTINUATIONS = 3, MAX_REPEATS = 1000 };

struct set {
    uint64_t bits[WORDS];
};

struct log_regex {
    size_t words;                /* of each set that are in use */
    struct set begins, anchored; /* first places of alternatives, at every byte or only at the text's first */
    struct set optional, repeated;
    struct set matched, matched_at_end;
    struct set accepts[BYTES]; /* the places that a byte fits */
};

/* Which bytes fit a place. */
struct bytes {
    bool has[BYTES];
    bool whole_characters; /* it matches characters of any alphabet, so its bytes may be the first of several
                            */
};

struct parser {
    struct log_regex *regex;
    str rest;
    size_t places;
};

static void set_bit(struct set *set, size_t bit)
{
    set->bits[bit / 64] |= 1ull << (bit % 64);
}

/* ---- parsing ---- */

static bool is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_symbol(char c)
{
    return c != '\0' && strchr(":_#=@/;,-", c);
}

static bool is_operator(char c)
{
    return c != '\0' && strchr("^$?[]{}|\\*+.", c);
}

static char peek(const struct parser *parser)
{
    return str_empty(parser->rest) ? '\0' : parser->rest.data[0];
}

static bool take(struct parser *parser, char c)
{
    if (str_empty(parser->rest) || parser->rest.data[0] != c)
        return false;
    parser->rest = str_from(parser->rest, 1);
    return true;
}

static bool is_in_class(char name, unsigned char byte)
{
    bool digit = byte >= '0' && byte <= '9';

    if (name == 'd')
        return digit;
    if (name == 's')
        return byte == ' ' || (byte >= '\t' && byte <= '\r');
    return is_alphanumeric((char)byte) || byte == '_';
}

/* "\d" and its like; "\D" is what "\d" is not. */
static void add_class(struct bytes *bytes, char name)
{
    bool negated = name < 'a';

    bytes->whole_characters = bytes->whole_characters || negated;
    for (size_t byte = 0; byte < BYTES; byte++)
        if (is_in_class(char_lower(name), (unsigned char)byte) != negated)
            bytes->has[byte] = true;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'                           ? c - '0'
           : char_lower(c) >= 'a' && char_lower(c) <= 'f' ? char_lower(c) - 'a' + 10
                                                          : -1;
}

static bool take_hex(struct parser *parser, char *c)
{
    if (parser->rest.size < 2 || hex_digit(parser->rest.data[0]) < 0 || hex_digit(parser->rest.data[1]) < 0)
        return false;
    int code = hex_digit(parser->rest.data[0]) * 16 + hex_digit(parser->rest.data[1]);
    parser->rest = str_from(parser->rest, 2);
    *c = (char)code;
    return code < 0x80;
}

/* What follows a backslash: a class, or a character for itself in *c (then *is_class is false). */
static bool take_escape(struct parser *parser, struct bytes *bytes, char *c, bool *is_class)
{
    if (str_empty(parser->rest))
        return false;
    *c = parser->rest.data[0];
    parser->rest = str_from(parser->rest, 1);
    *is_class = strchr("dDsSwW", *c) != NULL;
    if (*is_class)
        add_class(bytes, *c);
    if (*is_class || is_operator(*c) || is_symbol(*c))
        return true;
    return *c == 'x' && take_hex(parser, c);
}

/* A character in brackets: as take_escape(). */
static bool take_member(struct parser *parser, struct bytes *bytes, char *c, bool *is_class)
{
    *is_class = false;
    if (take(parser, '\\'))
        return take_escape(parser, bytes, c, is_class);
    *c = peek(parser);
    if (*c == '\0' || *c == '[')
        return false;
    parser->rest = str_from(parser->rest, 1);
    return true;
}

static bool is_range(const struct parser *parser)
{
    return parser->rest.size >= 2 && parser->rest.data[0] == '-' && parser->rest.data[1] != ']';
}

static bool take_members(struct parser *parser, struct bytes *bytes)
{
    bool is_class, is_last_class = false;
    char first, last;

    do {
        if (!take_member(parser, bytes, &first, &is_class))
            return false;
        last = first;
        if (!is_class && is_range(parser)) {
            parser->rest = str_from(parser->rest, 1);
            if (!take_member(parser, bytes, &last, &is_last_class) || is_last_class || last < first)
                return false;
        }
        for (size_t c = (unsigned char)first; !is_class && c <= (unsigned char)last; c++)
            bytes->has[c] = true;
    } while (!str_empty(parser->rest) && peek(parser) != ']');
    return take(parser, ']');
}

static void negate(struct bytes *bytes)
{
    for (size_t byte = 0; byte < BYTES; byte++)
        bytes->has[byte] = !bytes->has[byte];
    bytes->whole_characters = true;
}

static bool take_brackets(struct parser *parser, struct bytes *bytes)
{
    bool negated = take(parser, '^');

    if (!take_members(parser, bytes))
        return false;
    if (negated)
        negate(bytes);
    return true;
}

/* One character, a class, or brackets. */
static bool take_place(struct parser *parser, struct bytes *bytes)
{
    char c = peek(parser);
    bool is_class = false;

    if (c == '\0')
        return false;
    parser->rest = str_from(parser->rest, 1);
    if (c == '[')
        return take_brackets(parser, bytes);
    if (c == '.') {
        bytes->has['\n'] = true;
        bytes->has['\r'] = true;
        negate(bytes);
        return true;
    }
    if (c == '\\' ? !take_escape(parser, bytes, &c, &is_class) : is_operator(c))
        return false;
    if (!is_class)
        bytes->has[(unsigned char)c] = true;
    return true;
}

static bool add_place(struct parser *parser, const bool has[BYTES], bool optional, bool repeated)
{
    if (parser->places == BITS)
        return false;
    for (size_t byte = 0; byte < BYTES; byte++)
        if (has[byte])
            set_bit(&parser->regex->accepts[byte], parser->places);
    if (optional)
        set_bit(&parser->regex->optional, parser->places);
    if (repeated)
        set_bit(&parser->regex->repeated, parser->places);
    parser->places++;
    return true;
}

/* One character: of other alphabets it has up to three more bytes. */
static bool add_character(struct parser *parser, const struct bytes *bytes, bool optional)
{
    struct bytes first = *bytes, more = {0};

    for (size_t byte = 0x80; byte < 0xc0; byte++) {
        more.has[byte] = true;
        first.has[byte] = false;
    }
    if (!add_place(parser, first.has, optional, false))
        return false;
    for (size_t i = 0; bytes->whole_characters && i < CHARACTER_CONTINUATIONS; i++)
        if (!add_place(parser, more.has, true, false))
            return false;
    return true;
}

static bool take_count(struct parser *parser, size_t *count)
{
    size_t digits = 0;

    for (*count = 0; peek(parser) >= '0' && peek(parser) <= '9' && digits < 5; digits++) {
        *count = *count * 10 + (size_t)(peek(parser) - '0');
        parser->rest = str_from(parser->rest, 1);
    }
    return digits > 0 && *count <= MAX_REPEATS;
}

/* "{2}", "{2,}" or "{2,5}"; most is SIZE_MAX without a bound. */
static bool take_braces(struct parser *parser, size_t *least, size_t *most)
{
    if (!take_count(parser, least))
        return false;
    *most = *least;
    if (take(parser, ',')) {
        if (peek(parser) == '}')
            *most = SIZE_MAX;
        else if (!take_count(parser, most))
            return false;
    }
    return take(parser, '}') && *least <= *most;
}

/* How often the place before occurs. */
static bool take_repetition(struct parser *parser, size_t *least, size_t *most)
{
    *least = *most = 1;
    if (take(parser, '{'))
        return take_braces(parser, least, most);
    if (take(parser, '?'))
        *least = 0;
    else if (take(parser, '*')) {
        *least = 0;
        *most = SIZE_MAX;
    } else if (take(parser, '+'))
        *most = SIZE_MAX;
    return true;
}

static bool take_item(struct parser *parser)
{
    struct bytes bytes = {0};
    size_t least, most;

    if (!take_place(parser, &bytes) || !take_repetition(parser, &least, &most))
        return false;
    bool endless = most == SIZE_MAX;
    size_t singles = endless && least > 0 ? least - 1 : least;
    for (size_t i = 0; i < singles; i++)
        if (!add_character(parser, &bytes, false))
            return false;
    if (endless)
        return add_place(parser, bytes.has, least == 0, true);
    for (size_t i = least; i < most; i++)
        if (!add_character(parser, &bytes, true))
            return false;
    return true;
}

static bool take_alternative(struct parser *parser)
{
    set_bit(take(parser, '^') ? &parser->regex->anchored : &parser->regex->begins, parser->places);
    while (!str_empty(parser->rest) && peek(parser) != '|' && peek(parser) != '$')
        if (!take_item(parser))
            return false;
    if (parser->places == BITS)
        return false;
    set_bit(take(parser, '$') ? &parser->regex->matched_at_end : &parser->regex->matched, parser->places);
    parser->places++;
    return parser->places < BITS && (str_empty(parser->rest) || peek(parser) == '|');
}

static bool has_only_allowed(str text)
{
    for (size_t i = 0; i < text.size; i++)
        if (!is_alphanumeric(text.data[i]) && !is_symbol(text.data[i]) && !is_operator(text.data[i]))
            return false;
    return !str_empty(text);
}

/* ---- matching ---- */

/*
 * Add the places that are reached by leaving out optional ones.  An addition carries through each run of
 * optional places from the first one of the set on, so the places where the sum differs are those reached.
 */
static void skip_optional(const struct log_regex *regex, struct set *set)
{
    uint64_t carry = 0;

    for (size_t i = 0; i < regex->words; i++) {
        uint64_t optional = regex->optional.bits[i], sum, with_carry;
        bool over = __builtin_add_overflow(set->bits[i] & optional, optional, &sum);
        over |= __builtin_add_overflow(sum, carry, &with_carry);
        set->bits[i] |= with_carry ^ optional;
        carry = over;
    }
}

static bool intersects(const struct log_regex *regex, const struct set *a, const struct set *b)
{
    for (size_t i = 0; i < regex->words; i++)
        if (a->bits[i] & b->bits[i])
            return true;
    return false;
}

static void step(const struct log_regex *regex, struct set *set, unsigned char byte)
{
    uint64_t carry = 0;

    for (size_t i = 0; i < regex->words; i++) {
        uint64_t fits = set->bits[i] & regex->accepts[byte].bits[i];
        set->bits[i] = (fits << 1) | carry | (fits & regex->repeated.bits[i]) | regex->begins.bits[i];
        carry = fits >> 63;
    }
    skip_optional(regex, set);
}

static bool is_last_line_end(str text, size_t at)
{
    return at + 1 == text.size && text.data[at] == '\n';
}

bool logs_regex_matches(const struct log_regex *regex, str text)
{
    struct set set = regex->begins;

    for (size_t i = 0; i < regex->words; i++)
        set.bits[i] |= regex->anchored.bits[i];
    skip_optional(regex, &set);
    for (size_t i = 0; i < text.size; i++) {
        if (intersects(regex, &set, &regex->matched) ||
            (is_last_line_end(text, i) && intersects(regex, &set, &regex->matched_at_end)))
            return true;
        step(regex, &set, (unsigned char)text.data[i]);
    }
    return intersects(regex, &set, &regex->matched) || intersects(regex, &set, &regex->matched_at_end);
}

const struct log_regex *logs_regex_parse(struct arena *arena, str text, str *problem)
{
    struct parser parser = {.regex = arena_new(arena, struct log_regex), .rest = text};

    if (!has_only_allowed(text)) {
        *problem = arena_format(arena, "Invalid character(s) in term '%.*s'", STR_ARGS(text));
        return NULL;
    }
    do {
        if (!take_alternative(&parser)) {
            *problem = S("Invalid filter pattern");
            return NULL;
        }
    } while (take(&parser, '|'));
    parser.regex->words = parser.places / 64 + 1;
    check(parser.regex->words <= WORDS);
    return parser.regex;
}
