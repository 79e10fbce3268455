/*
 * emit_header.c: X_model.h, what a service's handlers include.
 *
 * Containers hold pointers only, so the order that always works is: names of all structs,
 * containers, structures, and last the entries of maps, which hold their values.
 */
#include "modelc.h"

static bool is_container(const struct shape_entry *shape)
{
    return shape->kind == KIND_LIST || shape->kind == KIND_MAP;
}

static bool has_struct(const struct shape_entry *shape)
{
    return is_container(shape) || shape->kind == KIND_STRUCTURE;
}

/* str_list and the other shared containers are declared in model.h. */
static bool is_shared(const struct model *model, const struct shape_entry *shape)
{
    return is_container(shape) && !str_starts_with(shape->tag, arena_join(model->arena, model->name, S("_")));
}

/* Several shapes may be one struct: lists of the same thing with different bounds. */
static bool emitted_before(const struct model *model, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (has_struct(model->shapes.items[i]) &&
            str_equal(model->shapes.items[i]->tag, model->shapes.items[index]->tag))
            return true;
    return false;
}

static bool owns_struct(const struct model *model, size_t index)
{
    const struct shape_entry *shape = model->shapes.items[index];

    return has_struct(shape) && !is_shared(model, shape) && !emitted_before(model, index);
}

/* The type of a list's item, a map's value or a required scalar. */
static str value_type(const struct model *model, str type)
{
    const struct shape_entry *shape = find_shape(model, type);

    return has_struct(shape) ? arena_join(model->arena, S("struct "), shape->tag) : shape->tag;
}

static void emit_forward(const struct model *model, struct text *out)
{
    for (size_t i = 0; i < model->shapes.count; i++)
        if (owns_struct(model, i) && model->shapes.items[i]->kind == KIND_STRUCTURE)
            text_format(out, "struct %.*s;\n", STR_ARGS(model->shapes.items[i]->tag));
    for (size_t i = 0; i < model->shapes.count; i++)
        if (owns_struct(model, i) && model->shapes.items[i]->kind == KIND_MAP)
            text_format(out, "struct %.*s_entry;\n", STR_ARGS(model->shapes.items[i]->tag));
    text_add(out, S("\n"));
}

static void emit_containers(const struct model *model, struct text *out)
{
    for (size_t i = 0; i < model->shapes.count; i++) {
        const struct shape_entry *shape = model->shapes.items[i];
        if (!owns_struct(model, i) || !is_container(shape))
            continue;
        str item = shape->kind == KIND_LIST
                       ? value_type(model, shape->element)
                       : arena_format(model->arena, "struct %.*s_entry", STR_ARGS(shape->tag));
        text_format(out, "struct %.*s { %.*s *items; size_t count; };\n", STR_ARGS(shape->tag),
                    STR_ARGS(item));
    }
    text_add(out, S("\n"));
}

/* Emit the members of a group as one member, a struct of its own, at the place of the first. */
static void emit_group(const struct model *model, const struct shape_entry *shape, size_t index,
                       struct text *out)
{
    const struct field *field = &shape->fields.items[index];

    if (index > 0 && str_equal(shape->fields.items[index - 1].group, field->group))
        return;
    text_format(out, "    struct %.*s %.*s;\n", STR_ARGS(find_shape(model, field->group)->tag),
                STR_ARGS(snake_case(model->arena, field->group)));
}

static void emit_field(const struct model *model, const struct field *field, struct text *out)
{
    const struct shape_entry *shape = find_shape(model, field->type);
    str type = value_type(model, field->type);
    bool pointer = shape->kind == KIND_STRUCTURE || (is_scalar(shape->kind) && !field->required);

    if (pointer)
        text_format(out, "    const %.*s *%.*s;\n", STR_ARGS(type), STR_ARGS(field->c_name));
    else
        text_format(out, "    %.*s %.*s;\n", STR_ARGS(type), STR_ARGS(field->c_name));
}

static void emit_empty_struct(str tag, struct text *out)
{
    text_format(out, "struct %.*s { char no_members; };\n\n", STR_ARGS(tag));
}

