/*
 * parse.c: lines into the model's lists.  A line at the margin begins a declaration; indented lines belong to
 * it.  check.c checks what one declaration means for another.
 *
 * To add a declaration, write its parse function and call it in parse_declaration(); to add an option of
 * members, add it to parse_trait().
 */
#include "modelc.h"

/* The declaration that indented lines belong to. */
struct place {
    enum { NOWHERE, IN_SERVICE, IN_ALSO, IN_OPERATION, IN_EFFECT, IN_STRUCTURE, IN_ENUM, IN_ERROR } where;
    struct operation_entry *operation;
    struct effect_entry *effect;
    struct shape_entry *shape;
    struct error_entry *error;
};

static str word_or_absent(const struct line *line, size_t at)
{
    return at < line->count ? line->items[at].text : (str){0};
}

static bool needs_words(struct model *model, const struct line *line, size_t count, const char *form)
{
    return line->count >= count || complain(model, line->number, "This is written: %s", form);
}

static void add_names_from(struct model *model, const struct line *line, size_t from, struct names *names)
{
    for (size_t i = from; i < line->count; i++)
        *list_add(model->arena, names) = (struct name){line->items[i].text, line->number};
}

static struct shape_entry *declare_shape(struct model *model, const struct line *line, enum kind kind)
{
    str name = line->items[1].text;
    struct shape_entry *previous = find_shape(model, name);

    if (previous && previous->line == 0)
        complain(model, line->number, "%.*s is the name of a built-in type.", STR_ARGS(name));
    else if (previous)
        complain(model, line->number, "%.*s is declared twice, first in line %d.", STR_ARGS(name),
                 previous->line);

    struct shape_entry *shape = add_shape(model, name, line->number, kind);
    shape->named = true;
    return shape;
}

static void parse_service(struct model *model, const struct line *line, struct place *place)
{
    place->where = IN_SERVICE;
    if (!needs_words(model, line, 4, "service NAME \"TITLE\" VERSION"))
        return;
    if (str_present(model->name))
        complain(model, line->number, "A model has one service.");
    model->name = model->signing_name = line->items[1].text;
    model->title = line->items[2].text;
    model->version = line->items[3].text;
}

static void parse_effects(struct model *model, const struct line *line)
{
    if (str_present(model->name))
        complain(model, line->number, "A model is of one service, or of effects.");
    model->name = line->items[1].text;
    model->of_effects = true;
}

static void parse_effect(struct model *model, const struct line *line, struct place *place)
{
    place->where = IN_EFFECT;
    place->effect = list_add(model->arena, &model->effects);
    *place->effect = (struct effect_entry){.name = line->items[1].text, .line = line->number};
    if (line->count > 2)
        complain(model, line->number, "This is written: effect NAME");
}

static void parse_effect_line(struct model *model, const struct line *line, struct effect_entry *effect)
{
    const struct {
        const char *word;
        struct name *name;
    } parts[] = {{"input", &effect->input}, {"ended", &effect->ended}};

    for (size_t i = 0; line->count == 2 && i < sizeof parts / sizeof *parts; i++)
        if (str_equal(line->items[0].text, str_of(parts[i].word))) {
            *parts[i].name = (struct name){line->items[1].text, line->number};
            return;
        }
    complain(model, line->number, "An effect has an input and what is told when it has ended.");
}

