/*
 * partiql_value.c: PartiQL's literals and parameters as attribute values.
 *
 * What DynamoDB cannot store is refused with its place inside the literal: "under root.x[1]".  A
 * parameter is a whole value: AWS takes none inside a literal, but as the value of an item's attribute
 * (recorded by floci, DynamoDbPartiQLEdgeCaseIntegrationTest, September 2026).
 */
#include "partiql_internal.h"

#include "base/list.h"
#include "base/text.h"
#include "number.h"

/* Where a value is inside the literal; NULL is its root. */
struct place {
    const struct place *above;
    int depth; /* the lists and maps around it */
    str name;  /* absent: an element of a list */
    size_t index;
};

static struct place inside_of(const struct place *place)
{
    return (struct place){.above = place, .depth = place ? place->depth + 1 : 1};
}

static void add_place(struct text *text, const struct place *place)
{
    if (!place) {
        text_add(text, S("root"));
        return;
    }
    add_place(text, place->above);
    if (str_present(place->name))
        text_format(text, ".%.*s", STR_ARGS(place->name));
    else
        text_format(text, "[%zu]", place->index);
}

static str place_text(struct pql_parser *parser, const struct place *place)
{
    struct text text = text_in(parser->scope.arena);

    add_place(&text, place);
    return text_str(&text);
}

/* ---- scalars ---- */

bool dynamodb_pql_signs(struct pql_parser *parser)
{
    bool negative = false;

    for (;;) {
        bool minus = dynamodb_pql_accept_symbol(parser, "-");
        if (!minus && !dynamodb_pql_accept_symbol(parser, "+"))
            return negative;
        negative = negative != minus;
    }
}

static bool read_number(struct pql_parser *parser, bool negative, const struct place *place,
                        struct dynamodb_attribute_value *value)
{
    struct arena *arena = parser->scope.arena;
    str written = parser->current.text, problem;
    bool bare = written.data[0] == '.';
    struct number number;

    if (dynamodb_number_parse_older(written, &number) == NUMBER_INVALID) {
        parser->current.kind = PQL_BAD;
        return dynamodb_pql_malformed(parser, "");
    }
    parser->number = arena_format(arena, "%s%s%.*s", negative ? "-" : "", bare ? "0" : "", STR_ARGS(written));
    *value = dynamodb_value_of(VALUE_N, parser->number);
    dynamodb_pql_advance(parser);
    return dynamodb_value_check(arena, VALUE_LAYER_OLDER, value, &problem) ||
           dynamodb_pql_refuse(parser, arena_format(arena, "%.*s under %.*s", STR_ARGS(problem),
                                                    STR_ARGS(place_text(parser, place))));
}

static const bool yes = true, no = false;

static bool read_word(struct pql_parser *parser, struct dynamodb_attribute_value *value)
{
    if (dynamodb_pql_accept_word(parser, "TRUE"))
        *value = (struct dynamodb_attribute_value){DYNAMODB_ATTRIBUTE_VALUE_BOOL, .bool_ = &yes};
    else if (dynamodb_pql_accept_word(parser, "FALSE"))
        *value = (struct dynamodb_attribute_value){DYNAMODB_ATTRIBUTE_VALUE_BOOL, .bool_ = &no};
    else if (dynamodb_pql_accept_word(parser, "NULL"))
        *value = (struct dynamodb_attribute_value){DYNAMODB_ATTRIBUTE_VALUE_NULL, .null = &yes};
    else
        return dynamodb_pql_unexpected(parser);
    return true;
}

static bool read_parameter(struct pql_parser *parser, const struct place *place,
                           struct dynamodb_attribute_value *value)
{
    if (place)
        return dynamodb_pql_refuse_at(parser,
                                      arena_join(parser->scope.arena,
                                                 S("Unsupported data type: Parameter under key "),
                                                 place_text(parser, place)),
                                      parser->current.written);
    if (!parser->parameters || parser->parameters_used == parser->parameters->count)
        return dynamodb_pql_refuse(parser, S("Number of parameters in request and statement don't match."));
    *value = parser->parameters->items[parser->parameters_used++];
    dynamodb_pql_advance(parser);
    return true;
}

/* ---- collections ---- */

static bool read_value(struct pql_parser *parser, const struct place *place,
                       struct dynamodb_attribute_value *value);

static bool read_list(struct pql_parser *parser, const struct place *place,
                      struct dynamodb_attribute_value *value)
{
    struct place inside = inside_of(place);

    dynamodb_pql_advance(parser);
    value->is = DYNAMODB_ATTRIBUTE_VALUE_L;
    list_make_empty(parser->scope.arena, &value->l);
    if (dynamodb_pql_accept_symbol(parser, "]"))
        return true;
    do {
        struct dynamodb_attribute_value element = {0};
        inside.index = value->l.count;
        if (!read_value(parser, &inside, &element))
            return false;
        *list_add(parser->scope.arena, &value->l) = element;
    } while (dynamodb_pql_accept_symbol(parser, ","));
    return dynamodb_pql_expect_symbol(parser, "]", "Expected RIGHT_BRACKET");
}

