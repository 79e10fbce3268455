/*
 * authorize.c: checks that the caller is allowed, before a handler runs and during its run.
 *
 * An operation's model names the resources of a request and the permissions that it needs on each. The
 * service's locators find the resources here, once for each run of the call; nothing of an earlier run is
 * kept.
 */
#include "engine/engine_internal.h"
#include "engine/hop_detail.h"
#include "engine/protocol/shape.h"

#include "aws/arn.h"
#include "base/check.h"
#include "base/log.h"
#include "base/text.h"

#include <string.h>

/* ---- values of a request ---- */

/* Called with each value at the end of a path; `see` returns false to stop. */
struct viewer {
    bool (*see)(struct viewer *viewer, const struct shape *shape, const void *value);
};

static bool walk(const struct member_path *path, size_t depth, const struct shape *shape, const void *value,
                 struct viewer *viewer);

static bool walk_items(const struct member_path *path, size_t depth, const struct shape *shape,
                       const void *value, struct viewer *viewer)
{
    struct items items = items_read(value);
    size_t size = item_size(shape);
    bool keys = shape->type == SHAPE_MAP && path->keys && !path->members[depth];

    for (size_t i = 0; i < items.count; i++) {
        const char *item = items.data + i * size;
        bool goes_on = keys ? viewer->see(viewer, shape->key, item)
                            : walk(path, depth, shape->element,
                                   shape->type == SHAPE_MAP ? item + MAP_VALUE_OFFSET : item, viewer);
        if (!goes_on)
            return false;
    }
    return true;
}

/* False: the viewer has stopped the walk. */
static bool walk(const struct member_path *path, size_t depth, const struct shape *shape, const void *value,
                 struct viewer *viewer)
{
    if (shape->type == SHAPE_LIST || shape->type == SHAPE_MAP)
        return walk_items(path, depth, shape, value, viewer);
    if (!path->members[depth])
        return viewer->see(viewer, shape, value);
    const void *member = member_value(path->members[depth], value);
    return !member || walk(path, depth + 1, path->members[depth]->shape, member, viewer);
}

struct use_viewer {
    struct viewer viewer; /* first */
    const char *is;
};

/*
 * Stops at the first value that counts as use: not an empty text, not false, and not another text than `is`.
 */
static bool see_that_there_is_one(struct viewer *viewer, const struct shape *shape, const void *value)
{
    const char *is = ((const struct use_viewer *)viewer)->is;

    if (is)
        return shape->type != SHAPE_STRING || !str_equal(*(const str *)value, str_of(is));
    return (shape->type == SHAPE_STRING && str_empty(*(const str *)value)) ||
           (shape->type == SHAPE_BOOLEAN && !*(const bool *)value);
}

/* Has the request a value there that counts as use? */
static bool asks_for(const struct call *call, const struct permission *permission, const void *in)
{
    struct use_viewer viewer = {{see_that_there_is_one}, permission->when_is};

    return !walk(&permission->when_asked, 0, call->operation->input, in, &viewer.viewer);
}

/* ---- what is asked of the identity provider ---- */

/* Anybody can cause these lines, so they are paced. */
static void warn_of_denial(const struct call *call, const struct question *question, str reason)
{
    static struct log_pace pace;
    unsigned left_out;

    if (log_due(&pace, &left_out))
        log_warn(call->engine->options.enforcement == ENFORCEMENT_SOFT ? "would be denied" : "denied",
                 log_field("action", question->action), log_field("reason", reason),
                 log_field("request_id", call->request_id), log_field("not_told_before", left_out));
}

/* Only a policy lets nobody use a public operation: also a server that evaluates no policies does. */
static enum enforcement enforcement_of(const struct call *call)
{
    bool nobody = call->caller && call->caller->kind == PRINCIPAL_ANONYMOUS && call->operation &&
                  call->operation->flags & OPERATION_PUBLIC;

    return nobody ? ENFORCEMENT_ON : call->engine->options.enforcement;
}

/* Do the policies let the call in, or need they not? */
static bool permitted(const struct call *call, const struct question *question, struct objection *objection)
{
    const struct engine_options *options = &call->engine->options;
    enum enforcement enforcement = enforcement_of(call);

    if (enforcement == ENFORCEMENT_OFF || options->identity.authorize(call, question, objection))
        return true;
    if (enforcement == ENFORCEMENT_ON)
        return false;
    warn_of_denial(call, question, objection->reason);
    return true;
}