static void parse_operation(struct model *model, const struct line *line, struct place *place)
{
    place->where = IN_OPERATION;
    place->operation = list_add(model->arena, &model->operations);
    *place->operation = (struct operation_entry){.line = line->number, .http_status = 200};
    if (!needs_words(model, line, 3,
                     "operation NAME reads|writes [internal] [anonymous] [prepared [if-large]] [long] "
                     "[large] [chunked] [in-pieces] [frees] [unfailing] [unsigned] [public]"))
        return;
    place->operation->name = line->items[1].text;
    if (!str_equal(line->items[2].text, S("reads")) && !str_equal(line->items[2].text, S("writes")))
        complain(model, line->number, "Operation %.*s must say whether it reads or writes.",
                 STR_ARGS(place->operation->name));
    place->operation->reads = str_equal(line->items[2].text, S("reads"));

    for (size_t i = 3; i < line->count; i++) {
        if (str_equal(line->items[i].text, S("internal")))
            place->operation->internal = true;
        else if (str_equal(line->items[i].text, S("anonymous")))
            place->operation->anonymous = true;
        else if (str_equal(line->items[i].text, S("prepared")) && !place->operation->reads)
            place->operation->prepared = true;
        else if (str_equal(line->items[i].text, S("if-large")) && place->operation->prepared)
            place->operation->prepared_if_large = true;
        else if (str_equal(line->items[i].text, S("long")) &&
                 (place->operation->reads || place->operation->prepared))
            place->operation->takes_long = true;
        else if (str_equal(line->items[i].text, S("large")))
            place->operation->takes_large = true;
        else if (str_equal(line->items[i].text, S("chunked")))
            place->operation->takes_chunked = true;
        else if (str_equal(line->items[i].text, S("in-pieces")) && !place->operation->reads)
            place->operation->takes_pieces = true;
        else if (str_equal(line->items[i].text, S("frees")) && !place->operation->reads)
            place->operation->frees = true;
        else if (str_equal(line->items[i].text, S("unfailing")) && place->operation->internal)
            place->operation->is_unfailing = true;
        else if (str_equal(line->items[i].text, S("unsigned")))
            place->operation->is_unsigned = true;
        else if (str_equal(line->items[i].text, S("public")))
            place->operation->is_public = true;
        else
            complain(model, line->number, "An operation cannot be \"%.*s\".", STR_ARGS(line->items[i].text));
    }
}

static void parse_http(struct model *model, const struct line *line, struct operation_entry *operation)
{
    int64_t status;

    if (!needs_words(model, line, 4, "http METHOD /PATH STATUS"))
        return;
    operation->http_method = line->items[1].text;
    operation->http_path = line->items[2].text;
    if (!str_to_i64(line->items[3].text, &status) || status < 200 || status > 299)
        complain(model, line->number, "%.*s is no status of a success.", STR_ARGS(line->items[3].text));
    else
        operation->http_status = (int)status;
}

static void parse_operation_line(struct model *model, const struct line *line,
                                 struct operation_entry *operation)
{
    str word = line->items[0].text;
    struct name value = {word_or_absent(line, 1), line->number};

    if (!str_present(value.text))
        complain(model, line->number, "\"%.*s\" needs a value.", STR_ARGS(word));
    else if (str_equal(word, S("input")))
        operation->input = value;
    else if (str_equal(word, S("output")))
        operation->output = value;
    else if (str_equal(word, S("errors")))
        add_names_from(model, line, 1, &operation->errors);
    else if (str_equal(word, S("action")))
        operation->action = value.text;
    else if (str_equal(word, S("http")))
        parse_http(model, line, operation);
    else if (!parse_permission_line(model, line, operation))
        complain(model, line->number, "An operation has no \"%.*s\".", STR_ARGS(word));
}

/* A word of the language, and the C constant for it. */
struct choice {
    const char *word, *constant;
};

static const char *choose(struct model *model, const struct line *line, size_t at,
                          const struct choice *choices)
{
    for (const struct choice *choice = choices; choice->word; choice++)
        if (str_equal(word_or_absent(line, at), str_of(choice->word)))
            return choice->constant;
    complain(model, line->number, "\"%.*s\" cannot be \"%.*s\".", STR_ARGS(line->items[at - 1].text),
             STR_ARGS(word_or_absent(line, at)));
    return NULL;
}

