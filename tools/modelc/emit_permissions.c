/*
 * emit_permissions.c: the resources and keys that operations need, as tables, and as docs/permissions.md.
 */
#include "modelc.h"

#include <stdlib.h>

/* ---- tables ---- */

static void add_path(const char *name, const struct path *path, struct text *out)
{
    if (path->count == 0)
        return;
    text_format(out, ".%s = {.members = (const struct member *const[]){", name);
    for (size_t i = 0; i < path->count; i++)
        text_format(out, "&%.*s_members[%zu], ", STR_ARGS(path->items[i].shape->tag), path->items[i].field);
    text_format(out, "NULL}, .keys = %s}, ", path->keys ? "true" : "false");
}

static void add_quoted(const char *name, str text, struct text *out)
{
    if (!str_present(text))
        return;
    text_format(out, ".%s = ", name);
    add_literal(out, text);
    text_add(out, S(", "));
}

/* A function with the untyped signature that calls the function for the operation's own input. */
static void emit_locate_thunk(const struct model *model, const struct operation_entry *operation,
                              size_t index, struct text *out)
{
    str function = operation->permissions.items[index].function;

    if (str_present(function))
        text_format(out,
                    "static bool locate_%zu_of_%.*s(const struct call *call, const void *in, "
                    "struct resource *found)\n{\n    return %.*s_locate_%.*s(call, in, found);\n}\n\n",
                    index, STR_ARGS(operation->c_name), STR_ARGS(model->name), STR_ARGS(function));
}

static void emit_key_thunk(const struct model *model, const struct operation_entry *operation, size_t index,
                           struct text *out)
{
    str function = operation->keys.items[index].function;

    if (str_present(function))
        text_format(out,
                    "static void key_%zu_of_%.*s(const struct call *call, const void *in,\n"
                    "    const struct resource *resource, struct context_list *context)\n"
                    "{\n    %.*s_%.*s(call, in, resource, context);\n}\n\n",
                    index, STR_ARGS(operation->c_name), STR_ARGS(model->name), STR_ARGS(function));
}

static void emit_permission(const struct operation_entry *operation, size_t index, struct text *out)
{
    const struct permission_entry *permission = &operation->permissions.items[index];

    text_add(out, S("    {"));
    add_quoted("action", str_present(permission->action) ? permission->action : operation->action, out);
    add_path("path", &permission->path, out);
    add_path("with", &permission->with, out);
    if (str_present(permission->function))
        text_format(out, ".locate_by = locate_%zu_of_%.*s, ", index, STR_ARGS(operation->c_name));
    else if (str_present(permission->kind.text))
        text_format(out, ".locate = locate_%.*s, ", STR_ARGS(permission->kind.text));
    add_quoted("on", permission->on, out);
    add_quoted("otherwise", permission->otherwise, out);
    if (permission->also)
        text_add(out, S(".also = true, "));
    add_path("when_asked", &permission->when_asked, out);
    if (str_present(permission->when_is))
        text_format(out, ".when_is = \"%.*s\", ", STR_ARGS(permission->when_is));
    text_add(out, S("},\n"));
}

static const char *source_of(const struct key_entry *key)
{
    if (str_equal(key->name, S("aws:RequestTag")))
        return "KEY_IS_TAGS";
    return str_equal(key->name, S("aws:TagKeys")) ? "KEY_IS_TAG_NAMES" : "KEY_IS_VALUE";
}

/* A function may add several keys: the first key names the function, the others are listed after it. */
static void emit_other_keys(const struct key_entry *key, struct text *out)
{
    for (size_t i = 0; i < key->others.count; i++) {
        text_add(out, S("    {"));
        add_quoted("name", key->others.items[i].text, out);
        text_add(out, S(".source = KEY_IS_ADDED},\n"));
    }
}

static void emit_key(const struct operation_entry *operation, size_t index, struct text *out)
{
    const struct key_entry *key = &operation->keys.items[index];

    text_add(out, S("    {"));
    add_quoted("name", key->name, out);
    text_format(out, ".source = %s, ", source_of(key));
    add_path("path", &key->path, out);
    add_quoted("otherwise", key->otherwise, out);
    if (str_present(key->function))
        text_format(out, ".add = key_%zu_of_%.*s, ", index, STR_ARGS(operation->c_name));
    text_add(out, S("},\n"));
    emit_other_keys(key, out);
}

