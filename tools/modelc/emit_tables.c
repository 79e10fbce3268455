/*
 * emit_tables.c: X_model.c, the tables of engine/model.h.
 *
 * Shapes point at each other in circles.  Declared shapes have external linkage and are declared in the
 * header; the others are declared once more at the top, which C allows for static objects.
 */
#include "modelc.h"

void add_literal(struct text *out, str text)
{
    text_add_char(out, '"');
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (c == '"' || c == '\\' || c == '?') /* two question marks could begin a trigraph */
            text_add_char(out, '\\');
        text_add_char(out, c);
    }
    text_add_char(out, '"');
}

/* `.name = "text", `, or nothing for an absent text */
static void add_text(struct text *out, const char *name, str text)
{
    if (!str_present(text))
        return;
    text_format(out, ".%s = ", name);
    add_literal(out, text);
    text_add(out, S(", "));
}

static void add_namespace(struct text *out, const char *name, const struct namespace_entry *declares)
{
    if (!str_present(declares->uri))
        return;
    text_format(out, ".%s = {", name);
    add_text(out, "uri", declares->uri);
    add_text(out, "prefix", declares->prefix);
    text_add(out, S("}, "));
}

static void add_str(struct text *out, const char *name, str text)
{
    text_format(out, ".%s = STR_INIT(", name);
    add_literal(out, text);
    text_add(out, S("), "));
}

static str constant(const struct model *model, str name)
{
    str prefix = upper_case(model->arena, model->name);
    str rest = upper_case(model->arena, snake_case(model->arena, name));

    return arena_format(model->arena, "%.*s_%.*s", STR_ARGS(prefix), STR_ARGS(rest));
}

static const char *shape_type(enum kind kind)
{
    static const char *const types[] = {
        [KIND_STRING] = "SHAPE_STRING",   [KIND_BLOB] = "SHAPE_BLOB",
        [KIND_BOOLEAN] = "SHAPE_BOOLEAN", [KIND_INTEGER] = "SHAPE_INTEGER",
        [KIND_DOUBLE] = "SHAPE_DOUBLE",   [KIND_TIMESTAMP] = "SHAPE_TIMESTAMP",
        [KIND_OPAQUE] = "SHAPE_OPAQUE",   [KIND_STRUCTURE] = "SHAPE_STRUCTURE",
        [KIND_LIST] = "SHAPE_LIST",       [KIND_MAP] = "SHAPE_MAP",
    };
    return types[kind];
}

static str c_type(const struct model *model, const struct shape_entry *shape)
{
    bool is_struct = shape->kind == KIND_STRUCTURE || shape->kind == KIND_LIST || shape->kind == KIND_MAP;

    return is_struct ? arena_join(model->arena, S("struct "), shape->tag) : shape->tag;
}

/* ---- shapes ---- */

static str refusal_name(const struct model *model, const struct shape_entry *shape, const struct field *field)
{
    return arena_format(model->arena, "%.*s_%.*s_refusal", STR_ARGS(shape->tag), STR_ARGS(field->c_name));
}

static void emit_refusal(const struct model *model, const struct shape_entry *shape,
                         const struct field *field, struct text *out)
{
    const struct names *except = &field->refusal.except;

    if (!field->refusal.present)
        return;
    text_format(out, "static const struct member_refusal %.*s = {.error = &%.*s, ",
                STR_ARGS(refusal_name(model, shape, field)),
                STR_ARGS(constant(model, field->refusal.error.text)));
    add_text(out, "sentence", field->refusal.sentence);
    if (except->count > 0) {
        text_add(out, S(".except = (const char *const[]){"));
        for (size_t i = 0; i < except->count; i++) {
            add_literal(out, except->items[i].text);
            text_add(out, S(", "));
        }
        text_add(out, S("NULL}"));
    }
    text_add(out, S("};\n"));
}

static void emit_member(const struct model *model, const struct shape_entry *shape, size_t at,
                        struct text *out)
{
    const struct field *field = &shape->fields.items[at];