/* Its members have the same place; `is` tells which is present. */
static void emit_union(const struct model *model, const struct shape_entry *shape, struct text *out)
{
    text_format(out, "enum {\n");
    for (size_t i = 0; i < shape->fields.count; i++)
        text_format(out, "    %.*s_%.*s = %zu,\n", STR_ARGS(shape->constant),
                    STR_ARGS(upper_case(model->arena, snake_case(model->arena, shape->fields.items[i].name))),
                    i + 1);
    text_format(out, "};\nstruct %.*s {\n    unsigned is;\n    union {\n    const void *several[2];\n",
                STR_ARGS(shape->tag));
    for (size_t i = 0; i < shape->fields.count; i++)
        emit_field(model, &shape->fields.items[i], out);
    text_add(out, S("    };\n};\n\n"));
}

static void emit_structure(const struct model *model, const struct shape_entry *shape, struct text *out)
{
    if (shape->fields.count == 0) {
        emit_empty_struct(shape->tag, out);
        return;
    }
    if (shape->is_union) {
        emit_union(model, shape, out);
        return;
    }
    text_format(out, "struct %.*s {\n", STR_ARGS(shape->tag));
    for (size_t i = 0; i < shape->fields.count; i++) {
        if (str_present(shape->fields.items[i].group))
            emit_group(model, shape, i, out);
        else
            emit_field(model, &shape->fields.items[i], out);
    }
    text_add(out, S("};\n\n"));
}

static void emit_structures(const struct model *model, struct text *out)
{
    for (int groups = 1; groups >= 0; groups--)
        for (size_t i = 0; i < model->shapes.count; i++)
            if (model->shapes.items[i]->kind == KIND_STRUCTURE && model->shapes.items[i]->is_group == groups)
                emit_structure(model, model->shapes.items[i], out);
    for (size_t i = 0; i < model->operations.count; i++) {
        const struct operation_entry *operation = &model->operations.items[i];
        if (!str_present(operation->input.text))
            emit_empty_struct(operation->input_tag, out);
        if (!str_present(operation->output.text))
            emit_empty_struct(operation->output_tag, out);
    }
}

static void emit_map_entries(const struct model *model, struct text *out)
{
    for (size_t i = 0; i < model->shapes.count; i++) {
        const struct shape_entry *shape = model->shapes.items[i];
        if (!owns_struct(model, i) || shape->kind != KIND_MAP)
            continue;
        str value = value_type(model, shape->element);
        text_format(out, "struct %.*s_entry { str key; %.*s value; };\n", STR_ARGS(shape->tag),
                    STR_ARGS(value));
    }
    text_add(out, S("\n"));
}

/* DYNAMODB_KEY_TYPE_HASH */
static str enum_constant(const struct model *model, const struct shape_entry *shape, str value)
{
    return arena_format(model->arena, "%.*s_%.*s", STR_ARGS(shape->constant),
                        STR_ARGS(upper_case(model->arena, snake_case(model->arena, value))));
}

static void emit_enums(const struct model *model, struct text *out)
{
    for (size_t i = 0; i < model->shapes.count; i++) {
        const struct shape_entry *shape = model->shapes.items[i];
        if (shape->values.count == 0)
            continue;
        str name = enum_name(model, shape);
        text_format(out, "enum %.*s {\n", STR_ARGS(name));
        for (size_t k = 0; k < shape->values.count; k++)
            text_format(out, "    %.*s%s,\n",
                        STR_ARGS(enum_constant(model, shape, shape->values.items[k].text)), k ? "" : " = 1");
        text_format(out, "};\nstr %.*s_text(enum %.*s value);\nenum %.*s %.*s_of(str text);\n\n",
                    STR_ARGS(name), STR_ARGS(name), STR_ARGS(name), STR_ARGS(name));
    }
}

static void emit_constants(const struct model *model, struct text *out)
{
    str prefix = upper_case(model->arena, model->name);

    if (!model->of_effects)
        text_format(out, "extern const struct service %.*s_SERVICE;\n\n", STR_ARGS(prefix));
    for (size_t i = 0; i < model->operations.count; i++)
        text_format(out, "extern const struct operation %.*s;\n",
                    STR_ARGS(upper_case(model->arena, model->operations.items[i].c_name)));
    text_add(out, S("\n"));
    for (size_t i = 0; i < model->errors.count; i++) {
        str name = upper_case(model->arena, snake_case(model->arena, model->errors.items[i].name));
        text_format(out, "extern const struct error %.*s_%.*s;\n", STR_ARGS(prefix), STR_ARGS(name));
    }
    text_add(out, S("\n"));
    for (size_t i = 0; i < model->shapes.count; i++)
        if (model->shapes.items[i]->named)
            text_format(out, "extern const struct shape %.*s;\n", STR_ARGS(model->shapes.items[i]->constant));
    text_add(out, S("\n"));
}