void emit_permissions(const struct model *model, const struct operation_entry *operation, struct text *out)
{
    if (operation->permissions.count == 0)
        return;
    for (size_t i = 0; i < operation->permissions.count; i++)
        emit_locate_thunk(model, operation, i, out);
    for (size_t i = 0; i < operation->keys.count; i++)
        emit_key_thunk(model, operation, i, out);
    text_format(out, "static const struct permission %.*s_permissions[] = {\n", STR_ARGS(operation->c_name));
    for (size_t i = 0; i < operation->permissions.count; i++)
        emit_permission(operation, i, out);
    text_add(out, S("    {0},\n};\n"));
    if (operation->keys.count == 0)
        return;
    text_format(out, "static const struct condition_key %.*s_keys[] = {\n", STR_ARGS(operation->c_name));
    for (size_t i = 0; i < operation->keys.count; i++)
        emit_key(operation, i, out);
    text_add(out, S("    {0},\n};\n"));
}

/* ---- all keys of a service ---- */

static void add_known(const struct model *model, str key, struct names *known)
{
    bool is_family = str_ends_with(key, S("Tag"));
    str name = is_family ? arena_join(model->arena, key, S("/")) : key;

    if (!names_contain(known, name))
        *list_add(model->arena, known) = (struct name){name, 0};
}

static void add_all_known(const struct model *model, const struct names *keys, struct names *known)
{
    for (size_t i = 0; i < keys->count; i++)
        add_known(model, keys->items[i].text, known);
}

static void add_keys_of_operation(const struct model *model, const struct operation_entry *operation,
                                  struct names *known)
{
    for (size_t i = 0; i < operation->keys.count; i++) {
        add_known(model, operation->keys.items[i].name, known);
        if (str_equal(operation->keys.items[i].name, S("aws:RequestTag")))
            add_known(model, S("aws:TagKeys"), known);
        add_all_known(model, &operation->keys.items[i].others, known);
    }
}

void emit_condition_keys(const struct model *model, struct text *out)
{
    struct names known = {0};

    for (size_t i = 0; i < model->resources.count; i++) {
        if (model->resources.items[i].has_tags)
            add_known(model, S("aws:ResourceTag"), &known);
        add_all_known(model, &model->resources.items[i].keys, &known);
    }
    for (size_t i = 0; i < model->actions.count; i++)
        add_all_known(model, &model->actions.items[i].keys, &known);
    for (size_t i = 0; i < model->operations.count; i++)
        add_keys_of_operation(model, &model->operations.items[i], &known);
    text_add(out, S("static const char *const condition_keys[] = {"));
    for (size_t i = 0; i < known.count; i++)
        text_format(out, "\"%.*s\", ", STR_ARGS(known.items[i].text));
    text_add(out, S("NULL};\n\n"));
}

/* The arguments of every locator, before those of locators that get a text. */
void emit_locator_thunks(const struct model *model, struct text *out)
{
    for (size_t i = 0; i < model->resources.count; i++) {
        const struct resource_entry *resource = &model->resources.items[i];
        if (resource->is_named)
            text_format(
                out,
                "static bool locate_%.*s(const struct call *call, str given, str with, "
                "struct resource *found)\n{\n%s    return %.*s_locate_%.*s(call, given, %sfound);\n}\n\n",
                STR_ARGS(resource->name), resource->takes_with ? "" : "    (void)with;\n",
                STR_ARGS(model->name), STR_ARGS(resource->name), resource->takes_with ? "with, " : "");
    }
}

/* ---- prototypes ---- */

static bool uses(const struct operation_entry *operation, str function)
{
    for (size_t i = 0; i < operation->permissions.count; i++)
        if (str_equal(operation->permissions.items[i].function, function))
            return true;
    for (size_t i = 0; i < operation->keys.count; i++)
        if (str_equal(operation->keys.items[i].function, function))
            return true;
    return false;
}

