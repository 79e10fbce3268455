/*
 * permissions.c: the resources and keys that operations need (`resource` and `action` at the margin, `on`,
 * `also` and `key` in an operation), and the members of the input that their paths mean.
 */
#include "modelc.h"

static str word_or_absent(const struct line *line, size_t at)
{
    return at < line->count ? line->items[at].text : (str){0};
}

/* ---- lines ---- */

/* The condition keys from that word on; false when a word is not a key. */
static bool take_keys(struct model *model, const struct line *line, size_t at, struct names *keys)
{
    for (; at < line->count; at++) {
        if (str_index(line->items[at].text, ':') < 1)
            return false;
        *list_add(model->arena, keys) = (struct name){line->items[at].text, line->number};
    }
    return true;
}

/* resource queue arn:aws:sqs:{region}:{account}:{name} [tags] [KEY …] */
void parse_resource(struct model *model, const struct line *line)
{
    bool has_tags = str_equal(word_or_absent(line, 3), S("tags"));
    struct names keys = {0};

    if (line->count < 3 || !str_starts_with(line->items[2].text, S("arn:")) ||
        !take_keys(model, line, 3U + has_tags, &keys)) {
        complain(model, line->number, "This is written: resource NAME arn:… [tags] [KEY …]");
        return;
    }
    if (find_resource(model, line->items[1].text))
        complain(model, line->number, "The resource %.*s is declared twice.", STR_ARGS(line->items[1].text));
    *list_add(model->arena, &model->resources) = (struct resource_entry){.name = line->items[1].text,
                                                                         .line = line->number,
                                                                         .arn = line->items[2].text,
                                                                         .has_tags = has_tags,
                                                                         .keys = keys};
}

/* action PassRole on role [key KEY …] */
void parse_action(struct model *model, const struct line *line)
{
    struct action_entry action = {.name = word_or_absent(line, 1)};
    bool has_keys = str_equal(word_or_absent(line, 4), S("key"));

    if (line->count < 4 || !str_equal(line->items[2].text, S("on")) || (line->count > 4 && !has_keys) ||
        !take_keys(model, line, 4U + has_keys, &action.keys)) {
        complain(model, line->number, "This is written: action NAME on KIND [key KEY …]");
        return;
    }
    action.kind = (struct name){line->items[3].text, line->number};
    *list_add(model->arena, &model->actions) = action;
}

/* If the next word is `word`, return the word after it and move *at past both; else absent. */
static str take_value(const struct line *line, size_t *at, str word)
{
    if (!str_equal(word_or_absent(line, *at), word) || *at + 1 >= line->count)
        return (str){0};
    *at += 2;
    return line->items[*at - 1].text;
}

static void parse_on(struct model *model, const struct line *line, struct permission_entry *permission)
{
    str subject = word_or_absent(line, 1);
    size_t at = 2;

    if (str_equal(subject, S("*")) || str_starts_with(subject, S("arn:"))) {
        permission->on = subject;
    } else {
        permission->kind = (struct name){subject, line->number};
        permission->function = take_value(line, &at, S("by"));
        if (!str_present(permission->function)) {
            permission->path.text = (struct name){word_or_absent(line, at++), line->number};
            permission->with.text = (struct name){take_value(line, &at, S("with")), line->number};
            permission->otherwise = take_value(line, &at, S("else"));
        }
    }
    permission->action = take_value(line, &at, S("action"));
    permission->when_asked.text = (struct name){take_value(line, &at, S("if")), line->number};
    permission->or_others = str_equal(word_or_absent(line, at), S("or"));
    at += permission->or_others;
    if (at != line->count)
        complain(model, line->number,
                 "This is written: on KIND PATH [with PATH] [else \"text\"], on KIND by FUNCTION, or on ARN; "
                 "[action ACTION] [if PATH] [or]");
}

static void parse_also(struct model *model, const struct line *line, struct permission_entry *permission)
{
    size_t at = 2;

    permission->also = true;
    permission->action = word_or_absent(line, 1);
    permission->when_asked.text = (struct name){take_value(line, &at, S("if")), line->number};
    permission->when_is = take_value(line, &at, S("is"));
    if (at != line->count)
        complain(model, line->number, "This is written: also ACTION [if PATH [is \"VALUE\"]]");
}

