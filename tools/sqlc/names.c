/*
 * names.c: types, and which names C accepts.
 */
#include "sqlc.h"

static const str type_names[] = {
    [TYPE_INTEGER] = STR_INIT("integer"),
    [TYPE_REAL] = STR_INIT("real"),
    [TYPE_TEXT] = STR_INIT("text"),
    [TYPE_BLOB] = STR_INIT("blob"),
};

bool type_parse(str word, enum type *type)
{
    for (enum type i = TYPE_INTEGER; i <= TYPE_BLOB; i++) {
        if (str_equal_nocase(type_names[i], word)) {
            *type = i;
            return true;
        }
    }
    return false;
}

bool returns_rows(const struct statement *statement)
{
    return statement->kind == KIND_ONE || statement->kind == KIND_MANY || statement->kind == KIND_EACH;
}

bool takes_row(const struct statement *statement)
{
    return str_present(statement->row) && !returns_rows(statement);
}

bool has_name(const struct names *names, str name)
{
    for (size_t i = 0; i < names->count; i++) {
        if (str_equal_nocase(names->items[i], name))
            return true;
    }
    return false;
}

static bool shares_name(const struct names *a, const struct names *b)
{
    for (size_t i = 0; i < a->count; i++) {
        if (has_name(b, a->items[i]))
            return true;
    }
    return false;
}

bool changes_cached(const struct source *source, const struct statement *statement)
{
    for (size_t i = 0; i < source->statements.count; i++) {
        const struct statement *other = &source->statements.items[i];
        if (other->cached && shares_name(&statement->writes, &other->reads))
            return true;
    }
    return false;
}

const struct enumeration *find_enum(const struct source *source, str table, str column)
{
    for (size_t i = 0; i < source->enums.count; i++) {
        const struct enumeration *known = &source->enums.items[i];
        if (str_equal(known->table, table) && str_equal(known->column, column))
            return known;
    }
    return NULL;
}

bool same_type(const struct field *a, const struct field *b)
{
    return a->type == b->type && a->nullable == b->nullable && a->values == b->values;
}

struct row *find_row(const struct source *source, str name)
{
    for (size_t i = 0; i < source->rows.count; i++) {
        if (str_equal(source->rows.items[i].name, name))
            return &source->rows.items[i];
    }
    return NULL;
}

const struct field *find_field(const struct fields *fields, str name)
{
    for (size_t i = 0; i < fields->count; i++) {
        if (str_equal(fields->items[i].name, name))
            return &fields->items[i];
    }
    return NULL;
}

static bool is_c_keyword(str name)
{
    static const str keywords[] = {
        STR_INIT("auto"),     STR_INIT("break"),    STR_INIT("case"),     STR_INIT("char"),
        STR_INIT("const"),    STR_INIT("continue"), STR_INIT("default"),  STR_INIT("do"),
        STR_INIT("double"),   STR_INIT("else"),     STR_INIT("enum"),     STR_INIT("extern"),
        STR_INIT("float"),    STR_INIT("for"),      STR_INIT("goto"),     STR_INIT("if"),
        STR_INIT("inline"),   STR_INIT("int"),      STR_INIT("long"),     STR_INIT("register"),
        STR_INIT("restrict"), STR_INIT("return"),   STR_INIT("short"),    STR_INIT("signed"),
        STR_INIT("sizeof"),   STR_INIT("static"),   STR_INIT("struct"),   STR_INIT("switch"),
        STR_INIT("typedef"),  STR_INIT("union"),    STR_INIT("unsigned"), STR_INIT("void"),
        STR_INIT("volatile"), STR_INIT("while"),    STR_INIT("bool"),     STR_INIT("true"),
        STR_INIT("false"),
    };

    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++) {
        if (str_equal(keywords[i], name))
            return true;
    }
    return false;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool is_c_name(str name)
{
    if (str_empty(name) || !is_letter(name.data[0]) || is_c_keyword(name))
        return false;
    for (size_t i = 1; i < name.size; i++) {
        if (!is_letter(name.data[i]) && !(name.data[i] >= '0' && name.data[i] <= '9'))
            return false;
    }
    return true;
}