/* The input of a function that operations with different inputs use: any input. */
static str input_of(const struct model *model, const struct operation_entry *operation, str function)
{
    for (size_t i = 0; i < model->operations.count; i++)
        if (uses(&model->operations.items[i], function) &&
            !str_equal(model->operations.items[i].input_tag, operation->input_tag))
            return S("void");
    return arena_join(model->arena, S("struct "), operation->input_tag);
}

static void emit_prototypes(const struct model *model, const struct operation_entry *operation,
                            struct names *known, struct text *out)
{
    for (size_t i = 0; i < operation->permissions.count; i++) {
        str function = operation->permissions.items[i].function;
        str name = arena_format(model->arena, "%.*s_locate_%.*s", STR_ARGS(model->name), STR_ARGS(function));
        if (!str_present(function) || names_contain(known, name))
            continue;
        *list_add(model->arena, known) = (struct name){name, 0};
        text_format(out, "bool %.*s(const struct call *call, const %.*s *in, struct resource *found);\n",
                    STR_ARGS(name), STR_ARGS(input_of(model, operation, function)));
    }
    for (size_t i = 0; i < operation->keys.count; i++) {
        str function = operation->keys.items[i].function;
        str name = arena_format(model->arena, "%.*s_%.*s", STR_ARGS(model->name), STR_ARGS(function));
        if (!str_present(function) || names_contain(known, name))
            continue;
        *list_add(model->arena, known) = (struct name){name, 0};
        text_format(out,
                    "void %.*s(const struct call *call, const %.*s *in, "
                    "const struct resource *resource, struct context_list *context);\n",
                    STR_ARGS(name), STR_ARGS(input_of(model, operation, function)));
    }
}

void emit_locators(const struct model *model, struct text *out)
{
    struct names known = {0};

    text_add(out, S("\n"));
    for (size_t i = 0; i < model->resources.count; i++)
        text_format(out,
                    "bool %.*s_locate_%.*s(const struct call *call, str given, %sstruct resource *found);\n",
                    STR_ARGS(model->name), STR_ARGS(model->resources.items[i].name),
                    model->resources.items[i].takes_with ? "str with, " : "");
    for (size_t i = 0; i < model->operations.count; i++)
        emit_prototypes(model, &model->operations.items[i], &known, out);
}

/* ---- the page ---- */

/* AWS's own spelling: the ARN's parts and the names of tags become variables. */
static void add_pattern(str arn, struct text *out)
{
    static const str NAMES[][2] = {
        {STR_INIT("region"), STR_INIT("Region")},
        {STR_INIT("account"), STR_INIT("Account")},
    };
    str rest = arn;

    text_add(out, S("`"));
    for (ptrdiff_t open; (open = str_index(rest, '{')) >= 0;) {
        ptrdiff_t end = str_index(rest, '}');
        str name = str_from(str_head(rest, (size_t)end), (size_t)open + 1);
        for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
            if (str_equal(name, NAMES[i][0]))
                name = NAMES[i][1];
        text_format(out, "%.*s${%.*s}", STR_ARGS(str_head(rest, (size_t)open)), STR_ARGS(name));
        rest = str_from(rest, (size_t)end + 1);
    }
    text_add(out, rest);
    text_add(out, S("`"));
}

/* `also` refers to the resource of the line above it. */
static const struct permission_entry *subject_of(const struct operation_entry *operation, size_t index)
{
    while (operation->permissions.items[index].also)
        index--;
    return &operation->permissions.items[index];
}

/* One cell of a row: keys with commas between them. */
struct cell {
    struct text *out;
    const char *between;
};

static void add_key(struct cell *cell, str key)
{
    text_format(cell->out, "%s`%.*s%s`", cell->between, STR_ARGS(key),
                str_ends_with(key, S("Tag")) ? "/${TagKey}" : "");
    cell->between = ", ";
}

static void add_key_names(struct cell *cell, const struct names *keys)
{
    for (size_t i = 0; i < keys->count; i++)
        add_key(cell, keys->items[i].text);
}