    text_add(out, S("    {"));
    add_str(out, "name", field->name);
    add_str(out, "json_name", field->name);
    add_str(out, "query_name", str_present(field->wire_name) ? field->wire_name : field->name);
    add_namespace(out, "declares", &field->declares);
    text_format(out, ".shape = &%.*s, .offset = offsetof(struct %.*s, ",
                STR_ARGS(find_shape(model, field->type)->constant), STR_ARGS(shape->tag));
    if (str_present(field->group))
        text_format(out, "%.*s.", STR_ARGS(snake_case(model->arena, field->group)));
    text_format(out, "%.*s)", STR_ARGS(field->c_name));
    if (shape->is_union)
        text_format(out, ", .choice = %zu", at + 1);
    if (field->required)
        text_add(out, S(", .required = true"));
    if (field->flattened)
        text_add(out, S(", .flattened = true"));
    if (field->attribute)
        text_add(out, S(", .attribute = true"));
    if (field->location)
        text_format(out, ", .location = %s", field->location);
    if (field->timestamp)
        text_format(out, ", .timestamp_format = %s", field->timestamp);
    if (field->refusal.present)
        text_format(out, ", .refusal = &%.*s", STR_ARGS(refusal_name(model, shape, field)));
    text_add(out, S("},\n"));
}

static void emit_members(const struct model *model, const struct shape_entry *shape, struct text *out)
{
    if (shape->fields.count == 0)
        return;
    for (size_t i = 0; i < shape->fields.count; i++)
        emit_refusal(model, shape, &shape->fields.items[i], out);
    text_format(out, "static const struct member %.*s_members[] = {\n", STR_ARGS(shape->tag));
    for (size_t i = 0; i < shape->fields.count; i++)
        emit_member(model, shape, i, out);
    text_add(out, S("};\n\n"));
}

static void emit_values(const struct model *model, const struct shape_entry *shape, struct text *out)
{
    if (shape->values.count == 0)
        return;
    text_format(out, "static const char *const %.*s_values[] = {\n",
                STR_ARGS(snake_case(model->arena, shape->name)));
    for (size_t i = 0; i < shape->values.count; i++) {
        text_add(out, S("    "));
        add_literal(out, shape->values.items[i].text);
        text_add(out, S(",\n"));
    }
    text_add(out, S("    NULL,\n};\n\n"));
}

/* Both directions between an enum's values and its constants, the first of which is 1. */
static void emit_enum(const struct model *model, const struct shape_entry *shape, struct text *out)
{
    str name = enum_name(model, shape), values = snake_case(model->arena, shape->name);

    if (shape->values.count == 0)
        return;
    text_format(out,
                "str %.*s_text(enum %.*s value)\n{\n    return value ? str_of(%.*s_values[value - 1]) : "
                "(str){0};\n}\n\n",
                STR_ARGS(name), STR_ARGS(name), STR_ARGS(values));
    text_format(out, "enum %.*s %.*s_of(str text)\n{\n    return model_enum_of(%.*s_values, text);\n}\n\n",
                STR_ARGS(name), STR_ARGS(name), STR_ARGS(values));
}

static void emit_container_traits(const struct model *model, const struct shape_entry *shape,
                                  struct text *out)
{
    if (shape->kind == KIND_LIST) {
        add_text(out, "item_name", str_present(shape->item_name) ? shape->item_name : S("member"));
    } else {
        text_format(out, ".key = &%.*s, ", STR_ARGS(find_shape(model, shape->key)->constant));
        add_text(out, "key_name", str_present(shape->key_name) ? shape->key_name : S("key"));
        add_text(out, "value_name", str_present(shape->value_name) ? shape->value_name : S("value"));
    }
    text_format(out, ".element = &%.*s, ", STR_ARGS(find_shape(model, shape->element)->constant));
}

static void emit_bounds(const struct shape_entry *shape, struct text *out)
{
    if (shape->has_min) {
        text_add(out, S(".has_min = true, .min = "));
        text_add_i64(out, shape->min);
        text_add(out, S(", "));
    }
    if (shape->has_max) {
        text_add(out, S(".has_max = true, .max = "));
        text_add_i64(out, shape->max);
        text_add(out, S(", "));
    }
}