static void parse_location(struct model *model, const struct line *line, size_t *at, struct field *field)
{
    static const struct choice locations[] = {{"path", "IN_PATH"},          {"query", "IN_QUERY"},
                                              {"header", "IN_HEADER"},      {"headers", "IN_HEADERS"},
                                              {"status", "IN_STATUS"},      {"payload", "IN_PAYLOAD"},
                                              {"eventstream", "IN_EVENTS"}, {NULL, NULL}};

    field->location = choose(model, line, ++*at, locations);
    ++*at;
    if (*at < line->count && line->items[*at].quoted)
        field->wire_name = line->items[(*at)++].text;
}

static void parse_timestamp(struct model *model, const struct line *line, size_t *at, struct field *field)
{
    static const struct choice formats[] = {{"iso8601", "TIMESTAMP_ISO8601"},
                                            {"epoch", "TIMESTAMP_EPOCH"},
                                            {"http", "TIMESTAMP_HTTP"},
                                            {NULL, NULL}};

    field->timestamp = choose(model, line, ++*at, formats);
    ++*at;
}

/* Copy a scalar's shape, narrowed by this member's own constraints. */
static void narrow_type(struct model *model, const struct line *line, size_t *at, struct field *field)
{
    struct shape_entry *base = find_shape(model, field->type);

    if (!base || base->line != 0) {
        complain(model, line->number, "Constraints here belong to built-in types; declare them with %.*s.",
                 STR_ARGS(field->type));
        *at = line->count;
        return;
    }
    str name = arena_format(model->arena, "%.*s in line %d", STR_ARGS(field->type), line->number);
    struct shape_entry *shape = add_shape(model, name, line->number, base->kind);
    while (parse_constraint(model, line, at, shape))
        continue;
    field->type = name;
}

static bool is_constraint(str word)
{
    return str_equal(word, S("range")) || str_equal(word, S("length")) || str_equal(word, S("pattern")) ||
           str_equal(word, S("sensitive"));
}

static bool parse_quoted(struct model *model, const struct line *line, size_t *at, str *value)
{
    if (*at + 1 >= line->count || !line->items[*at + 1].quoted) {
        str word = line->items[*at].text;
        *at = line->count;
        return complain(model, line->number, "\"%.*s\" needs a quoted value.", STR_ARGS(word));
    }
    *value = line->items[*at + 1].text;
    *at += 2;
    return true;
}

static bool quoted_at(const struct line *line, size_t at)
{
    return at < line->count && line->items[at].quoted;
}

/* namespace "uri" ["prefix"] */
static void parse_namespace(struct model *model, const struct line *line, size_t *at,
                            struct namespace_entry *declares)
{
    parse_quoted(model, line, at, &declares->uri);
    if (quoted_at(line, *at))
        declares->prefix = line->items[(*at)++].text;
}

/* refused ["sentence"] [except "value" …] [with ERROR] */
static void parse_refusal(struct model *model, const struct line *line, size_t *at, struct field *field)
{
    struct refusal *refusal = &field->refusal;

    refusal->present = true;
    (*at)++;
    if (quoted_at(line, *at))
        refusal->sentence = line->items[(*at)++].text;
    if (str_equal(word_or_absent(line, *at), S("except")))
        for ((*at)++; quoted_at(line, *at); (*at)++)
            *list_add(model->arena, &refusal->except) = (struct name){line->items[*at].text, line->number};
    if (str_equal(word_or_absent(line, *at), S("with"))) {
        refusal->error = (struct name){word_or_absent(line, *at + 1), line->number};
        *at += 2;
    }
}