static void add_resource_keys(struct cell *cell, const struct resource_entry *resource)
{
    if (resource && resource->has_tags)
        add_key(cell, S("aws:ResourceTag"));
    if (resource)
        add_key_names(cell, &resource->keys);
}

/* A key whose values are in several members has a line for each of them. */
static bool is_shown(const struct operation_entry *operation, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (str_equal(operation->keys.items[i].name, operation->keys.items[index].name))
            return true;
    return false;
}

static void add_operation_keys(struct cell *cell, const struct operation_entry *operation)
{
    for (size_t i = 0; i < operation->keys.count; i++) {
        if (is_shown(operation, i))
            continue;
        add_key(cell, operation->keys.items[i].name);
        if (str_equal(operation->keys.items[i].name, S("aws:RequestTag")))
            add_key(cell, S("aws:TagKeys"));
        add_key_names(cell, &operation->keys.items[i].others);
    }
}

static void add_row(const struct model *model, const struct operation_entry *operation, size_t index,
                    struct text *out)
{
    const struct permission_entry *permission = &operation->permissions.items[index];
    const struct permission_entry *subject = subject_of(operation, index);
    const struct resource_entry *resource = find_resource(model, subject->kind.text);
    struct cell cell = {out, ""};

    text_format(out, "| %.*s | `%.*s`", STR_ARGS(index ? S("") : operation->name),
                STR_ARGS(str_present(permission->action) ? permission->action : operation->action));
    if (str_present(permission->when_asked.text.text))
        text_format(out, " if `%.*s`", STR_ARGS(permission->when_asked.text.text));
    if (str_present(permission->when_is))
        text_format(out, " is %.*s", STR_ARGS(permission->when_is));
    if (permission->or_others)
        text_format(out, " of `%.*s`", STR_ARGS(permission->path.text.text));
    text_add(out, S(" | "));
    add_pattern(resource ? resource->arn : subject->on, out);
    text_add(out, S(" | "));
    add_resource_keys(&cell, resource);
    add_operation_keys(&cell, operation);
    text_add(out, S(" |\n"));
}

static void add_action_row(const struct model *model, const struct action_entry *action, struct text *out)
{
    const struct resource_entry *resource = find_resource(model, action->kind.text);
    struct cell cell = {out, ""};

    text_format(out, "| (no operation) | `%.*s:%.*s` | ", STR_ARGS(model->signing_name),
                STR_ARGS(action->name));
    add_pattern(resource->arn, out);
    text_add(out, S(" | "));
    add_resource_keys(&cell, resource);
    add_key_names(&cell, &action->keys);
    text_add(out, S(" |\n"));
}

static bool is_asked(const struct model *model)
{
    for (size_t i = 0; i < model->operations.count; i++)
        if (model->operations.items[i].permissions.count > 0)
            return true;
    return false;
}

void emit_permission_docs(struct model *models, size_t count, struct text *out)
{
    qsort(models, count, sizeof *models, compare_models);
    text_add(out,
             S("# Permissions\n\n"
               "<!-- Made by modelc from the models under src/services: change those. -->\n"
               "Which action each operation needs to be allowed on which resource, and which condition "
               "keys a\npolicy may ask for there, besides the global ones (`aws:PrincipalTag/${TagKey}`, "
               "`aws:SourceIp`, …). A part of an\nARN in brackets is there when the request names such a "
               "part.\n"));
    for (size_t i = 0; i < count; i++) {
        if (!is_asked(&models[i]))
            continue;
        text_format(out,
                    "\n## %.*s\n\n| Operation | Action | Resource | Condition keys |\n|---|---|---|---|\n",
                    STR_ARGS(models[i].name));
        for (size_t k = 0; k < models[i].operations.count; k++)
            for (size_t n = 0; n < models[i].operations.items[k].permissions.count; n++)
                add_row(&models[i], &models[i].operations.items[k], n, out);
        for (size_t k = 0; k < models[i].actions.count; k++)
            add_action_row(&models[i], &models[i].actions.items[k], out);
    }
}