static void emit_shape(const struct model *model, const struct shape_entry *shape, struct text *out)
{
    text_format(out, "%sconst struct shape %.*s = {", shape->named ? "" : "static ",
                STR_ARGS(shape->constant));
    add_text(out, "name", shape->name);
    text_format(out, ".type = %s, ", shape_type(shape->kind));
    if (shape->is_union)
        text_add(out, S(".is_union = true, "));
    if (shape->sensitive)
        text_add(out, S(".sensitive = true, "));
    if (shape->refuses)
        text_add(out, S(".refuses = true, "));
    if (shape->kind == KIND_STRUCTURE && shape->fields.count == 0)
        text_add(out, S(".members = no_members, "));
    if (shape->fields.count > 0)
        text_format(out, ".members = %.*s_members, .member_count = %zu, ", STR_ARGS(shape->tag),
                    shape->fields.count);
    if (shape->kind == KIND_LIST || shape->kind == KIND_MAP)
        emit_container_traits(model, shape, out);
    add_text(out, "xml_name", shape->element_name);
    add_namespace(out, "declares", &shape->declares);
    add_namespace(out, "key_declares", &shape->key_declares);
    add_namespace(out, "element_declares", &shape->element_declares);
    emit_bounds(shape, out);
    add_text(out, "pattern", shape->pattern);
    if (shape->values.count > 0)
        text_format(out, ".values = %.*s_values, ", STR_ARGS(snake_case(model->arena, shape->name)));
    text_format(out, ".size = sizeof(%.*s)};\n", STR_ARGS(c_type(model, shape)));
}

static void emit_shapes(const struct model *model, struct text *out)
{
    for (size_t i = 0; i < model->shapes.count; i++)
        if (model->shapes.items[i]->used && !model->shapes.items[i]->named)
            text_format(out, "static const struct shape %.*s;\n", STR_ARGS(model->shapes.items[i]->constant));
    text_add(out, S("\n"));
    for (size_t i = 0; i < model->shapes.count; i++) {
        if (!model->shapes.items[i]->used)
            continue;
        emit_members(model, model->shapes.items[i], out);
        emit_values(model, model->shapes.items[i], out);
        emit_enum(model, model->shapes.items[i], out);
    }
    for (size_t i = 0; i < model->shapes.count; i++)
        if (model->shapes.items[i]->used)
            emit_shape(model, model->shapes.items[i], out);
    text_add(out, S("\n"));
}

/* ---- errors ---- */

static bool has_defaults(const struct shape_entry *shape)
{
    for (size_t i = 0; i < shape->fields.count; i++)
        if (str_present(shape->fields.items[i].default_text))
            return true;
    return false;
}

static void emit_defaults(const struct shape_entry *shape, struct text *out)
{
    text_format(out, "static const struct %.*s %.*s_defaults = {", STR_ARGS(shape->tag),
                STR_ARGS(shape->tag));
    for (size_t i = 0; i < shape->fields.count; i++)
        if (str_present(shape->fields.items[i].default_text))
            add_str(out, arena_cstr(out->arena, shape->fields.items[i].c_name),
                    shape->fields.items[i].default_text);
    text_add(out, S("};\n"));
}

static void emit_error(const struct model *model, const struct error_entry *error, struct text *out)
{
    bool defaults = error->shape && has_defaults(error->shape);

    if (defaults)
        emit_defaults(error->shape, out);
    text_format(out, "const struct error %.*s = {", STR_ARGS(constant(model, error->name)));
    add_text(out, "name", error->name);
    add_text(out, "query_code", str_present(error->query_code) ? error->query_code : error->name);
    add_text(out, "prefix", str_present(error->prefix) ? error->prefix : model->error_prefix);
    add_text(out, "message_name", str_present(error->message_name) ? error->message_name : S("message"));
    if (error->shape)
        text_format(out, ".shape = &%.*s, ", STR_ARGS(error->shape->constant));
    if (defaults)
        text_format(out, ".defaults = &%.*s_defaults, ", STR_ARGS(error->shape->tag));
    text_format(out, ".sender = %s, .status = %d};\n", error->receiver ? "false" : "true", error->status);
}

/* ---- operations ---- */

static void emit_thunk(const struct operation_entry *operation, struct text *out)
{
    text_format(out,
                "static enum outcome run_%.*s(const struct call *call, const void *in, void *out)\n"
                "{\n    return %.*s(call, in, out);\n}\n\n",
                STR_ARGS(operation->c_name), STR_ARGS(operation->c_name));
    if (operation->prepared)
        text_format(out,
                    "static void prepare_%.*s(const struct call *call, const void *in)\n"
                    "{\n    %.*s_prepare(call, in);\n}\n\n",
                    STR_ARGS(operation->c_name), STR_ARGS(operation->c_name));
}