static void parse_trait(struct model *model, const struct line *line, size_t *at, struct field *field)
{
    str word = line->items[*at].text;

    if (str_equal(word, S("required")) || str_equal(word, S("optional"))) {
        field->required = str_equal(word, S("required"));
        (*at)++;
    } else if (str_equal(word, S("as"))) {
        parse_quoted(model, line, at, &field->wire_name);
    } else if (str_equal(word, S("flattened"))) {
        field->flattened = true;
        parse_quoted(model, line, at, &field->wire_name);
    } else if (str_equal(word, S("attribute"))) {
        field->attribute = true;
        (*at)++;
    } else if (str_equal(word, S("namespace"))) {
        parse_namespace(model, line, at, &field->declares);
    } else if (str_equal(word, S("default"))) {
        parse_quoted(model, line, at, &field->default_text);
    } else if (str_equal(word, S("refused"))) {
        parse_refusal(model, line, at, field);
    } else if (str_equal(word, S("in"))) {
        parse_location(model, line, at, field);
    } else if (str_equal(word, S("timestamp"))) {
        parse_timestamp(model, line, at, field);
    } else if (is_constraint(word)) {
        narrow_type(model, line, at, field);
    } else {
        complain(model, line->number, "A member cannot be \"%.*s\".", STR_ARGS(word));
        *at = line->count;
    }
}

static void check_new_member(struct model *model, const struct line *line, const struct shape_entry *shape,
                             str name)
{
    for (size_t i = 0; i < shape->fields.count; i++)
        if (str_equal(shape->fields.items[i].name, name))
            complain(model, line->number, "%.*s has two members named %.*s.", STR_ARGS(shape->name),
                     STR_ARGS(name));
}

/* like FunctionSettings: adds all members of a group. */
static void parse_like(struct model *model, const struct line *line, struct shape_entry *shape)
{
    const struct shape_entry *group = find_shape(model, word_or_absent(line, 1));

    if (!group || !group->is_group) {
        complain(model, line->number, "There is no group %.*s above.", STR_ARGS(word_or_absent(line, 1)));
        return;
    }
    for (size_t i = 0; i < group->fields.count; i++) {
        struct field field = group->fields.items[i];
        check_new_member(model, line, shape, field.name);
        field.group = group->name;
        *list_add(model->arena, &shape->fields) = field;
    }
}

static void parse_field(struct model *model, const struct line *line, struct shape_entry *shape)
{
    struct field field = {.name = line->items[0].text, .line = line->number};
    size_t at = 1;

    if (str_equal(field.name, S("like"))) {
        parse_like(model, line, shape);
        return;
    }
    check_new_member(model, line, shape, field.name);
    field.type = parse_type(model, line, &at);
    if (!str_present(field.type))
        return;
    while (at < line->count)
        parse_trait(model, line, &at, &field);
    *list_add(model->arena, &shape->fields) = field;
}

static void parse_structure_trait(struct model *model, const struct line *line, size_t *at,
                                  struct shape_entry *shape)
{
    str word = line->items[*at].text;

    if (str_equal(word, S("element"))) {
        parse_quoted(model, line, at, &shape->element_name);
    } else if (str_equal(word, S("namespace"))) {
        parse_namespace(model, line, at, &shape->declares);
    } else {
        complain(model, line->number, "A structure cannot be \"%.*s\".", STR_ARGS(word));
        *at = line->count;
    }
}

static void parse_structure(struct model *model, const struct line *line, struct place *place)
{
    place->where = IN_STRUCTURE;
    place->shape = declare_shape(model, line, KIND_STRUCTURE);
    place->shape->is_union = str_equal(line->items[0].text, S("union"));
    place->shape->is_group = str_equal(line->items[0].text, S("group"));
    place->shape->is_event = str_equal(line->items[0].text, S("event"));
    place->shape->named = !place->shape->is_group; /* a group has no shape of its own */
    for (size_t at = 2; at < line->count;)
        parse_structure_trait(model, line, &at, place->shape);
}

static void parse_enum(struct model *model, const struct line *line, struct place *place)
{
    place->where = IN_ENUM;
    place->shape = declare_shape(model, line, KIND_STRING);
    add_names_from(model, line, 2, &place->shape->values);
}

/* `string TableName length 1..255 pattern "..."`, and the same for the other built-in types */
static void parse_named_scalar(struct model *model, const struct line *line, enum kind kind)
{
    struct shape_entry *shape = declare_shape(model, line, kind);
    size_t at = 2;

    while (parse_constraint(model, line, &at, shape))
        continue;
    if (at < line->count)
        complain(model, line->number, "\"%.*s\" is no constraint.", STR_ARGS(line->items[at].text));
}

