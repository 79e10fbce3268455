/*
 * check.c: checks everything that can be wrong between declarations.  The emit files need no further checks.
 */
#include "modelc.h"

#include <string.h>

bool names_contain(const struct names *names, str text)
{
    for (size_t i = 0; i < names->count; i++)
        if (str_equal(names->items[i].text, text))
            return true;
    return false;
}

struct shape_entry *find_shape(const struct model *model, str name)
{
    for (size_t i = 0; i < model->shapes.count; i++)
        if (str_equal(model->shapes.items[i]->name, name))
            return model->shapes.items[i];
    return NULL;
}

struct shape_entry *add_shape(struct model *model, str name, int line, enum kind kind)
{
    struct shape_entry *shape = arena_new(model->arena, struct shape_entry);

    *shape = (struct shape_entry){.name = name, .line = line, .kind = kind};
    *list_add(model->arena, &model->shapes) = shape;
    return shape;
}

static struct error_entry *find_error(const struct model *model, str name)
{
    for (size_t i = 0; i < model->errors.count; i++)
        if (str_equal(model->errors.items[i].name, name))
            return &model->errors.items[i];
    return NULL;
}

static const struct operation_entry *find_operation(const struct model *model, str name)
{
    for (size_t i = 0; i < model->operations.count; i++)
        if (str_equal(model->operations.items[i].name, name))
            return &model->operations.items[i];
    return NULL;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void check_name(struct model *model, int line, str name)
{
    bool well = name.size > 0 && is_letter(name.data[0]);

    for (size_t i = 1; well && i < name.size; i++)
        well = is_letter(name.data[i]) || is_digit(name.data[i]) || name.data[i] == '_';
    if (!well)
        complain(model, line, "\"%.*s\" is no name: letters, digits and underscores.", STR_ARGS(name));
}

static bool speaks(const struct model *model, str protocol)
{
    return names_contain(&model->protocols, protocol);
}

static void check_service(struct model *model)
{
    static const char *const known[] = {"json-1.0",  "json-1.1", "query",
                                        "rest-json", "rest-xml", "rpc-v2-cbor"};

    if (!str_present(model->name)) {
        complain(model, 1, "The model names no service.");
        return;
    }
    check_name(model, 1, model->name);
    if (model->protocols.count == 0 || model->protocols.count > 3)
        complain(model, 1, "A service speaks one to three protocols.");
    for (size_t i = 0; i < model->protocols.count; i++) {
        bool found = false;
        for (size_t k = 0; k < sizeof known / sizeof *known; k++)
            found = found || str_equal(model->protocols.items[i].text, str_of(known[k]));
        if (!found)
            complain(model, model->protocols.items[i].line, "There is no protocol \"%.*s\".",
                     STR_ARGS(model->protocols.items[i].text));
    }
    bool by_target = speaks(model, S("json-1.0")) || speaks(model, S("json-1.1"));
    if (by_target && !str_present(model->target))
        complain(model, 1, "A service that speaks JSON needs a target.");
    if (speaks(model, S("rpc-v2-cbor")) && !str_present(model->target))
        complain(model, 1, "A service that speaks RPC v2 needs a target: its name in the path.");
    if (speaks(model, S("query")) && !str_present(model->xml_namespace))
        complain(model, 1, "A service that speaks Query needs a namespace.");
}

static void use_error(struct model *model, const struct name *name)
{
    struct error_entry *error = find_error(model, name->text);

    if (error)
        error->used = true;
    else
        complain(model, name->line, "There is no error %.*s.", STR_ARGS(name->text));
}

static void check_role(struct model *model, const struct name *role, const char *word)
{
    if (str_present(role->text))
        use_error(model, role);
    else
        complain(model, 1, "The service names no %s.", word);
}

static void use_error_of_refusals(struct model *model)
{
    if (str_present(model->refusal.text))
        use_error(model, &model->refusal);
    for (size_t i = 0; i < model->shapes.count; i++) {
        struct fields *fields = &model->shapes.items[i]->fields;
        for (size_t k = 0; k < fields->count; k++) {
            struct refusal *refusal = &fields->items[k].refusal;
            if (refusal->present && !str_present(refusal->error.text))
                refusal->error = model->refusal;
            else if (refusal->present)
                use_error(model, &refusal->error);
        }
    }
}

/* ---- types ---- */

static bool check_type(struct model *model, int line, str type)
{
    if (!str_present(type))
        return false;
    return find_shape(model, type) || complain(model, line, "There is no shape %.*s.", STR_ARGS(type));
}

/* Is it a map of strings, or of lists of strings? */
static bool is_map_of_parameters(const struct model *model, const struct field *field)
{
    const struct shape_entry *map = find_shape(model, field->type), *value = find_shape(model, map->element);

    if (value && value->kind == KIND_LIST)
        value = find_shape(model, value->element);
    return value && value->kind == KIND_STRING;
}

/* Only elements declare namespaces; that of a payload belongs to its structure. */
static void check_namespace(struct model *model, const struct field *field)
{
    if (str_present(field->declares.uri) && (field->attribute || field->location))
        complain(model, field->line, "%.*s is no element in a document, so it declares no namespace.",
                 STR_ARGS(field->name));
}

static void check_field(struct model *model, const struct shape_entry *shape, const struct field *field)
{
    check_name(model, field->line, field->name);
    if (!check_type(model, field->line, field->type))
        return;

    enum kind kind = find_shape(model, field->type)->kind;
    if (field->flattened && kind != KIND_LIST && kind != KIND_MAP)
        complain(model, field->line, "%.*s is flattened, but is neither a list nor a map.",
                 STR_ARGS(field->name));
    if (field->attribute && !is_scalar(kind) && kind != KIND_STRING)
        complain(model, field->line, "%.*s is an attribute, but neither a text nor a number.",
                 STR_ARGS(field->name));
    if (kind == KIND_MAP && field->location && strcmp(field->location, "IN_QUERY") == 0 &&
        !is_map_of_parameters(model, field))
        complain(model, field->line, "%.*s is in the query, but is no map of strings or lists of strings.",
                 STR_ARGS(field->name));
    check_namespace(model, field);
    if (field->timestamp && kind != KIND_TIMESTAMP)
        complain(model, field->line, "%.*s is no timestamp.", STR_ARGS(field->name));
    if (str_present(field->default_text) && (!shape->is_error || kind != KIND_STRING))
        complain(model, field->line, "Only a string of an error has a default.");
}

/*
 * A member that a client may send and that has no readable type must be refused; a member that no client
 * sends cannot be.
 */
static void check_refusal(struct model *model, const struct shape_entry *shape, const struct field *field)
{
    const struct refusal *refusal = &field->refusal;
    const struct shape_entry *type = find_shape(model, field->type);

    if (type && type->kind == KIND_OPAQUE && shape->in_input && !refusal->present)
        complain(model, field->line, "%.*s is opaque, so an input must refuse it.", STR_ARGS(field->name));
    if (!refusal->present)
        return;
    if (!shape->in_input)
        complain(model, field->line, "No input has %.*s, so it cannot be refused.", STR_ARGS(field->name));
    if (field->required && refusal->except.count == 0)
        complain(model, field->line, "%.*s is required, so it cannot be refused.", STR_ARGS(field->name));
    for (size_t i = 0; type && type->values.count > 0 && i < refusal->except.count; i++)
        if (!names_contain(&type->values, refusal->except.items[i].text))
            complain(model, field->line, "%.*s has no value %.*s.", STR_ARGS(type->name),
                     STR_ARGS(refusal->except.items[i].text));
}

static void check_refusals(struct model *model)
{
    for (size_t i = 0; i < model->shapes.count; i++)
        for (size_t k = 0; !model->shapes.items[i]->is_group && k < model->shapes.items[i]->fields.count; k++)
            check_refusal(model, model->shapes.items[i], &model->shapes.items[i]->fields.items[k]);
}

static bool refuses(const struct model *model, str name)
{
    const struct shape_entry *shape = find_shape(model, name);

    return shape && shape->refuses;
}

static bool is_refusing(const struct model *model, const struct shape_entry *shape)
{
    if (shape->kind == KIND_LIST || shape->kind == KIND_MAP)
        return refuses(model, shape->element);
    for (size_t i = 0; i < shape->fields.count; i++)
        if (shape->fields.items[i].refusal.present || refuses(model, shape->fields.items[i].type))
            return true;
    return false;
}

/* Shapes contain each other in circles: repeat until nothing changes. */
static void mark_refusing(struct model *model)
{
    for (bool again = true; again;) {
        again = false;
        for (size_t i = 0; i < model->shapes.count; i++) {
            struct shape_entry *shape = model->shapes.items[i];
            if (shape->refuses || !is_refusing(model, shape))
                continue;
            shape->refuses = again = true;
        }
    }
}

static void mark_input(struct model *model, str name)
{
    struct shape_entry *shape = find_shape(model, name);

    if (!shape || shape->in_input)
        return;
    shape->in_input = true;
    if (shape->kind == KIND_LIST || shape->kind == KIND_MAP)
        mark_input(model, shape->element);
    for (size_t i = 0; i < shape->fields.count; i++)
        mark_input(model, shape->fields.items[i].type);
}

static void check_container(struct model *model, struct shape_entry *shape)
{
    if (shape->kind == KIND_MAP && check_type(model, shape->line, shape->key) &&
        find_shape(model, shape->key)->kind != KIND_STRING)
        complain(model, shape->line, "The keys of a map are strings.");
    if (!check_type(model, shape->line, shape->element))
        return;

    /* a container that contains itself without a structure between has no end */
    size_t steps = 0;
    const struct shape_entry *inner = shape;
    while (inner && (inner->kind == KIND_LIST || inner->kind == KIND_MAP) && steps++ <= model->shapes.count)
        inner = find_shape(model, inner->element);
    if (steps > model->shapes.count)
        complain(model, shape->line, "%.*s holds itself.", STR_ARGS(shape->name));
}

static void check_shape(struct model *model, struct shape_entry *shape)
{
    if (shape->kind == KIND_LIST || shape->kind == KIND_MAP)
        check_container(model, shape);
    for (size_t i = 0; i < shape->fields.count; i++)
        if (!str_present(shape->fields.items[i].group)) /* members of a group are checked in the group */
            check_field(model, shape, &shape->fields.items[i]);
    for (size_t i = 0; i < shape->values.count; i++)
        for (size_t j = 0; j < i; j++)
            if (str_equal(shape->values.items[i].text, shape->values.items[j].text))
                complain(model, shape->values.items[i].line, "%.*s has the value %.*s twice.",
                         STR_ARGS(shape->name), STR_ARGS(shape->values.items[i].text));
}

/* ---- operations ---- */

static void use_shape(struct model *model, str name)
{
    struct shape_entry *shape = find_shape(model, name);

    if (!shape || shape->used)
        return;
    shape->used = true;
    if (shape->kind == KIND_MAP)
        use_shape(model, shape->key);
    if (shape->kind == KIND_LIST || shape->kind == KIND_MAP)
        use_shape(model, shape->element);
    for (size_t i = 0; i < shape->fields.count; i++)
        use_shape(model, shape->fields.items[i].type);
}

static void use_structure(struct model *model, const struct name *name)
{
    if (!str_present(name->text) || !check_type(model, name->line, name->text))
        return;
    if (find_shape(model, name->text)->kind != KIND_STRUCTURE)
        complain(model, name->line, "%.*s is no structure.", STR_ARGS(name->text));
    else
        use_shape(model, name->text);
}

/* {label} or {label+} */
static bool path_names(str path, str label)
{
    str rest = path, name;

    while (str_next(&rest, '{', &name)) {
        str after = str_from(rest, label.size);
        if (str_starts_with(rest, label) &&
            (str_starts_with(after, S("}")) || str_starts_with(after, S("+}"))))
            return true;
    }
    return false;
}

static str label_of(const struct field *field)
{
    return str_present(field->wire_name) ? field->wire_name : field->name;
}

static void check_input_locations(struct model *model, const struct operation_entry *operation,
                                  const struct shape_entry *input)
{
    size_t in_path = 0, payloads = 0, labels = 0;

    for (size_t i = 0; i < input->fields.count; i++) {
        const struct field *field = &input->fields.items[i];
        str location = str_of(field->location);

        payloads += str_equal(location, S("IN_PAYLOAD"));
        if (!str_equal(location, S("IN_PATH")))
            continue;
        in_path++;
        if (!field->required)
            complain(model, field->line, "%.*s stands in the path, so it is required.",
                     STR_ARGS(field->name));
        if (!path_names(operation->http_path, label_of(field)))
            complain(model, operation->line, "The path of %.*s lacks {%.*s}.", STR_ARGS(operation->name),
                     STR_ARGS(label_of(field)));
    }
    for (size_t i = 0; i < operation->http_path.size; i++)
        labels += operation->http_path.data[i] == '{';
    if (labels > in_path)
        complain(model, operation->line, "The path of %.*s names members that are not `in path`.",
                 STR_ARGS(operation->name));
    if (payloads > 1)
        complain(model, operation->line, "The input of %.*s has more than one payload.",
                 STR_ARGS(operation->name));
}

/* The encoding is of bytes: a document of a protocol never comes so. */
static void check_chunked(struct model *model, const struct operation_entry *operation,
                          const struct shape_entry *input)
{
    for (size_t i = 0; input && i < input->fields.count; i++) {
        const struct field *field = &input->fields.items[i];
        if (str_equal(str_of(field->location), S("IN_PAYLOAD")) &&
            find_shape(model, field->type)->kind == KIND_BLOB)
            return;
    }
    complain(model, operation->line, "%.*s is chunked, so its input needs a blob that is `in payload`.",
             STR_ARGS(operation->name));
}

bool operation_streams(const struct model *model, const struct operation_entry *operation)
{
    const struct shape_entry *output = find_shape(model, operation->output.text);

    for (size_t i = 0; output && i < output->fields.count; i++)
        if (str_equal(str_of(output->fields.items[i].location), S("IN_EVENTS")))
            return true;
    return false;
}

/* Count the members that are `in eventstream`, of which a structure may have one. */
static size_t count_streams(struct model *model, const struct shape_entry *shape)
{
    size_t streams = 0;

    for (size_t i = 0; shape && i < shape->fields.count; i++) {
        const struct field *field = &shape->fields.items[i];
        if (!str_equal(str_of(field->location), S("IN_EVENTS")))
            continue;
        const struct shape_entry *events = find_shape(model, field->type);
        streams++;
        if (!events || !events->is_union)
            complain(model, field->line, "%.*s is a stream of events, so its shape is a union.",
                     STR_ARGS(field->name));
    }
    return streams;
}

static void check_stream(struct model *model, const struct operation_entry *operation)
{
    if (count_streams(model, find_shape(model, operation->input.text)) > 0)
        complain(model, operation->line, "The input of %.*s cannot be a stream of events.",
                 STR_ARGS(operation->name));
    size_t streams = count_streams(model, find_shape(model, operation->output.text));
    if (streams > 1)
        complain(model, operation->line, "The output of %.*s has more than one stream of events.",
                 STR_ARGS(operation->name));
    if (streams == 0)
        return;
    if (operation->internal)
        complain(model, operation->line, "%.*s streams, so it is not internal.", STR_ARGS(operation->name));
    if (speaks(model, S("query")) || speaks(model, S("rest-xml")) || speaks(model, S("rpc-v2-cbor")))
        complain(model, operation->line, "%.*s streams, which only the JSON protocols do.",
                 STR_ARGS(operation->name));
}

static void check_http(struct model *model, const struct operation_entry *operation)
{
    if (!(speaks(model, S("rest-json")) || speaks(model, S("rest-xml"))) || operation->internal)
        return;
    if (!str_present(operation->http_path)) {
        complain(model, operation->line, "Operation %.*s needs its http line.", STR_ARGS(operation->name));
        return;
    }
    const struct shape_entry *input = find_shape(model, operation->input.text);
    if (input)
        check_input_locations(model, operation, input);
}

/* Note an input structure of another model, so that its header is included. */
static void use_input(struct model *model, const struct operation_entry *operation)
{
    if (!is_foreign(operation->input.text))
        use_structure(model, &operation->input);
    else if (!operation->internal)
        complain(model, operation->input.line, "Only internal operations take a structure of another model.");
}

static void check_operation(struct model *model, size_t index)
{
    const struct operation_entry *operation = &model->operations.items[index];

    for (size_t i = 0; i < index; i++)
        if (str_equal(model->operations.items[i].name, operation->name))
            complain(model, operation->line, "Operation %.*s is declared twice.", STR_ARGS(operation->name));
    if (names_contain(&model->also, operation->name))
        complain(model, operation->line, "%.*s is served, so it does not belong under `also`.",
                 STR_ARGS(operation->name));
    use_input(model, operation);
    use_structure(model, &operation->output);
    for (size_t i = 0; i < operation->errors.count; i++)
        use_error(model, &operation->errors.items[i]);
    check_http(model, operation);
    check_stream(model, operation);
    if (operation->takes_chunked)
        check_chunked(model, operation, find_shape(model, operation->input.text));
}

static void check_effect(struct model *model, size_t index)
{
    const struct effect_entry *effect = &model->effects.items[index];

    for (size_t i = 0; i < index; i++)
        if (str_equal(model->effects.items[i].name, effect->name))
            complain(model, effect->line, "Effect %.*s is declared twice.", STR_ARGS(effect->name));
    if (!str_present(effect->input.text) || !str_present(effect->ended.text)) {
        complain(model, effect->line, "Effect %.*s needs its input and ended lines.", STR_ARGS(effect->name));
        return;
    }
    use_structure(model, &effect->input);
    const struct shape_entry *ended = find_shape(model, effect->ended.text);
    if (!ended || !ended->is_event)
        complain(model, effect->ended.line, "There is no event %.*s.", STR_ARGS(effect->ended.text));
}

static void check_events(struct model *model)
{
    for (size_t i = 0; i < model->shapes.count; i++) {
        const struct shape_entry *shape = model->shapes.items[i];
        if (shape->is_event && !model->of_effects)
            complain(model, shape->line, "Only a model of effects has events.");
        else if (shape->is_event)
            use_shape(model, shape->name);
    }
}

static void check_effects(struct model *model)
{
    if (model->of_effects)
        check_name(model, 1, model->name);
    if (model->of_effects && model->operations.count > 0)
        complain(model, model->operations.items[0].line, "A model of effects has no operations.");
    if (!model->of_effects && model->effects.count > 0)
        complain(model, model->effects.items[0].line, "Effects stand in a model of their own: effects NAME");
    for (size_t i = 0; i < model->effects.count; i++)
        check_effect(model, i);
    check_events(model);
}

static void check_error(struct model *model, size_t index)
{
    const struct error_entry *error = &model->errors.items[index];

    for (size_t i = 0; i < index; i++)
        if (str_equal(model->errors.items[i].name, error->name))
            complain(model, error->line, "Error %.*s is declared twice.", STR_ARGS(error->name));
    if (!error->used)
        complain(model, error->line, "No operation answers with the error %.*s.", STR_ARGS(error->name));
    if (error->shape)
        use_shape(model, error->shape->name);
}

/* ---- notes, and unused shapes ---- */

static bool note_has_subject(const struct model *model, str subject)
{
    ptrdiff_t dot = str_index(subject, '.');

    if (dot < 0)
        return find_operation(model, subject) || names_contain(&model->also, subject);

    const struct shape_entry *shape = find_shape(model, str_head(subject, (size_t)dot));
    for (size_t i = 0; shape && i < shape->fields.count; i++)
        if (str_equal(shape->fields.items[i].name, str_from(subject, (size_t)dot + 1)))
            return true;
    return false;
}

static void check_notes(struct model *model)
{
    for (size_t i = 0; i < model->notes.count; i++) {
        const struct name *subject = &model->notes.items[i].subject;
        if (!note_has_subject(model, subject->text))
            complain(model, subject->line, "There is no operation or member %.*s to take note of.",
                     STR_ARGS(subject->text));
    }
}

static void check_unused(struct model *model)
{
    for (size_t i = 0; i < model->shapes.count; i++) {
        const struct shape_entry *shape = model->shapes.items[i];
        if (shape->named && !shape->used)
            complain(model, shape->line, "No operation uses %.*s.", STR_ARGS(shape->name));
    }
}

static void add_constant(struct model *model, struct names *constants, struct name name)
{
    struct name spelled = {snake_case(model->arena, name.text), name.line};

    check_name(model, name.line, name.text);
    for (size_t i = 0; i < constants->count; i++)
        if (str_equal(constants->items[i].text, spelled.text))
            complain(model, name.line, "%.*s would have the same name in C as what line %d declares.",
                     STR_ARGS(name.text), constants->items[i].line);
    *list_add(model->arena, constants) = spelled;
}

/* Operations, errors and shapes share the upper-case names of the header. */
static void check_constants(struct model *model)
{
    struct names constants = {0};

    add_constant(model, &constants, (struct name){S("Service"), 1});
    for (size_t i = 0; i < model->operations.count; i++)
        add_constant(model, &constants,
                     (struct name){model->operations.items[i].name, model->operations.items[i].line});
    for (size_t i = 0; i < model->effects.count; i++)
        add_constant(model, &constants,
                     (struct name){model->effects.items[i].name, model->effects.items[i].line});
    for (size_t i = 0; i < model->errors.count; i++)
        add_constant(model, &constants,
                     (struct name){model->errors.items[i].name, model->errors.items[i].line});
    for (size_t i = 0; i < model->shapes.count; i++)
        if (model->shapes.items[i]->named)
            add_constant(model, &constants,
                         (struct name){model->shapes.items[i]->name, model->shapes.items[i]->line});
}

static void check_whole_service(struct model *model)
{
    check_service(model);
    check_role(model, &model->validation_error, "validation-error");
    check_role(model, &model->access_denied, "access-denied");
    check_role(model, &model->internal_error, "internal-error");
}

void check_model(struct model *model)
{
    if (!model->of_effects)
        check_whole_service(model);
    if (!str_present(model->refusal.text))
        model->refusal = model->validation_error;
    use_error_of_refusals(model);
    for (size_t i = 0; i < model->common_errors.count; i++)
        use_error(model, &model->common_errors.items[i]);
    for (size_t i = 0; i < model->shapes.count; i++)
        check_shape(model, model->shapes.items[i]);
    for (size_t i = 0; i < model->operations.count; i++)
        check_operation(model, i);
    check_effects(model);
    for (size_t i = 0; i < model->errors.count; i++)
        check_error(model, i);
    for (size_t i = 0; i < model->operations.count; i++)
        if (!model->operations.items[i].internal)
            mark_input(model, model->operations.items[i].input.text);
    check_refusals(model);
    check_permissions(model);
    mark_refusing(model);
    check_notes(model);
    check_unused(model);
    check_constants(model);
    if (model->complaints == 0)
        name_everything(model);
}
