/*
 * names.c: from AWS's names to C's.
 *
 * A new word begins at a capital after a small letter or digit, and at the last capital of a run
 * that a small letter follows: MD5OfMessageBody is md5_of_message_body, SSESpecification is
 * sse_specification, KMSMasterKeyArn is kms_master_key_arn.
 */
#include "modelc.h"

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}
static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}
static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool begins_word(str name, size_t i)
{
    if (i == 0 || !is_upper(name.data[i]))
        return false;
    char before = name.data[i - 1];
    if (is_lower(before) || is_digit(before))
        return true;
    /* "IDs": a plural s does not begin a word with the capital before it */
    bool plural = i + 2 == name.size && name.data[i + 1] == 's';
    return is_upper(before) && i + 1 < name.size && is_lower(name.data[i + 1]) && !plural;
}

str snake_case(struct arena *arena, str name)
{
    struct text text = text_in(arena);

    for (size_t i = 0; i < name.size; i++) {
        char c = name.data[i];
        if (begins_word(name, i))
            text_add_char(&text, '_');
        if (is_upper(c))
            c = (char)(c - 'A' + 'a');
        text_add_char(&text, is_lower(c) || is_digit(c) ? c : '_');
    }
    return text_str(&text);
}

str upper_case(struct arena *arena, str name)
{
    struct text text = text_in(arena);

    for (size_t i = 0; i < name.size; i++)
        text_add_char(&text, is_lower(name.data[i]) ? (char)(name.data[i] - 'a' + 'A') : name.data[i]);
    return text_str(&text);
}

static bool is_reserved(str name)
{
    static const char *const reserved[] = {
        "auto",  "bool",     "break",  "case",     "char",   "const",    "continue", "default",
        "do",    "double",   "else",   "enum",     "extern", "false",    "float",    "for",
        "goto",  "if",       "inline", "int",      "long",   "register", "restrict", "return",
        "short", "signed",   "sizeof", "static",   "struct", "switch",   "true",     "typedef",
        "union", "unsigned", "void",   "volatile", "while",  NULL};

    for (const char *const *word = reserved; *word; word++)
        if (str_equal(name, str_of(*word)))
            return true;
    return false;
}

str c_identifier(struct arena *arena, str name)
{
    str snake = snake_case(arena, name);
    return is_reserved(snake) ? arena_join(arena, snake, S("_")) : snake;
}

str enum_name(const struct model *model, const struct shape_entry *shape)
{
    return arena_format(model->arena, "%.*s_%.*s", STR_ARGS(model->name),
                        STR_ARGS(snake_case(model->arena, shape->name)));
}

bool is_scalar(enum kind kind)
{
    return kind == KIND_BOOLEAN || kind == KIND_INTEGER || kind == KIND_DOUBLE || kind == KIND_TIMESTAMP;
}

static const char *scalar_type(enum kind kind)
{
    switch (kind) {
    case KIND_BOOLEAN:
        return "bool";
    case KIND_INTEGER:
    case KIND_TIMESTAMP:
        return "int64_t";
    case KIND_DOUBLE:
        return "double";
    default:
        return "str";
    }
}

static bool is_container(const struct shape_entry *shape)
{
    return shape->kind == KIND_LIST || shape->kind == KIND_MAP;
}

static str with_suffix(const struct model *model, const struct shape_entry *container, str held)
{
    return arena_join(model->arena, held, container->kind == KIND_LIST ? S("_list") : S("_map"));
}

/* The parts of composed names: "message" for "struct sqs_message", "str", "i64". */
static str scalar_or_structure(const struct model *model, const struct shape_entry *shape)
{
    switch (shape->kind) {
    case KIND_BOOLEAN:
        return S("bool");
    case KIND_INTEGER:
    case KIND_TIMESTAMP:
        return S("i64");
    case KIND_DOUBLE:
        return S("double");
    case KIND_STRUCTURE:
        return str_from(shape->tag, model->name.size + 1);
    default:
        return S("str");
    }
}

/* The name of its content in C, whatever the source calls it: "message_list_map". */
static str content(const struct model *model, str type)
{
    const struct shape_entry *shape = find_shape(model, type);

    return is_container(shape) ? with_suffix(model, shape, content(model, shape->element))
                               : scalar_or_structure(model, shape);
}

static bool is_shared(str container)
{
    return str_equal(container, S("str_list")) || str_equal(container, S("i64_list")) ||
           str_equal(container, S("double_list")) || str_equal(container, S("str_map"));
}

/*
 * The container that gives a container its name: itself if it is declared, else the first with the same
 * content.
 */
static const struct shape_entry *declaration_of(const struct model *model,
                                                const struct shape_entry *container)
{
    if (container->named)
        return container;
    str held = content(model, container->name);
    for (size_t i = 0; i < model->shapes.count; i++) {
        const struct shape_entry *shape = model->shapes.items[i];
        if (shape->named && is_container(shape) && str_equal(content(model, shape->name), held))
            return shape;
    }
    return NULL;
}

