/*
 * log_columns.c: columns, and the fields of messages.
 */
#include "log_columns.h"

#include "base/list.h"

struct column {
    str name;                              /* empty: it has no name */
    const struct log_condition *condition; /* or NULL */
};

struct column_list {
    struct column *items;
    size_t count;
};

struct log_columns {
    struct column_list before, after; /* the ellipsis */
    bool has_ellipsis;
};

/* ---- reading ---- */

static bool is_name_character(char c)
{
    return logs_is_word_character(c) && (unsigned char)c <= 0x7f;
}

/* A condition's operand is its own column's name; the context has it once the first one is read. */
static const void *take_operand(struct log_reader *reader)
{
    str *name = *(str *const *)reader->context;
    str read = logs_take_while(reader, is_name_character);

    if (str_empty(read) || (str_present(*name) && !str_equal(read, *name)))
        return NULL;
    *name = read;
    return name;
}

static bool is_end_of_column(struct log_reader *reader)
{
    logs_skip_spaces(reader);
    return str_empty(reader->rest) || reader->rest.data[0] == ',';
}

/* A name, a condition, or nothing. */
static bool read_column(struct log_reader *reader, struct column *column)
{
    struct log_reader whole;
    str *name = &column->name;

    if (is_end_of_column(reader))
        return true;
    whole = *reader;
    column->name = logs_take_while(reader, is_name_character);
    if (!str_empty(column->name) && is_end_of_column(reader))
        return true;
    *reader = whole;
    column->name = (str){0};
    reader->context = &name;
    column->condition = logs_condition_read(reader);
    return column->condition && is_end_of_column(reader);
}

static bool read_ellipsis(struct log_reader *reader, struct log_columns *columns)
{
    if (!logs_take(reader, S("...")) && !logs_take(reader, S("\xe2\x80\xa6")))
        return false;
    columns->has_ellipsis = true;
    return true;
}

static bool read_columns(struct log_reader *reader, struct log_columns *columns)
{
    do {
        if (!columns->has_ellipsis && read_ellipsis(reader, columns)) {
            if (!is_end_of_column(reader))
                return false;
            continue;
        }
        struct column_list *list = columns->has_ellipsis ? &columns->after : &columns->before;
        if (!read_column(reader, list_add(reader->arena, list)))
            return false;
    } while (logs_take(reader, S(",")));
    return str_empty(reader->rest);
}

const struct log_columns *logs_columns_read(struct log_reader *reader)
{
    struct log_columns *columns = arena_new(reader->arena, struct log_columns);

    reader->rest = str_trim(reader->rest);
    if (!str_ends_with(reader->rest, S("]"))) {
        reader->problem = S("If a filter pattern starts with '[' it must end with ']'");
        return NULL;
    }
    reader->rest = str_from(str_head(reader->rest, reader->rest.size - 1), 1);
    reader->take_operand = take_operand;
    columns->has_ellipsis = str_empty(str_trim(reader->rest));
    return columns->has_ellipsis || read_columns(reader, columns) ? columns : NULL;
}

/* ---- events ---- */

/* The size of the field in brackets or quotes that `rest` begins with; 0: it does not end. */
static size_t enclosed_size(str rest, char end)
{
    for (size_t i = 1; i < rest.size; i++) {
        if (end == '"' && rest.data[i] == '\\')
            i++;
        else if (rest.data[i] == end)
            return i + 1;
    }
    return 0;
}

static size_t word_size(str rest)
{
    size_t size = 0;

    while (size < rest.size && !char_is_space(rest.data[size]))
        size++;
    return size;
}

/* Quotes and brackets without an end are searched for once, so splitting reads each byte twice at most. */
struct splitter {
    str rest;
    bool quotes_are_open, brackets_are_open;
};

static bool take_enclosed(struct splitter *splitter, str *field)
{
    char first = splitter->rest.data[0];
    bool *is_open = first == '"' ? &splitter->quotes_are_open : &splitter->brackets_are_open;

    if ((first != '"' && first != '[') || *is_open)
        return false;
    size_t size = enclosed_size(splitter->rest, first == '"' ? '"' : ']');
    *is_open = size == 0;
    if (size == 0)
        return false;
    *field = str_head(str_from(splitter->rest, 1), size - 2);
    splitter->rest = str_from(splitter->rest, size);
    return true;
}

struct log_fields logs_columns_split(struct arena *arena, str message)
{
    struct log_fields fields = {0};
    struct splitter splitter = {.rest = str_trim(message)};

    while (!str_empty(splitter.rest)) {
        str *field = list_add(arena, &fields);
        if (!take_enclosed(&splitter, field)) {
            *field = str_head(splitter.rest, word_size(splitter.rest));
            splitter.rest = str_from(splitter.rest, field->size);
        }
        splitter.rest = str_trim(splitter.rest);
    }
    return fields;
}

static bool field_passes(const struct log_condition *test, const void *event)
{
    return logs_value_passes(test, (struct log_value){LOG_VALUE_TEXT, *(const str *)event});
}

static bool fields_match(const struct column_list *columns, const str *fields)
{
    for (size_t i = 0; i < columns->count; i++)
        if (columns->items[i].condition &&
            !logs_condition_holds(columns->items[i].condition, field_passes, &fields[i]))
            return false;
    return true;
}

bool logs_columns_match(const struct log_columns *columns, const struct log_fields *fields)
{
    size_t named = columns->before.count + columns->after.count;

    if (columns->has_ellipsis ? fields->count < named : fields->count != named)
        return false;
    return fields_match(&columns->before, fields->items) &&
           (columns->after.count == 0 ||
            fields_match(&columns->after, fields->items + fields->count - columns->after.count));
}

/* The column of the field at that index, or NULL. */
static const struct column *column_of(const struct log_columns *columns, const struct log_fields *fields,
                                      size_t index)
{
    size_t from_end = fields->count - index;

    if (index < columns->before.count)
        return &columns->before.items[index];
    return from_end <= columns->after.count ? &columns->after.items[columns->after.count - from_end] : NULL;
}

str logs_columns_name(const struct log_columns *columns, struct arena *arena, const struct log_fields *fields,
                      size_t index)
{
    const struct column *column = column_of(columns, fields, index);

    return column && !str_empty(column->name) ? arena_join(arena, S("$"), column->name)
                                              : arena_format(arena, "$%zu", index + 1);
}

/* The column of that name among these, or the number of columns. */
static size_t index_of(const struct column_list *columns, str name)
{
    size_t i = 0;

    while (i < columns->count && !str_equal(columns->items[i].name, name))
        i++;
    return i;
}

str logs_columns_value(const struct log_columns *columns, const struct log_fields *fields, str name)
{
    str bare = str_from(name, 1);
    size_t before = index_of(&columns->before, bare), after = index_of(&columns->after, bare);
    int64_t number;

    if (before < columns->before.count)
        return fields->items[before];
    if (after < columns->after.count)
        return fields->items[fields->count - columns->after.count + after];
    bool numbered = str_to_i64(bare, &number) && number > 0 && (uint64_t)number <= fields->count;
    return numbered ? fields->items[number - 1] : (str){0};
}

bool logs_columns_have(const struct log_columns *columns, str name)
{
    str bare = str_from(name, 1);
    int64_t number;

    if (!str_starts_with(name, S("$")) || str_empty(bare))
        return false;
    return index_of(&columns->before, bare) < columns->before.count ||
           index_of(&columns->after, bare) < columns->after.count ||
           (str_to_i64(bare, &number) && number > 0);
}