static bool question_policies(const struct call *call, str action, str resource_arn, str resource_policy,
                              const struct context_list *context)
{
    const struct question question = {action, resource_arn, resource_policy, context, call->preparing};
    struct objection objection = {0};

    call->progress->authorized = true;
    if (!str_present(call->progress->asked_about))
        call->progress->asked_about = resource_arn;
    if (permitted(call, &question, &objection))
        return true;
    fail(call, call->operation->service->access_denied, "%.*s", STR_ARGS(objection.message));
    call->progress->failure.reason = objection.reason;
    call->progress->denied = resource_arn;
    warn_of_denial(call, &question, objection.reason);
    return false;
}

bool door_permits(const struct call *call, str action, struct http_reply *reply)
{
    const struct context_list nothing = {0};
    const struct question question = {action, S("*"), (str){0}, &nothing, false};
    struct objection objection = {0};

    if (permitted(call, &question, &objection))
        return true;
    warn_of_denial(call, &question, objection.reason);
    door_refuse(call, reply, 403, objection.message);
    return false;
}

/* ---- condition keys ---- */

struct key_viewer {
    struct viewer viewer; /* first */
    const struct call *call;
    const struct condition_key *key;
    struct context_list *context;
    bool any;
};

static bool see_value(struct viewer *viewer, const struct shape *shape, const void *value)
{
    struct key_viewer *keys = (struct key_viewer *)viewer;
    str text = scalar_to_text(keys->call->arena, shape, TIMESTAMP_DEFAULT, value);

    keys->any = true;
    if (keys->key->source == KEY_IS_TAG_NAMES)
        context_add(keys->call, keys->context, S("aws:TagKeys"), text);
    else
        context_add(keys->call, keys->context, str_of(keys->key->name), text);
    return true;
}

/* aws:RequestTag/<name>, and the name in aws:TagKeys. */
static void add_request_tag(const struct call *call, struct context_list *context, str name, str value)
{
    context_add(call, context, arena_join(call->arena, S("aws:RequestTag/"), name), value);
    context_add(call, context, S("aws:TagKeys"), name);
}

static void add_request_tags(const struct call *call, struct context_list *context,
                             const struct str_map *tags)
{
    for (size_t i = 0; i < tags->count; i++)
        add_request_tag(call, context, tags->items[i].key, tags->items[i].value);
}

/* The part of a tag in a structure, by its member's name in any case. */
static str tag_part(const struct shape *shape, const void *value, str name)
{
    for (size_t i = 0; i < shape->member_count; i++)
        if (str_equal_nocase(shape->members[i].name, name)) {
            const str *part = member_value(&shape->members[i], value);
            return part ? *part : S("");
        }
    return S("");
}

static bool see_tag(struct viewer *viewer, const struct shape *shape, const void *value)
{
    struct key_viewer *keys = (struct key_viewer *)viewer;

    add_request_tag(keys->call, keys->context, tag_part(shape, value, S("Key")),
                    tag_part(shape, value, S("Value")));
    return true;
}

/* The member at the end of the path has the tags: a map, or a list of structures. */
static void add_tags(const struct call *call, const struct member_path *path, const void *in,
                     struct context_list *context)
{
    const struct shape *shape = call->operation->input;
    struct key_viewer keys = {{see_tag}, call, NULL, context, false};
    const void *value = in;

    for (size_t i = 0; path->members[i] && value; i++) {
        value = member_value(path->members[i], value);
        shape = path->members[i]->shape;
    }
    if (value && shape->type == SHAPE_MAP)
        add_request_tags(call, context, value);
    else if (value)
        walk(path, 0, call->operation->input, in, &keys.viewer);
}

/* The condition keys of one resource of a request. */
struct key_source_of {
    const void *in; /* NULL: only those of the resource */
    const struct resource *resource;
};

static void add_key(const struct call *call, const struct condition_key *key,
                    const struct key_source_of *source, struct context_list *context)
{
    struct key_viewer keys = {{see_value}, call, key, context, false};

    if (key->source == KEY_IS_ADDED)
        return;
    if (key->add)
        key->add(call, source->in, source->resource, context);
    else if (key->source == KEY_IS_TAGS)
        add_tags(call, &key->path, source->in, context);
    else
        walk(&key->path, 0, call->operation->input, source->in, &keys.viewer);
    if (!keys.any && key->otherwise)
        context_add(call, context, str_of(key->name), str_of(key->otherwise));
}