/* The name without the service's prefix. */
static str container_name(const struct model *model, const struct shape_entry *container)
{
    str held = content(model, container->name);

    if (is_shared(held))
        return held;
    const struct shape_entry *declared = declaration_of(model, container);
    if (declared)
        return snake_case(model->arena, declared->name);
    const struct shape_entry *element = find_shape(model, container->element);
    return with_suffix(model, container,
                       is_container(element) ? container_name(model, element)
                                             : scalar_or_structure(model, element));
}

static str container_tag(const struct model *model, const struct shape_entry *shape)
{
    str name = container_name(model, shape);

    return is_shared(name) ? name
                           : arena_format(model->arena, "%.*s_%.*s", STR_ARGS(model->name), STR_ARGS(name));
}

/* Complain when a declared name equals the composed name of another container. */
static void check_container_name(struct model *model, size_t index)
{
    const struct shape_entry *shape = model->shapes.items[index];

    for (size_t i = 0; i < index; i++) {
        const struct shape_entry *other = model->shapes.items[i];
        if (is_container(other) && str_equal(other->tag, shape->tag) &&
            !str_equal(content(model, other->name), content(model, shape->name)))
            complain(model, shape->line,
                     "%.*s would have the same name in C as %.*s, which holds something else.",
                     STR_ARGS(shape->name), STR_ARGS(other->name));
    }
}

static void name_shape(struct model *model, struct shape_entry *shape, size_t index)
{
    struct arena *arena = model->arena;
    str snake = snake_case(arena, shape->name);

    if (shape->kind == KIND_STRUCTURE)
        shape->tag = arena_format(arena, "%.*s_%.*s", STR_ARGS(model->name), STR_ARGS(snake));
    else if (is_container(shape))
        shape->tag = container_tag(model, shape);
    else
        shape->tag = str_of(scalar_type(shape->kind));

    if (shape->is_error)
        shape->constant = arena_format(arena, "%.*s_details", STR_ARGS(snake));
    else if (shape->named)
        shape->constant =
            upper_case(arena, arena_format(arena, "%.*s_%.*s", STR_ARGS(model->name), STR_ARGS(snake)));
    else
        shape->constant = arena_format(arena, "shape_%zu", index);
}

static void name_fields(struct model *model, struct shape_entry *shape)
{
    for (size_t i = 0; i < shape->fields.count; i++) {
        struct field *field = &shape->fields.items[i];

        field->c_name = c_identifier(model->arena, field->name);
        for (size_t j = 0; j < i; j++)
            if (str_equal(shape->fields.items[j].c_name, field->c_name))
                complain(model, field->line, "The members %.*s and %.*s of %.*s have the same name in C.",
                         STR_ARGS(shape->fields.items[j].name), STR_ARGS(field->name), STR_ARGS(shape->name));
    }
}

bool is_foreign(str name)
{
    return str_present(name) && str_index(name, '.') > 0;
}

str foreign_model(str name)
{
    return str_head(name, (size_t)str_index(name, '.'));
}

/* "Exited" of "sandbox.Exited". */
static str foreign_structure(str name)
{
    return str_from(name, (size_t)str_index(name, '.') + 1);
}

/* An operation without input or output in AWS's model gets a struct of its own. */
static str operation_tag(const struct model *model, const struct operation_entry *operation,
                         const struct name *shape, const char *suffix)
{
    if (is_foreign(shape->text))
        return arena_format(model->arena, "%.*s_%.*s", STR_ARGS(foreign_model(shape->text)),
                            STR_ARGS(snake_case(model->arena, foreign_structure(shape->text))));
    return str_present(shape->text)
               ? find_shape(model, shape->text)->tag
               : arena_format(model->arena, "%.*s%s", STR_ARGS(operation->c_name), suffix);
}

void name_everything(struct model *model)
{
    /* containers take their names from structures, so structures come first */
    for (size_t i = 0; i < model->shapes.count; i++)
        if (model->shapes.items[i]->kind == KIND_STRUCTURE)
            name_shape(model, model->shapes.items[i], i);
    for (size_t i = 0; i < model->shapes.count; i++)
        if (model->shapes.items[i]->kind != KIND_STRUCTURE)
            name_shape(model, model->shapes.items[i], i);
    for (size_t i = 0; i < model->shapes.count; i++)
        if (is_container(model->shapes.items[i]))
            check_container_name(model, i);
    for (size_t i = 0; i < model->shapes.count; i++)
        name_fields(model, model->shapes.items[i]);

    for (size_t i = 0; i < model->operations.count; i++) {
        struct operation_entry *operation = &model->operations.items[i];
        str snake = snake_case(model->arena, operation->name);

        operation->c_name = arena_format(model->arena, "%.*s_%.*s", STR_ARGS(model->name), STR_ARGS(snake));
        operation->input_tag = operation_tag(model, operation, &operation->input, "_input");
        operation->output_tag = operation_tag(model, operation, &operation->output, "_output");
    }
}