static void parse_key(struct model *model, const struct line *line, struct key_entry *key)
{
    size_t at = 2;

    key->name = word_or_absent(line, 1);
    while (at + 2 < line->count && !str_equal(word_or_absent(line, at), S("by")) &&
           str_index(line->items[at].text, ':') > 0)
        *list_add(model->arena, &key->others) = (struct name){line->items[at++].text, line->number};
    key->function = take_value(line, &at, S("by"));
    if (!str_present(key->function)) {
        key->path.text = (struct name){word_or_absent(line, at++), line->number};
        key->otherwise = take_value(line, &at, S("else"));
    }
    if (at != line->count)
        complain(model, line->number,
                 "This is written: key NAME PATH [else \"value\"], or key NAME … by FUNCTION");
}

bool parse_permission_line(struct model *model, const struct line *line, struct operation_entry *operation)
{
    str word = line->items[0].text;

    if (str_equal(word, S("key"))) {
        struct key_entry *key = list_add(model->arena, &operation->keys);
        *key = (struct key_entry){.line = line->number};
        parse_key(model, line, key);
        return true;
    }
    bool also = str_equal(word, S("also"));
    if (!also && !str_equal(word, S("on")))
        return false;
    struct permission_entry *permission = list_add(model->arena, &operation->permissions);
    *permission = (struct permission_entry){.line = line->number};
    (also ? parse_also : parse_on)(model, line, permission);
    return true;
}

/* ---- meanings ---- */

struct resource_entry *find_resource(const struct model *model, str name)
{
    for (size_t i = 0; i < model->resources.count; i++)
        if (str_equal(model->resources.items[i].name, name))
            return &model->resources.items[i];
    return NULL;
}

static const struct field *find_field(const struct shape_entry *shape, str name)
{
    for (size_t i = 0; shape && i < shape->fields.count; i++)
        if (str_equal(shape->fields.items[i].name, name))
            return &shape->fields.items[i];
    return NULL;
}

/*
 * A path passes through lists and maps by itself; *passed is the outermost map that it passed through, or
 * else the innermost list.
 */
static const struct shape_entry *inside(const struct model *model, const struct shape_entry *shape,
                                        const struct shape_entry **passed)
{
    *passed = NULL;
    while (shape && (shape->kind == KIND_LIST || shape->kind == KIND_MAP)) {
        if (!*passed || (*passed)->kind == KIND_LIST)
            *passed = shape;
        shape = find_shape(model, shape->element);
    }
    return shape;
}

/* The shape at the path's end; NULL after a complaint. */
static const struct shape_entry *resolve(struct model *model, const struct operation_entry *operation,
                                         struct path *path)
{
    const struct shape_entry *shape = find_shape(model, operation->input.text), *container = NULL;
    str rest = path->text.text, word;

    while (shape && str_next(&rest, '.', &word)) {
        const struct field *field = find_field(shape, word);
        if (container && container->kind == KIND_MAP && str_equal(word, S("key")) && str_empty(rest)) {
            path->keys = true;
            return find_shape(model, container->key);
        }
        if (!field)
            break;
        *list_add(model->arena, path) = (struct path_step){shape, (size_t)(field - shape->fields.items)};
        shape = inside(model, find_shape(model, field->type), &container);
        if (str_empty(rest))
            return shape;
    }
    complain(model, path->text.line, "The input of %.*s has no %.*s.", STR_ARGS(operation->name),
             STR_ARGS(path->text.text));
    return NULL;
}

static bool passes_container(const struct model *model, const struct path *path)
{
    const struct shape_entry *last = NULL;

    for (size_t i = 0; i < path->count && !last; i++)
        inside(model, find_shape(model, path->items[i].shape->fields.items[path->items[i].field].type),
               &last);
    return last;
}

/* The text or number that comes with each of the names must be a single one. */
static void check_with(struct model *model, const struct operation_entry *operation,
                       struct permission_entry *permission)
{
    const struct shape_entry *end = resolve(model, operation, &permission->with);

    bool simple = end && (end->kind == KIND_STRING || end->kind == KIND_INTEGER);

    if (end && (!simple || passes_container(model, &permission->with)))
        complain(model, permission->line, "%.*s is not one text or number.",
                 STR_ARGS(permission->with.text.text));
}

static void check_named_resource(struct model *model, const struct permission_entry *permission)
{
    struct resource_entry *resource = find_resource(model, permission->kind.text);

    if (!resource) {
        complain(model, permission->line, "There is no resource %.*s.", STR_ARGS(permission->kind.text));
        return;
    }
    resource->is_named |= str_present(permission->path.text.text);
    resource->takes_with |= str_present(permission->with.text.text);
}