/* Where AWS has no input or output: the operation gets a structure without members. */
static str operation_shape(const struct model *model, const struct name *shape, str tag, struct text *out)
{
    if (is_foreign(shape->text))
        return upper_case(model->arena, tag);
    if (str_present(shape->text))
        return find_shape(model, shape->text)->constant;
    str name = arena_format(model->arena, "%.*s_shape", STR_ARGS(tag));
    text_format(out,
                "static const struct shape %.*s = {.name = \"\", .type = SHAPE_STRUCTURE, "
                ".members = no_members, .size = sizeof(struct %.*s)};\n",
                STR_ARGS(name), STR_ARGS(tag));
    return name;
}

static void add_flags(const struct model *model, const struct operation_entry *operation, struct text *out)
{
    text_add(out, S(".flags = 0"));
    if (operation->reads)
        text_add(out, S(" | OPERATION_READS"));
    if (operation->internal)
        text_add(out, S(" | OPERATION_INTERNAL"));
    if (operation->anonymous)
        text_add(out, S(" | OPERATION_ANONYMOUS"));
    if (operation->takes_long)
        text_add(out, S(" | OPERATION_LONG"));
    if (operation->takes_large)
        text_add(out, S(" | OPERATION_LARGE"));
    if (operation->takes_chunked)
        text_add(out, S(" | OPERATION_CHUNKED"));
    if (operation->takes_pieces)
        text_add(out, S(" | OPERATION_IN_PIECES"));
    if (operation->frees)
        text_add(out, S(" | OPERATION_FREES"));
    if (operation->is_unfailing)
        text_add(out, S(" | OPERATION_UNFAILING"));
    if (operation->is_unsigned)
        text_add(out, S(" | OPERATION_UNSIGNED"));
    if (operation->is_public)
        text_add(out, S(" | OPERATION_PUBLIC"));
    if (operation->prepared_if_large)
        text_add(out, S(" | OPERATION_PREPARED_IF_LARGE"));
    if (operation_streams(model, operation))
        text_add(out, S(" | OPERATION_STREAMS"));
    if (!str_present(operation->output.text))
        text_add(out, S(" | OPERATION_NO_OUTPUT"));
    if (!str_present(operation->input.text))
        text_add(out, S(" | OPERATION_NO_INPUT"));
    text_add(out, S(", "));
}

static void emit_operation(const struct model *model, const struct operation_entry *operation,
                           struct text *out)
{
    struct arena *arena = model->arena;
    str input = operation_shape(model, &operation->input, operation->input_tag, out);
    str output = operation_shape(model, &operation->output, operation->output_tag, out);
    str upper = upper_case(arena, operation->c_name);

    emit_thunk(operation, out);
    emit_permissions(model, operation, out);
    text_format(out, "const struct operation %.*s = {", STR_ARGS(upper));
    add_text(out, "name", operation->name);
    text_format(out, ".service = &%.*s_SERVICE, ", STR_ARGS(upper_case(arena, model->name)));
    add_flags(model, operation, out);
    add_text(out, "action", operation->action);
    add_text(out, "http_method", str_present(operation->http_method) ? operation->http_method : S("POST"));
    add_text(out, "http_path", str_present(operation->http_path) ? operation->http_path : S("/"));
    text_format(out, ".http_status = %d, .input = &%.*s, .output = &%.*s, ", operation->http_status,
                STR_ARGS(input), STR_ARGS(output));
    if (names_contain(&model->protocols, S("query")) && str_present(operation->output.text))
        add_text(out, "result_wrapper", arena_join(arena, operation->name, S("Result")));
    if (operation->prepared)
        text_format(out, ".prepare = prepare_%.*s, ", STR_ARGS(operation->c_name));
    if (operation->permissions.count > 0)
        text_format(out, ".permissions = %.*s_permissions, ", STR_ARGS(operation->c_name));
    if (operation->keys.count > 0)
        text_format(out, ".keys = %.*s_keys, ", STR_ARGS(operation->c_name));
    text_format(out, ".handler = run_%.*s};\n\n", STR_ARGS(operation->c_name));
}

/* ---- the service ---- */

static void emit_known_operation(const struct model *model, str name, struct text *out)
{
    text_format(out, "    {\"%.*s\", ", STR_ARGS(name));
    for (size_t i = 0; i < model->notes.count; i++)
        if (str_equal(model->notes.items[i].subject.text, name)) {
            text_format(out, "\"%.*s\"},\n", STR_ARGS(model->notes.items[i].text));
            return;
        }
    text_add(out, S("NULL},\n"));
}