static void supply(const struct call *call, const void *from, struct context_list *context)
{
    const struct key_source_of *source = from;
    const struct condition_key *key = call->operation->keys;

    if (source->resource->add_context)
        source->resource->add_context(call, source->resource, context);
    for (; source->in && key && key->name; key++)
        add_key(call, key, source, context);
}

static bool may_do(const struct call *call, str action, const void *in, const struct resource *resource)
{
    struct key_source_of source = {in, resource};
    struct context_list context = {.supply = supply, .source = &source};

    return question_policies(call, action, resource->arn, resource->policy, &context);
}

/* ---- the resources of a request ---- */

struct locator {
    struct viewer viewer; /* first */
    const struct call *call;
    const struct permission *permission;
    str with;
    str given;             /* the last name, */
    struct resource found; /* and what it names */
    bool failed;
};

static struct resource *add_resource(const struct call *call)
{
    return list_add(call->arena, &call->progress->resources);
}

/* A request with many entries often names the same resource in all of them. */
static bool locate_given(struct locator *locator, str given)
{
    if (!str_present(locator->given) || !str_equal(given, locator->given)) {
        locator->found = (struct resource){0};
        locator->failed = !locator->permission->locate(locator->call, given, locator->with, &locator->found);
    }
    locator->given = given;
    *add_resource(locator->call) = locator->found;
    return !locator->failed;
}

static bool see_name(struct viewer *viewer, const struct shape *shape, const void *value)
{
    check(shape->type == SHAPE_STRING);
    return locate_given((struct locator *)viewer, *(const str *)value);
}

/* The resources at the end of the permission's path. */
static void locate_named(struct locator *locator, const void *in)
{
    const struct permission *permission = locator->permission;
    const struct call *call = locator->call;
    size_t before = call->progress->resources.count;

    walk(&permission->path, 0, call->operation->input, in, &locator->viewer);
    if (permission->otherwise && call->progress->resources.count == before)
        locate_given(locator, str_of(permission->otherwise));
}

struct text_viewer {
    struct viewer viewer; /* first */
    const struct call *call;
    str text;
};

static bool see_text(struct viewer *viewer, const struct shape *shape, const void *value)
{
    struct text_viewer *found = (struct text_viewer *)viewer;

    found->text = scalar_to_text(found->call->arena, shape, TIMESTAMP_DEFAULT, value);
    return false;
}

/* The text or number at the end of the path, or absent. */
static str text_at(const struct call *call, const struct member_path *path, const void *in)
{
    struct text_viewer found = {{see_text}, call, {0}};

    if (path->members)
        walk(path, 0, call->operation->input, in, &found.viewer);
    return found.text;
}

/* Replaces {region} and {account} by the call's. */
static str expand(const struct call *call, const char *pattern)
{
    struct text text = text_in(call->arena);
    str rest = str_of(pattern);

    for (ptrdiff_t open; (open = str_index(rest, '{')) >= 0;) {
        ptrdiff_t end = str_index(rest, '}');
        str name = str_from(str_head(rest, (size_t)end), (size_t)open + 1);
        text_add(&text, str_head(rest, (size_t)open));
        text_add(&text, str_equal(name, S("region")) ? call->region : call->account);
        rest = str_from(rest, (size_t)end + 1);
    }
    text_add(&text, rest);
    return text_str(&text);
}

/* False: fail() has been called. */
static bool locate(const struct call *call, const struct permission *permission, const void *in)
{
    struct locator locator = {.viewer = {see_name},
                              .call = call,
                              .permission = permission,
                              .with = text_at(call, &permission->with, in)};

    if (permission->path.members)
        locate_named(&locator, in);
    else if (permission->locate_by)
        locator.failed = !permission->locate_by(call, in, add_resource(call));
    else
        add_resource(call)->arn = expand(call, permission->on);
    return !locator.failed;
}

static bool admit(const struct call *call, const void *in)
{
    const struct permission *permission = call->operation->permissions;
    size_t first = 0;

    for (; permission->action; permission++) {
        bool asked = !permission->when_asked.members || asks_for(call, permission, in);
        if (!permission->also)
            first = call->progress->resources.count;
        if (!asked)
            continue;
        if (!permission->also && !locate(call, permission, in))
            return false;
        for (size_t i = first; i < call->progress->resources.count; i++)
            if (!may_do(call, str_of(permission->action), in, &call->progress->resources.items[i]))
                return false;
    }
    call->progress->authorized = true;
    return true;
}