/* The names of a map are strings, in single quotes; JSON's are names of attributes. */
static bool refuse_key(struct pql_parser *parser, const struct place *place)
{
    if (!dynamodb_pql_at_name(parser))
        return dynamodb_pql_unexpected(parser);
    return dynamodb_pql_refuse_at(
        parser,
        arena_join(parser->scope.arena,
                   S("Tuple keys must be of type String. Actual type: VariableReference under "),
                   place_text(parser, place)),
        parser->current.written);
}

/* The values of an item's attributes are roots. */
static bool read_attribute(struct pql_parser *parser, const struct place *place, bool of_item,
                           struct dynamodb_attribute_map *map)
{
    struct place inside = inside_of(place);
    struct dynamodb_attribute_value value = {0};

    inside.name = parser->current.text;
    if (parser->current.kind != PQL_STRING)
        return refuse_key(parser, place);
    dynamodb_pql_advance(parser);
    if (!dynamodb_pql_expect_symbol(parser, ":", "Expected COLON") ||
        !read_value(parser, of_item ? NULL : &inside, &value))
        return false;
    *list_add(parser->scope.arena, map) = (struct dynamodb_attribute_map_entry){inside.name, value};
    return true;
}

/* The first name that the map has twice, or absent. */
static str repeated_name(struct pql_parser *parser, const struct dynamodb_attribute_map *map)
{
    struct str_list names = {0};
    const str *repeated;

    for (size_t i = 0; i < map->count; i++)
        *list_add(parser->scope.arena, &names) = map->items[i].key;
    repeated = dynamodb_first_repeated(parser->scope.arena, &names);
    return repeated ? *repeated : (str){0};
}

static bool read_attributes(struct pql_parser *parser, const struct place *place, bool of_item,
                            struct dynamodb_attribute_map *map)
{
    dynamodb_pql_advance(parser);
    list_make_empty(parser->scope.arena, map);
    if (dynamodb_pql_accept_symbol(parser, "}"))
        return true;
    do {
        if (!read_attribute(parser, place, of_item, map))
            return false;
    } while (dynamodb_pql_accept_symbol(parser, ","));
    if (!dynamodb_pql_expect_symbol(parser, "}", "Expected RIGHT_CURLY"))
        return false;
    str repeated = repeated_name(parser, map);
    return !str_present(repeated) ||
           dynamodb_pql_refuse(parser, arena_format(parser->scope.arena,
                                                    "Duplicate keys in tuple. Key: %.*s under %.*s",
                                                    STR_ARGS(repeated), STR_ARGS(place_text(parser, place))));
}

static bool read_map(struct pql_parser *parser, const struct place *place,
                     struct dynamodb_attribute_value *value)
{
    value->is = DYNAMODB_ATTRIBUTE_VALUE_M;
    return read_attributes(parser, place, false, &value->m);
}

static bool refuse_element(struct pql_parser *parser)
{
    return dynamodb_pql_refuse(parser, S("Unsupported data type in Bag. DynamoDB only supports either "
                                         "numbers or strings in bags"));
}

/* A set has strings, or numbers.  Numbers are shown as they were written. */
static bool add_element(struct pql_parser *parser, const struct place *place,
                        struct dynamodb_attribute_value *set, struct str_list *written)
{
    struct dynamodb_attribute_value element = {0};

    if (dynamodb_pql_at_symbol(parser, "?"))
        return refuse_element(parser);
    if (!read_value(parser, place, &element))
        return false;
    bool number = dynamodb_value_is(&element, VALUE_N);
    unsigned kind = dynamodb_value_is(&element, VALUE_S) ? DYNAMODB_ATTRIBUTE_VALUE_SS
                    : number                             ? DYNAMODB_ATTRIBUTE_VALUE_NS
                                                         : 0;
    if (!kind || (set->is && set->is != kind))
        return refuse_element(parser);
    set->is = kind;
    *list_add(parser->scope.arena, &set->ss) = element.s;
    *list_add(parser->scope.arena, written) = number ? parser->number : element.s;
    return true;
}

/* AWS finds equal numbers when it converts the literal, and says where; equal strings it finds later. */
static bool refuse_repeated(struct pql_parser *parser, const struct place *place,
                            const struct dynamodb_attribute_value *set, const struct str_list *written)
{
    struct text text = text_in(parser->scope.arena);

    text_add(&text, S("One or more parameter values were invalid: Input collection ["));
    for (size_t i = 0; i < written->count; i++)
        text_format(&text, "%s%.*s", i ? ", " : "", STR_ARGS(written->items[i]));
    if (dynamodb_value_is(set, VALUE_NS))
        text_format(&text, "] contains duplicates! under %.*s", STR_ARGS(place_text(parser, place)));
    else
        text_add(&text, S("] contains duplicates."));
    return dynamodb_pql_refuse(parser, text_str(&text));
}

static bool read_set(struct pql_parser *parser, const struct place *place,
                     struct dynamodb_attribute_value *value)
{
    struct str_list written = {0};