static void emit_operation_lists(const struct model *model, struct text *out)
{
    text_add(out, S("static const struct operation *const operations[] = {\n"));
    for (size_t i = 0; i < model->operations.count; i++)
        text_format(out, "    &%.*s,\n",
                    STR_ARGS(upper_case(model->arena, model->operations.items[i].c_name)));
    text_add(out, S("    NULL,\n};\n\nstatic const struct known_operation known_operations[] = {\n"));
    for (size_t i = 0; i < model->operations.count; i++)
        if (!model->operations.items[i].internal)
            text_format(out, "    {\"%.*s\", NULL},\n", STR_ARGS(model->operations.items[i].name));
    for (size_t i = 0; i < model->also.count; i++)
        emit_known_operation(model, model->also.items[i].text, out);
    text_add(out, S("    {NULL, NULL},\n};\n\n"));
}

static void add_protocols(const struct model *model, struct text *out)
{
    text_add(out, S(".protocols = {"));
    for (size_t i = 0; i < model->protocols.count; i++) {
        str word = upper_case(model->arena, snake_case(model->arena, model->protocols.items[i].text));
        text_format(out, "PROTOCOL_%.*s, ", STR_ARGS(word));
    }
    text_add(out, S("PROTOCOL_NONE},\n    "));
}

static void emit_service(const struct model *model, struct text *out)
{
    str dialect = str_present(model->dialect)
                      ? upper_case(model->arena, snake_case(model->arena, model->dialect))
                      : S("CORAL");

    text_format(out, "extern const struct dialect %.*s_DIALECT;\n\n", STR_ARGS(dialect));
    text_format(out, "const struct service %.*s_SERVICE = {\n    ",
                STR_ARGS(upper_case(model->arena, model->name)));
    add_text(out, "name", model->name);
    add_text(out, "title", model->title);
    add_text(out, "version", model->version);
    text_add(out, S("\n    "));
    add_text(out, "signing_name", model->signing_name);
    add_text(out, "target_prefix", model->target);
    add_text(out, "xml_namespace", model->xml_namespace);
    add_text(out, "error_prefix", model->error_prefix);
    text_add(out, S("\n    "));
    add_protocols(model, out);
    text_format(out, ".dialect = &%.*s_DIALECT, ", STR_ARGS(dialect));
    text_format(out, ".is_private = %s,\n    ", model->is_private ? "true" : "false");
    text_format(out, ".largest_body_mib = %d,\n    ", (int)model->largest_body_mib);
    text_add(out, S(".operations = operations, .known_operations = known_operations, "
                    ".condition_keys = condition_keys,\n"));
    text_format(out, "    .validation_error = &%.*s,\n",
                STR_ARGS(constant(model, model->validation_error.text)));
    text_format(out, "    .access_denied = &%.*s,\n", STR_ARGS(constant(model, model->access_denied.text)));
    text_format(out, "    .internal_error = &%.*s,\n};\n",
                STR_ARGS(constant(model, model->internal_error.text)));
}

static void emit_effect(const struct model *model, const struct effect_entry *effect, struct text *out)
{
    str snake = snake_case(model->arena, effect->name);

    text_format(out, "const struct effect_kind %.*s = {\n    ", STR_ARGS(constant(model, effect->name)));
    add_text(out, "name", arena_format(model->arena, "%.*s.%.*s", STR_ARGS(model->name), STR_ARGS(snake)));
    text_format(out, ".input = &%.*s, .ended = &%.*s};\n\n",
                STR_ARGS(find_shape(model, effect->input.text)->constant),
                STR_ARGS(find_shape(model, effect->ended.text)->constant));
}

void emit_tables(const struct model *model, str header_name, struct text *out)
{
    text_format(out,
                "/* Made by modelc from %.*s: change that. */\n#include \"%.*s\"\n\n#include <stddef.h>\n\n",
                STR_ARGS(str_from(model->path, (size_t)(str_last_index(model->path, '/') + 1))),
                STR_ARGS(header_name));
    emit_shapes(model, out);
    for (size_t i = 0; i < model->errors.count; i++)
        emit_error(model, &model->errors.items[i], out);
    text_add(out, S("\n"));
    emit_locator_thunks(model, out);
    for (size_t i = 0; i < model->operations.count; i++)
        emit_operation(model, &model->operations.items[i], out);
    for (size_t i = 0; i < model->effects.count; i++)
        emit_effect(model, &model->effects.items[i], out);
    if (model->of_effects)
        return;
    emit_operation_lists(model, out);
    emit_condition_keys(model, out);
    emit_service(model, out);
}
