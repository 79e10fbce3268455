/*
 * payload_faults.c: why an event is not JSON, in the words of AWS's parser.
 *
 * Lambda answers with the sentences of Jackson 2.17, which name the line and the column.  This file reads a
 * text that json_parse() has refused once more, in Jackson's order, up to the first fault.
 */
#include "invocations.h"

#include "base/limits.h"
#include "base/text.h"
#include "base/utf8.h"

#define SOURCE "[Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: "
#define VALUES "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"

enum {
    END = -1,
    TOKEN_MOST = 256, /* characters of a token that a sentence shows */
};

struct container {
    bool is_object;
    bool has_entries;
    size_t line, column;
};

struct scan {
    const unsigned char *at, *end, *line_start;
    size_t line;
    bool has_values;
    const char *last_token; /* in Jackson's words */
    int depth;
    struct container open[LIMIT_JSON_DEPTH];
    struct text fault; /* empty until one is found */
};

/* ---- sentences: all return false ---- */

/* Behind the last byte that was read. */
static size_t column(const struct scan *scan)
{
    return (size_t)(scan->at - scan->line_start) + 1;
}

static bool fault_at(struct scan *scan, size_t column)
{
    text_format(&scan->fault, "\n at " SOURCE "%zu, column: %zu]", scan->line, column);
    return false;
}

static bool fault(struct scan *scan, const char *sentence, const char *shown)
{
    text_format(&scan->fault, sentence, shown);
    return fault_at(scan, column(scan));
}

static bool invalid_byte(struct scan *scan, const char *which, int byte)
{
    text_format(&scan->fault, "Invalid UTF-8 %s byte 0x%x", which, (unsigned)byte);
    return fault_at(scan, column(scan));
}

static void add_character(struct text *text, int c)
{
    bool is_surrogate = c >= 0xd800 && c <= 0xdfff;
    char *to = text_reserve(text, 4);

    text_grew(text, (size_t)(utf8_write(to, is_surrogate ? '?' : (uint32_t)c) - to));
}

/* The character that was just read is wrong. */
static bool wrong_character(struct scan *scan, const char *before, int c, const char *behind)
{
    text_add(&scan->fault, str_of(before));
    if (c < 0x20 || (c >= 0x7f && c <= 0x9f)) {
        text_format(&scan->fault, "(CTRL-CHAR, code %d)", c);
    } else {
        text_add_char(&scan->fault, '\'');
        add_character(&scan->fault, c);
        text_format(&scan->fault, c > 0xff ? "' (code %d / 0x%x)" : "' (code %d)", c, (unsigned)c);
    }
    text_add(&scan->fault, str_of(behind));
    return fault_at(scan, column(scan) - 1);
}

/* ---- bytes and characters ---- */

static int next(struct scan *scan)
{
    return scan->at < scan->end ? *scan->at++ : END;
}

static int peek(const struct scan *scan)
{
    return scan->at < scan->end ? *scan->at : END;
}

/* How many bytes follow the first one of a character; -1 if none begins so.  Jackson checks no more. */
static int followers(int first)
{
    if (first < 0x80)
        return 0;
    if ((first & 0xe0) == 0xc0)
        return 1;
    if ((first & 0xf0) == 0xe0)
        return 2;
    return (first & 0xf8) == 0xf0 ? 3 : -1;
}

/* *c is the first byte of a character: reads the others; `in` is what ends with the text. */
static bool read_character(struct scan *scan, int *c, const char *in)
{
    int count = followers(*c);

    if (count < 0)
        return invalid_byte(scan, "start", *c);
    if (count > 0)
        *c &= 0x3f >> count;
    for (int i = 0; i < count; i++) {
        int byte = next(scan);
        if (byte == END)
            return fault(scan, "Unexpected end-of-input in %s", in);
        if ((byte & 0xc0) != 0x80)
            return invalid_byte(scan, "middle", byte);
        *c = *c << 6 | (byte & 0x3f);
    }
    *c &= 0xffff; /* one unit of UTF-16 */
    return true;
}

static void begin_line(struct scan *scan)
{
    scan->line++;
    scan->line_start = scan->at;
}