    dynamodb_pql_advance(parser);
    if (dynamodb_pql_at_symbol(parser, ">>"))
        return dynamodb_pql_refuse(parser, S("Empty bags are not supported"));
    do {
        if (!add_element(parser, place, value, &written))
            return false;
    } while (dynamodb_pql_accept_symbol(parser, ","));
    if (dynamodb_first_repeated(parser->scope.arena, &value->ss))
        return refuse_repeated(parser, place, value, &written);
    return dynamodb_pql_expect_symbol(parser, ">>", "Expected RIGHT_DOUBLE_ANGLE_BRACKET");
}

/* ---- values ---- */

static const struct opening {
    const char *symbol;
    bool (*read)(struct pql_parser *parser, const struct place *place,
                 struct dynamodb_attribute_value *value);
} openings[] = {{"[", read_list}, {"{", read_map}, {"<<", read_set}};
enum { OPENINGS = sizeof openings / sizeof *openings };

bool dynamodb_pql_at_value(const struct pql_parser *parser)
{
    enum pql_token_kind kind = parser->current.kind;

    for (size_t i = 0; i < OPENINGS; i++)
        if (dynamodb_pql_at_symbol(parser, openings[i].symbol))
            return true;
    return kind == PQL_STRING || kind == PQL_NUMBER || dynamodb_pql_at_symbol(parser, "?") ||
           dynamodb_pql_at_symbol(parser, "-") || dynamodb_pql_at_symbol(parser, "+") ||
           dynamodb_pql_at_word(parser, "TRUE") || dynamodb_pql_at_word(parser, "FALSE") ||
           dynamodb_pql_at_word(parser, "NULL");
}

static bool read_signed(struct pql_parser *parser, const struct place *place,
                        struct dynamodb_attribute_value *value)
{
    str sign = parser->current.text;
    bool negative = dynamodb_pql_signs(parser);

    if (parser->current.kind == PQL_NUMBER)
        return read_number(parser, negative, place, value);
    if (!dynamodb_pql_at_name(parser))
        return dynamodb_pql_unexpected(parser);
    return dynamodb_pql_refuse(parser, arena_format(parser->scope.arena,
                                                    "Incorrect number of operands for operator or function; "
                                                    "operator or function: %.*s, number of operands: 1",
                                                    STR_ARGS(sign)));
}

/* A name with a "(" behind it is a function, which no value has. */
static bool refuse_word(struct pql_parser *parser, const struct place *place)
{
    str word = parser->current.text, written = parser->current.written;

    if (parser->current.kind != PQL_WORD || dynamodb_pql_at_keyword(parser))
        return dynamodb_pql_unexpected(parser);
    return dynamodb_pql_refuse_at(parser,
                                  arena_format(parser->scope.arena,
                                               "Unsupported data type: %.*s under key %.*s", STR_ARGS(word),
                                               STR_ARGS(place_text(parser, place))),
                                  written);
}

static bool depth_check(struct pql_parser *parser, const struct place *place)
{
    return !place || place->depth < MAX_ITEM_DEPTH ||
           dynamodb_pql_refuse(parser,
                               arena_join(parser->scope.arena, S(DYNAMODB_NESTED_TOO_DEEPLY " under "),
                                          place_text(parser, place)));
}

static bool read_value(struct pql_parser *parser, const struct place *place,
                       struct dynamodb_attribute_value *value)
{
    if (!depth_check(parser, place))
        return false;
    for (size_t i = 0; i < OPENINGS; i++) {
        if (!dynamodb_pql_at_symbol(parser, openings[i].symbol))
            continue;
        bool read = dynamodb_pql_deeper(parser) && openings[i].read(parser, place, value);
        parser->depth--;
        return read;
    }
    if (parser->current.kind == PQL_STRING) {
        *value = dynamodb_value_of(VALUE_S, parser->current.text);
        dynamodb_pql_advance(parser);
        return true;
    }
    if (parser->current.kind == PQL_NUMBER)
        return read_number(parser, false, place, value);
    if (dynamodb_pql_at_symbol(parser, "?"))
        return read_parameter(parser, place, value);
    if (dynamodb_pql_at_symbol(parser, "-") || dynamodb_pql_at_symbol(parser, "+"))
        return read_signed(parser, place, value);
    return dynamodb_pql_at_value(parser) ? read_word(parser, value) : refuse_word(parser, place);
}

bool dynamodb_pql_value(struct pql_parser *parser, struct dynamodb_attribute_value *value)
{
    *value = (struct dynamodb_attribute_value){0};
    return read_value(parser, NULL, value);
}

bool dynamodb_pql_item(struct pql_parser *parser, struct dynamodb_attribute_map *item)
{
    struct dynamodb_attribute_value value = {0};

    if (dynamodb_pql_at_symbol(parser, "{"))
        return read_attributes(parser, NULL, true, item);
    if (!read_value(parser, NULL, &value))
        return false;
    *item = dynamodb_value_is(&value, VALUE_M) ? value.m : (struct dynamodb_attribute_map){0};
    return item->items ||
           dynamodb_pql_refuse(parser,
                               S("Unsupported format in item expression. Please use struct format {...} "
                                 "to express item values for insert statement."));
}