bool call_admit(const struct call *call, const void *in)
{
    return !call->operation->permissions || admit(call, in);
}

enum outcome call_handle(const struct call *call, const void *in, void *out)
{
    bool reads = call->operation->flags & OPERATION_READS;
    struct written before = reads ? (struct written){0} : changes_before(call);
    enum outcome outcome = call_admit(call, in) ? call->operation->handler(call, in, out) : FAILED;

    if (outcome == DONE && !reads)
        changes_note(call, &before);
    return outcome;
}

const struct resource *call_resource(const struct call *call, size_t index)
{
    check(index < call->progress->resources.count);
    return &call->progress->resources.items[index];
}

bool authorize_action(const struct call *call, str action, const struct resource *resource)
{
    return may_do(call, action, NULL, resource);
}

bool authorize_resource(const struct call *call, const struct resource *resource)
{
    return may_do(call, str_of(call->operation->action), NULL, resource);
}

bool resource_of_arn(const struct call *call, str text, struct resource *found)
{
    struct arn arn;

    if (!arn_parse(text, &arn))
        return false;
    for (const struct module *const *module = call->engine->options.modules; *module; module++)
        if ((*module)->locate_arn && str_equal(arn.service, str_of((*module)->service->signing_name)))
            return (*module)->locate_arn(call, text, found);
    return false;
}

bool authorize(const struct call *call, str resource_arn, str resource_policy)
{
    return question_policies(call, str_of(call->operation->action), resource_arn, resource_policy,
                             &(struct context_list){0});
}

bool may(const struct call *call, const struct principal *principal, str action, str resource_arn,
         str resource_policy)
{
    const struct question question = {action, resource_arn, resource_policy, &(struct context_list){0}, true};
    struct call theirs = call_as(call, principal);
    struct objection objection = {0};

    return permitted(&theirs, &question, &objection);
}

bool may_do_to(const struct call *call, const struct principal *principal, str action,
               const struct resource *resource)
{
    struct context_list context = {0};
    const struct question question = {action, resource->arn, resource->policy, &context, true};
    struct call theirs = call_as(call, principal);
    struct objection objection = {0};

    if (resource->add_context)
        resource->add_context(call, resource, &context);
    return permitted(&theirs, &question, &objection);
}

bool may_call(const struct call *call, const struct operation *operation, const void *in)
{
    struct call_progress progress = {0};
    struct call wanted = *call;

    wanted.preparing = true; /* nothing is done now */
    wanted.operation = operation;
    wanted.progress = &progress;
    return call_admit(&wanted, in);
}

void context_add(const struct call *call, struct context_list *context, str key, str value)
{
    *list_add(call->arena, context) = (struct context_value){key, value};
}

void context_add_resource_tag(const struct call *call, struct context_list *context, str name, str value)
{
    context_add(call, context, arena_join(call->arena, S("aws:ResourceTag/"), name), value);
}

bool is_resource_policy(const struct call *call, str document)
{
    return call->engine->options.identity.is_resource_policy(call, document);
}

bool policy_bind(const struct call *call, str document, str *bound)
{
    return call->engine->options.identity.bind_policy(call, document, bound);
}

str policy_shown(const struct call *call, str bound)
{
    return call->engine->options.identity.show_policy(call, bound);
}

/* A name that ends with '/' is a family of keys: "aws:RequestTag/". */
static bool is_condition_key(str name, str key)
{
    return str_equal_nocase(name, key) ||
           (str_ends_with(name, S("/")) && str_equal_nocase(name, str_head(key, name.size)));
}

bool condition_key_is_supplied(const struct call *call, str key)
{
    for (const struct module *const *module = call->engine->options.modules; module && *module; module++)
        for (const char *const *name = (*module)->service->condition_keys; name && *name; name++)
            if (is_condition_key(str_of(*name), key))
                return true;
    return false;
}

struct str_list all_actions(const struct call *call)
{
    struct str_list actions = {0};

    for (const struct module *const *module = call->engine->options.modules; module && *module; module++) {
        const struct service *service = (*module)->service;
        for (const struct operation *const *operation = service->operations; *operation; operation++)
            if (!service->is_private && !((*operation)->flags & (OPERATION_INTERNAL | OPERATION_ANONYMOUS)))
                *list_add(call->arena, &actions) = str_of((*operation)->action);
    }
    return actions;
}