static bool is_space(int c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Reads white space and the character behind it; *c is END at the end. */
static bool skip_space(struct scan *scan, int *c)
{
    while (is_space(*c = next(scan))) {
        if (*c == '\r' && peek(scan) == '\n')
            scan->at++;
        if (*c == '\r' || *c == '\n')
            begin_line(scan);
    }
    if (*c == '/')
        return wrong_character(scan, "Unexpected character (", *c,
                               "): maybe a (non-standard) comment? (not recognized as one since Feature "
                               "'ALLOW_COMMENTS' not enabled for parser)");
    if (*c == END || *c > ' ')
        return true;
    text_format(&scan->fault, "Illegal character ((CTRL-CHAR, code %d)): ", *c);
    return fault(scan, "only regular white space (%s) is allowed between tokens", "\\r, \\n, \\t");
}

static struct container *innermost(struct scan *scan)
{
    return scan->depth > 0 ? &scan->open[scan->depth - 1] : NULL;
}

static const char *type_of(const struct container *container)
{
    if (!container)
        return "root";
    return container->is_object ? "Object" : "Array";
}

/* As skip_space(), where more must follow. */
static bool skip_to_more(struct scan *scan, int *c)
{
    if (!skip_space(scan, c))
        return false;
    return *c != END ||
           fault(scan, "Unexpected end-of-input within/between %s entries", type_of(innermost(scan)));
}

/* ---- strings ---- */

static bool is_hex(int c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool read_hex4(struct scan *scan)
{
    for (int i = 0; i < 4; i++) {
        int c = next(scan);
        if (c == END)
            return fault(scan, "Unexpected end-of-input in %s", "character escape sequence");
        if (!is_hex(c))
            return wrong_character(scan, "Unexpected character (", c,
                                   "): expected a hex-digit for character escape sequence");
    }
    return true;
}

/* The scan is behind a backslash. */
static bool read_escape(struct scan *scan)
{
    static const char in[] = "character escape sequence";
    int c = next(scan);

    if (c == END)
        return fault(scan, "Unexpected end-of-input in %s", in);
    if (c == 'u')
        return read_hex4(scan);
    if (c > 0 && strchr("btnfr\"/\\", c))
        return true;
    return read_character(scan, &c, in) && wrong_character(scan, "Unrecognized character escape ", c, "");
}

/* The scan is behind the opening quote. */
static bool read_string(struct scan *scan, const char *in, const char *unescaped)
{
    for (;;) {
        int c = next(scan);
        if (c == END)
            return fault(scan, "Unexpected end-of-input in %s", in);
        if (c == '"')
            return true;
        if (c < ' ')
            return wrong_character(scan, "Illegal unquoted character (", c, unescaped);
        if (c == '\\' ? !read_escape(scan) : !read_character(scan, &c, in))
            return false;
    }
}

/* *c is the first character of a name, and then that of its value. */
static bool read_name(struct scan *scan, int *c)
{
    if (*c != '"')
        return read_character(scan, c, "field name") &&
               wrong_character(scan, "Unexpected character (", *c,
                               "): was expecting double-quote to start field name");
    if (!read_string(scan, "field name", "): has to be escaped using backslash to be included in name"))
        return false;
    scan->last_token = "FIELD_NAME";
    if (!skip_to_more(scan, c))
        return false;
    if (*c != ':')
        return wrong_character(scan, "Unexpected character (", *c,
                               "): was expecting a colon to separate field name and value");
    return skip_to_more(scan, c);
}

/* ---- words ---- */

/* As Java has it; above Latin-1 only letters are expected. */
static bool is_letter(int c)
{
    if (c < 0x80)
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
    if (c < 0xc0)
        return (c >= 0xa2 && c <= 0xa5) || c == 0xaa || c == 0xb5 || c == 0xba;
    return c != 0xd7 && c != 0xf7;
}

static bool is_part_of_token(int c)
{
    bool is_ignored = c <= 0x08 || (c >= 0x0e && c <= 0x1b) || (c >= 0x7f && c <= 0x9f) || c == 0xad;

    return is_letter(c) || (c >= '0' && c <= '9') || is_ignored;
}

/* A token whose first `count` characters are in *token. */
static bool unrecognized(struct scan *scan, struct text *token, size_t count)
{
    while (scan->at < scan->end) {
        int c = next(scan);
        if (!read_character(scan, &c, "VALUE_STRING"))
            return false;
        if (!is_part_of_token(c))
            break;
        add_character(token, c);
        if (++count == TOKEN_MOST) {
            text_add(token, S("..."));
            break;
        }
    }
    text_format(&scan->fault, "Unrecognized token '%.*s': was expecting " VALUES, STR_ARGS(text_str(token)));
    return fault_at(scan, column(scan));
}

static bool unrecognized_word(struct scan *scan, const char *word, size_t count)
{
    struct text token = text_in(scan->fault.arena);

    text_add(&token, (str){word, count});
    return unrecognized(scan, &token, count);
}

/* `count` characters of the word are read. */
static bool read_word(struct scan *scan, const char *word, size_t count)
{
    for (; word[count]; count++, scan->at++)
        if (peek(scan) != word[count])
            return unrecognized_word(scan, word, count);
    int c = peek(scan);
    if (c < '0' || c == ']' || c == '}')
        return true;
    return read_character(scan, &c, "VALUE_STRING") &&
           (!is_part_of_token(c) || unrecognized_word(scan, word, count));
}

static bool not_standard(struct scan *scan, const char *word, size_t count)
{
    return read_word(scan, word, count) &&
           fault(scan, "Non-standard token '%s': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow",
                 word);
}

/* ---- numbers ---- */

static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

/* Behind a sign there is no digit, but c. */
static bool no_digit(struct scan *scan, int c, bool is_negative)
{
    if (c == 'I') {
        c = next(scan);
        if (c == END)
            return fault(scan, "Unexpected end-of-input in %s", "a Number value");
        if (c == 'N')
            return not_standard(scan, is_negative ? "-INF" : "+INF", 3);
        if (c == 'n')
            return not_standard(scan, is_negative ? "-Infinity" : "+Infinity", 3);
    }
    if (!is_negative)
        return wrong_character(
            scan, "Unexpected character (", '+',
            ") in numeric value: JSON spec does not allow numbers to have plus signs: enable "
            "`JsonReadFeature.ALLOW_LEADING_PLUS_SIGN_FOR_NUMBERS` to allow");
    return wrong_character(
        scan, "Unexpected character (", c,
        ") in numeric value: expected digit (0-9) to follow minus sign, for valid numeric value");
}

/* The digits behind *c, up to the next character, which becomes *c; it is left at the end. */
static size_t skip_digits(struct scan *scan, int *c)
{
    size_t count = 0;

    for (; is_digit(peek(scan)); count++)
        scan->at++;
    int behind = next(scan);
    if (behind != END)
        *c = behind;
    return count;
}

static bool read_exponent(struct scan *scan, int *c)
{
    for (int i = 0; i == 0 || (i == 1 && (*c == '+' || *c == '-')); i++) {
        int behind = next(scan);
        if (behind == END)
            return fault(scan, "Unexpected end-of-input in %s", scan->last_token);
        *c = behind;
    }
    if (!is_digit(*c))
        return wrong_character(scan, "Unexpected character (", *c,
                               ") in numeric value: Exponent indicator not followed by a digit");
    skip_digits(scan, c);
    return true;
}

/* Between values that are not in a container there must be white space; *c is behind the number. */
static bool end_number(struct scan *scan, int c)
{
    if (scan->at == scan->end && is_digit(scan->at[-1]))
        return true; /* the text ends with the number */
    if (scan->depth == 0 && !is_space(c))
        return wrong_character(scan, "Unexpected character (", c,
                               "): Expected space separating root-level values");
    scan->at--;
    return true;
}

/* c is the first digit. */
static bool read_digits(struct scan *scan, int c)
{
    if (c == '0' && is_digit(peek(scan)))
        return fault(scan, "Invalid numeric value: %s", "Leading zeroes not allowed");
    skip_digits(scan, &c);
    if (c == '.' && skip_digits(scan, &c) == 0)
        return wrong_character(scan, "Unexpected character (", c,
                               ") in numeric value: Decimal point not followed by a digit");
    if ((c == 'e' || c == 'E') && !read_exponent(scan, &c))
        return false;
    return end_number(scan, c);
}

static bool read_signed(struct scan *scan, bool is_negative)
{
    int c = next(scan);

    if (c == END)
        return fault(scan, "Unexpected end-of-input in %s",
                     is_negative ? scan->last_token : "a Number value");
    if (is_negative && c == '.')
        return wrong_character(scan, "Unexpected character (", c, "): expected a valid value " VALUES);
    return is_negative && is_digit(c) ? read_digits(scan, c) : no_digit(scan, c, is_negative);
}

/* ---- values ---- */

static bool no_value(struct scan *scan, int c)
{
    struct container *container = innermost(scan);
    bool is_array = container && !container->is_object;
    struct text token = text_in(scan->fault.arena);

    if (c == ',' || c == '}' || (c == ']' && is_array))
        return wrong_character(scan, "Unexpected character (", c, "): expected a value");
    if (c == 'N' || c == 'I')
        return not_standard(scan, c == 'N' ? "NaN" : "Infinity", 1);
    if (c == '+')
        return read_signed(scan, false);
    if (!is_letter(c))
        return wrong_character(scan, "Unexpected character (", c, "): expected a valid value " VALUES);
    add_character(&token, c);
    return unrecognized(scan, &token, 1);
}

static bool begin_container(struct scan *scan, bool is_object)
{
    if (scan->depth == LIMIT_JSON_DEPTH) {
        text_format(&scan->fault,
                    "Document nesting depth (%d) exceeds the maximum allowed (%d, from "
                    "`StreamReadConstraints.getMaxNestingDepth()`)",
                    LIMIT_JSON_DEPTH + 1, LIMIT_JSON_DEPTH);
        return false;
    }
    scan->open[scan->depth++] =
        (struct container){.is_object = is_object, .line = scan->line, .column = column(scan) - 1};
    scan->last_token = is_object ? "START_OBJECT" : "START_ARRAY";
    return true;
}

/* c is its first character. */
static bool read_value(struct scan *scan, int c)
{
    if (c == '{' || c == '[')
        return begin_container(scan, c == '{');
    if (c == '"') {
        scan->last_token = "VALUE_STRING";
        return read_string(scan, "VALUE_STRING",
                           "): has to be escaped using backslash to be included in string value");
    }
    if (c == 't' || c == 'f' || c == 'n') {
        scan->last_token = "VALUE_NULL";
        return read_word(scan, c == 't' ? "true" : c == 'f' ? "false" : "null", 1);
    }
    if (c != '-' && !is_digit(c))
        return no_value(scan, c);
    if (c == '-' ? !read_signed(scan, true) : !read_digits(scan, c))
        return false;
    scan->last_token = "VALUE_NUMBER_INT";
    return true;
}

static void add_place(struct scan *scan, const struct container *container)
{
    text_format(&scan->fault, SOURCE "%zu", container ? container->line : 1);
    if (container)
        text_format(&scan->fault, ", column: %zu", container->column);
    text_add_char(&scan->fault, ']');
}

static bool end_container(struct scan *scan, bool is_object)
{
    const struct container *container = innermost(scan);

    if (!container || container->is_object != is_object) {
        text_format(&scan->fault, "Unexpected close marker '%c': expected '%c' (for %s starting at ",
                    is_object ? '}' : ']', is_object ? ']' : '}', type_of(container));
        add_place(scan, container);
        text_add_char(&scan->fault, ')');
        return fault_at(scan, column(scan) - 1);
    }
    scan->depth--;
    scan->last_token = is_object ? "END_OBJECT" : "END_ARRAY";
    return true;
}

static bool end_text(struct scan *scan)
{
    const struct container *container = innermost(scan);

    if (!container)
        return false;
    text_format(&scan->fault, "Unexpected end-of-input: expected close marker for %s (start marker at ",
                type_of(container));
    add_place(scan, container);
    text_add_char(&scan->fault, ')');
    return fault_at(scan, column(scan));
}

/* The comma before an entry that is not the first one; *c is then the entry's first character. */
static bool read_comma(struct scan *scan, struct container *container, int *c)
{
    bool is_first = !container->has_entries;

    container->has_entries = true;
    if (is_first)
        return true;
    if (*c != ',')
        return wrong_character(scan, "Unexpected character (", *c,
                               container->is_object ? "): was expecting comma to separate Object entries"
                                                    : "): was expecting comma to separate Array entries");
    return skip_to_more(scan, c);
}

/* One step; false at the end of the text and when a fault is found. */
static bool read_token(struct scan *scan)
{
    int c;

    if (!skip_space(scan, &c))
        return false;
    if (c == END)
        return end_text(scan);
    if (c == ']' || c == '}')
        return end_container(scan, c == '}');
    struct container *container = innermost(scan);
    if (container && !read_comma(scan, container, &c))
        return false;
    if (container && container->is_object && !read_name(scan, &c))
        return false;
    scan->has_values = true;
    return read_value(scan, c);
}

str lambda_payload_fault(struct arena *arena, str payload, size_t error_at)
{
    const unsigned char *data = (const unsigned char *)payload.data;
    struct scan *scan = arena_new(arena, struct scan);

    *scan = (struct scan){.at = data,
                          .end = data + payload.size,
                          .line_start = data,
                          .line = 1,
                          .last_token = "null",
                          .fault = text_in(arena)};
    while (read_token(scan))
        ;
    if (scan->fault.size > 0)
        return text_str(&scan->fault);
    if (!scan->has_values)
        return S("No content to map due to end-of-input\n at " SOURCE "1]");
    /* What Jackson lets pass: surrogates, and one value after another. */
    return arena_format(arena, "Unexpected character at offset %zu", error_at);
}