static void check_permission(struct model *model, const struct operation_entry *operation, size_t index)
{
    struct permission_entry *permission = &operation->permissions.items[index];

    if (permission->also && index == 0)
        complain(model, permission->line, "There is no `on` above.");
    if (str_present(permission->kind.text))
        check_named_resource(model, permission);
    if (str_present(permission->with.text.text))
        check_with(model, operation, permission);
    if (str_present(permission->when_asked.text.text))
        resolve(model, operation, &permission->when_asked);
    if (!str_present(permission->path.text.text))
        return;
    const struct shape_entry *end = resolve(model, operation, &permission->path);
    if (end && end->kind != KIND_STRING)
        complain(model, permission->line, "%.*s names no resource: it is no text.",
                 STR_ARGS(permission->path.text.text));
}

static void check_key(struct model *model, const struct operation_entry *operation, struct key_entry *key)
{
    if (!str_present(key->path.text.text))
        return;
    const struct shape_entry *end = resolve(model, operation, &key->path);
    bool may_be_structure = str_equal(key->name, S("aws:RequestTag"));
    if (end && end->kind == KIND_STRUCTURE && !may_be_structure)
        complain(model, key->line, "%.*s has no value: it is a structure.", STR_ARGS(key->path.text.text));
}

/* May the field be left out, or be a list or map without elements? */
static bool may_be_empty(const struct model *model, const struct field *field)
{
    const struct shape_entry *shape = find_shape(model, field->type);

    if (!field->required)
        return true;
    for (; shape && (shape->kind == KIND_LIST || shape->kind == KIND_MAP);
         shape = find_shape(model, shape->element))
        if (!shape->has_min || shape->min < 1)
            return true;
    return false;
}

/*
 * Must every request be allowed by this line, also one that leaves out all that it may leave out?  Of the
 * lines that end with `or`, one does: the handler refuses other requests.
 */
static bool always_asks(const struct model *model, const struct permission_entry *permission)
{
    const struct path *path = &permission->path;
    bool names = true;

    for (size_t i = 0; i < path->count && !permission->or_others; i++)
        names &= !may_be_empty(model, &path->items[i].shape->fields.items[path->items[i].field]);
    return !permission->also && !str_present(permission->when_asked.text.text) &&
           (names || str_present(permission->otherwise));
}

/* An operation must ask for a permission in every request, unless its model says that it needs none. */
static void check_that_one_always_asks(struct model *model, const struct operation_entry *operation)
{
    size_t k = 0;

    if (operation->anonymous)
        return;
    while (k < operation->permissions.count && !always_asks(model, &operation->permissions.items[k]))
        k++;
    if (operation->permissions.count > 0 && k == operation->permissions.count)
        complain(model, operation->permissions.items[0].line,
                 "A request of %.*s may name no resource, and then needs no permission: one `on` needs a "
                 "required member that is not empty or `else`, or the operation is `anonymous`.",
                 STR_ARGS(operation->name));
}

/* Only the policy of a resource lets nobody in, so there must be a resource that has one. */
static void check_that_public_is_asked(struct model *model, const struct operation_entry *operation)
{
    if (operation->is_public &&
        (operation->anonymous || operation->internal || operation->permissions.count == 0))
        complain(model, operation->line, "%.*s cannot be `public`: it asks for no permission.",
                 STR_ARGS(operation->name));
}

void check_permissions(struct model *model)
{
    for (size_t i = 0; i < model->actions.count; i++)
        if (!find_resource(model, model->actions.items[i].kind.text))
            complain(model, model->actions.items[i].kind.line, "There is no resource %.*s.",
                     STR_ARGS(model->actions.items[i].kind.text));
    for (size_t i = 0; i < model->operations.count; i++) {
        struct operation_entry *operation = &model->operations.items[i];
        if (!str_present(operation->action))
            operation->action = arena_format(model->arena, "%.*s:%.*s", STR_ARGS(model->signing_name),
                                             STR_ARGS(operation->name));
        for (size_t k = 0; k < operation->permissions.count; k++)
            check_permission(model, operation, k);
        check_that_one_always_asks(model, operation);
        check_that_public_is_asked(model, operation);
        for (size_t k = 0; k < operation->keys.count; k++)
            check_key(model, operation, &operation->keys.items[k]);
        if (operation->keys.count > 0 && operation->permissions.count == 0)
            complain(model, operation->line, "%.*s has keys, but no `on`.", STR_ARGS(operation->name));
    }
}