static void emit_handlers(const struct model *model, struct text *out)
{
    for (size_t i = 0; i < model->operations.count; i++) {
        const struct operation_entry *operation = &model->operations.items[i];
        text_format(
            out,
            "enum outcome %.*s(const struct call *call, const struct %.*s *in,\n    struct %.*s *out);\n",
            STR_ARGS(operation->c_name), STR_ARGS(operation->input_tag), STR_ARGS(operation->output_tag));
        if (operation->prepared)
            text_format(out, "void %.*s_prepare(const struct call *call, const struct %.*s *in);\n",
                        STR_ARGS(operation->c_name), STR_ARGS(operation->input_tag));
    }
}

/*
 * Defined in the header, so that a library that only starts effects need not be linked with the code that
 * runs them.
 */
static void emit_effect(const struct model *model, const struct effect_entry *effect, struct text *out)
{
    str name = arena_format(model->arena, "%.*s_%.*s", STR_ARGS(model->name),
                            STR_ARGS(snake_case(model->arena, effect->name)));
    const struct shape_entry *input = find_shape(model, effect->input.text);
    str kind = upper_case(model->arena, name);

    text_format(out, "extern const struct effect_kind %.*s;\n", STR_ARGS(kind));
    text_format(out,
                "static inline void %.*s_effect(const struct call *call, const struct %.*s *in)\n"
                "{\n    effect_begin(call, &%.*s, in);\n}\n",
                STR_ARGS(name), STR_ARGS(input->tag), STR_ARGS(kind));
    text_format(out,
                "static inline bool %.*s_read(struct arena *arena, str payload, struct %.*s *in)\n"
                "{\n    return model_from_json(arena, &%.*s, payload, in);\n}\n\n",
                STR_ARGS(name), STR_ARGS(input->tag), STR_ARGS(input->constant));
}

static void emit_event(const struct shape_entry *shape, struct text *out)
{
    text_format(out,
                "static inline void %.*s_post(struct engine *engine, const struct %.*s *in,\n"
                "    void (*taken)(void *context), void *context)\n"
                "{\n    engine_post(engine, &%.*s, in, taken, context);\n}\n",
                STR_ARGS(shape->tag), STR_ARGS(shape->tag), STR_ARGS(shape->constant));
}

static void emit_effects(const struct model *model, struct text *out)
{
    for (size_t i = 0; i < model->effects.count; i++)
        emit_effect(model, &model->effects.items[i], out);
    for (size_t i = 0; i < model->shapes.count; i++)
        if (model->shapes.items[i]->is_event)
            emit_event(model->shapes.items[i], out);
}

/* Include the models whose structures the operations use. */
static void emit_includes(const struct model *model, struct text *out)
{
    struct names seen = {0};

    text_format(out, "#include \"engine/%s.h\"\n", model->of_effects ? "effect" : "model");
    for (size_t i = 0; i < model->operations.count; i++) {
        str input = model->operations.items[i].input.text;
        if (!is_foreign(input) || names_contain(&seen, foreign_model(input)))
            continue;
        *list_add(model->arena, &seen) = (struct name){.text = foreign_model(input)};
        text_format(out, "#include \"%.*s_model.h\"\n", STR_ARGS(foreign_model(input)));
    }
    text_add_char(out, '\n');
}

void emit_header(const struct model *model, struct text *out)
{
    text_format(out, "#pragma once\n/* Made by modelc from %.*s: change that. */\n",
                STR_ARGS(str_from(model->path, (size_t)(str_last_index(model->path, '/') + 1))));
    emit_includes(model, out);
    emit_enums(model, out);
    emit_forward(model, out);
    emit_containers(model, out);
    emit_structures(model, out);
    emit_map_entries(model, out);
    emit_constants(model, out);
    emit_handlers(model, out);
    emit_effects(model, out);
    emit_locators(model, out);
}