/*
 * `list Tags of Tag [item "Tag"] [length 1..50]`, `map Tags of string string [entry "Key" "Value"] [length
 * ..]`
 */
static void parse_named_container(struct model *model, const struct line *line, enum kind kind)
{
    struct shape_entry *shape = declare_shape(model, line, kind);
    size_t at = 3;

    if (!str_equal(word_or_absent(line, 2), S("of"))) {
        complain(model, line->number, "This is written: list NAME of TYPE, or map NAME of KEY TYPE");
        return;
    }
    if (kind == KIND_MAP)
        shape->key = parse_type(model, line, &at);
    shape->element = parse_type(model, line, &at);
    while (at < line->count) {
        str word = line->items[at].text;
        if (kind == KIND_LIST && str_equal(word, S("item"))) {
            parse_quoted(model, line, &at, &shape->item_name);
        } else if (kind == KIND_MAP && str_equal(word, S("entry"))) {
            if (parse_quoted(model, line, &at, &shape->key_name)) {
                at--;
                parse_quoted(model, line, &at, &shape->value_name);
            }
        } else if (kind == KIND_MAP && str_equal(word, S("key-namespace"))) {
            parse_namespace(model, line, &at, &shape->key_declares);
        } else if (str_equal(word, S("namespace"))) {
            parse_namespace(model, line, &at, &shape->element_declares);
        } else if (!parse_constraint(model, line, &at, shape)) {
            complain(model, line->number, "\"%.*s\" is no constraint.", STR_ARGS(word));
            return;
        }
    }
}

static void parse_error(struct model *model, const struct line *line, struct place *place)
{
    int64_t status = 0;
    size_t at = 3;

    place->where = IN_ERROR;
    place->error = list_add(model->arena, &model->errors);
    *place->error = (struct error_entry){.name = line->items[1].text, .line = line->number};
    if (!str_to_i64(word_or_absent(line, 2), &status) || status < 400 || status > 599)
        complain(model, line->number, "Error %.*s needs a status between 400 and 599.",
                 STR_ARGS(place->error->name));
    place->error->status = (int)status;

    while (at < line->count) {
        str word = line->items[at].text;
        if (str_equal(word, S("receiver"))) {
            place->error->receiver = true;
            at++;
        } else if (str_equal(word, S("query"))) {
            parse_quoted(model, line, &at, &place->error->query_code);
        } else if (str_equal(word, S("prefix"))) {
            parse_quoted(model, line, &at, &place->error->prefix);
        } else if (str_equal(word, S("message"))) {
            parse_quoted(model, line, &at, &place->error->message_name);
        } else {
            complain(model, line->number, "An error cannot be \"%.*s\".", STR_ARGS(word));
            return;
        }
    }
}

static void parse_error_member(struct model *model, const struct line *line, struct error_entry *error)
{
    if (!error->shape) {
        error->shape = add_shape(model, error->name, error->line, KIND_STRUCTURE);
        error->shape->is_error = true;
    }
    parse_field(model, line, error->shape);
}

static void parse_note(struct model *model, const struct line *line)
{
    if (line->count != 3 || !line->items[2].quoted) {
        complain(model, line->number,
                 "This is written: note OPERATION \"text\", or note SHAPE.MEMBER \"text\"");
        return;
    }
    *list_add(model->arena, &model->notes) =
        (struct note){{line->items[1].text, line->number}, line->items[2].text};
}

static bool parse_scalar_declaration(struct model *model, const struct line *line)
{
    static const struct {
        const char *word;
        enum kind kind;
    } scalars[] = {
        {"string", KIND_STRING}, {"blob", KIND_BLOB},    {"integer", KIND_INTEGER},
        {"long", KIND_INTEGER},  {"float", KIND_DOUBLE}, {"double", KIND_DOUBLE},
    };

    for (size_t i = 0; i < sizeof scalars / sizeof *scalars; i++) {
        if (str_equal(line->items[0].text, str_of(scalars[i].word))) {
            parse_named_scalar(model, line, scalars[i].kind);
            return true;
        }
    }
    return false;
}

static void parse_declaration(struct model *model, const struct line *line, struct place *place)
{
    str word = line->items[0].text;

    *place = (struct place){.where = NOWHERE};
    if (str_equal(word, S("also"))) {
        place->where = IN_ALSO;
        add_names_from(model, line, 1, &model->also);
    } else if (line->count < 2) {
        complain(model, line->number, "\"%.*s\" needs a name.", STR_ARGS(word));
    } else if (str_equal(word, S("service"))) {
        parse_service(model, line, place);
    } else if (str_equal(word, S("operation"))) {
        parse_operation(model, line, place);
    } else if (str_equal(word, S("effects"))) {
        parse_effects(model, line);
    } else if (str_equal(word, S("effect"))) {
        parse_effect(model, line, place);
    } else if (str_equal(word, S("structure")) || str_equal(word, S("union")) ||
               str_equal(word, S("group")) || str_equal(word, S("event"))) {
        parse_structure(model, line, place);
    } else if (str_equal(word, S("enum"))) {
        parse_enum(model, line, place);
    } else if (str_equal(word, S("list"))) {
        parse_named_container(model, line, KIND_LIST);
    } else if (str_equal(word, S("map"))) {
        parse_named_container(model, line, KIND_MAP);
    } else if (str_equal(word, S("error"))) {
        parse_error(model, line, place);
    } else if (str_equal(word, S("note"))) {
        parse_note(model, line);
    } else if (str_equal(word, S("resource"))) {
        parse_resource(model, line);
    } else if (str_equal(word, S("action"))) {
        parse_action(model, line);
    } else if (!parse_scalar_declaration(model, line)) {
        complain(model, line->number, "\"%.*s\" begins no declaration.", STR_ARGS(word));
    }
}

static void parse_indented(struct model *model, const struct line *line, struct place *place)
{
    switch (place->where) {
    case IN_SERVICE:
        parse_header(model, line);
        break;
    case IN_ALSO:
        add_names_from(model, line, 0, &model->also);
        break;
    case IN_OPERATION:
        parse_operation_line(model, line, place->operation);
        break;
    case IN_EFFECT:
        parse_effect_line(model, line, place->effect);
        break;
    case IN_STRUCTURE:
        parse_field(model, line, place->shape);
        break;
    case IN_ENUM:
        add_names_from(model, line, 0, &place->shape->values);
        break;
    case IN_ERROR:
        parse_error_member(model, line, place->error);
        break;
    case NOWHERE:
        complain(model, line->number, "This line is indented, but nothing above it takes lines.");
        break;
    }
}

static void add_builtins(struct model *model)
{
    static const struct {
        const char *name;
        enum kind kind;
    } builtins[] = {
        {"string", KIND_STRING},   {"blob", KIND_BLOB},           {"boolean", KIND_BOOLEAN},
        {"integer", KIND_INTEGER}, {"long", KIND_INTEGER},        {"float", KIND_DOUBLE},
        {"double", KIND_DOUBLE},   {"timestamp", KIND_TIMESTAMP}, {"opaque", KIND_OPAQUE},
    };

    for (size_t i = 0; i < sizeof builtins / sizeof *builtins; i++)
        add_shape(model, str_of(builtins[i].name), 0, builtins[i].kind);
}

void parse(struct model *model)
{
    struct lines lines = lex(model);
    struct place place = {.where = NOWHERE};

    add_builtins(model);
    for (size_t i = 0; i < lines.count; i++) {
        if (lines.items[i].indented)
            parse_indented(model, &lines.items[i], &place);
        else
            parse_declaration(model, &lines.items[i], &place);
    }
}
