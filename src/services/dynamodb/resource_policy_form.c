/*
 * resource_policy_form.c: the form in which AWS keeps and shows a policy.
 *
 * White space is left out, and the members of the document and of its statements have one order.  The
 * statements are a list; every other list of one value is that value.  An effect begins with a capital.  An
 * account as a principal is the ARN of its root, and a principal is named once.  Nothing else changes: the
 * order of lists, the case of actions and repeated actions stay.  Two documents of one form are one policy.
 *
 * Recorded from AWS by ack-api-quirks, October 2026 (DDB-TABLE-207, 208 and 351 to 355).
 */
#include "tables.h"

#include "base/positions.h"
#include "wire/json.h"

enum { ACCOUNT_DIGITS = 12 };

static const char *const document_order[] = {"Version", "Id", "Statement", NULL};
static const char *const statement_order[] = {"Sid",       "Effect",    "Principal", "NotPrincipal",
                                              "Action",    "NotAction", "Resource",  "NotResource",
                                              "Condition", NULL};
static const char *const as_written[] = {NULL};

typedef void add_member(struct json_writer *writer, str name, const struct json *value);

static bool is_named(const char *const *names, str name)
{
    for (; *names; names++)
        if (str_equal(name, str_of(*names)))
            return true;
    return false;
}

/* Members without a place in the order follow at the end, as they are written. */
static void add_in_order(struct json_writer *writer, const struct json *object, const char *const *order,
                         add_member *add)
{
    json_open_object(writer);
    for (const char *const *name = order; *name; name++)
        if (json_get(object, str_of(*name)))
            add(writer, str_of(*name), json_get(object, str_of(*name)));
    for (uint32_t i = 0; i < object->count; i++)
        if (!is_named(order, object->members[i].name))
            add(writer, object->members[i].name, &object->members[i].value);
    json_close_object(writer);
}

/* A list of one value is that value. */
static void add_values(struct json_writer *writer, const struct json *values)
{
    json_value(writer, json_is(values, JSON_ARRAY) && values->count == 1 ? &values->items[0] : values);
}

/* ---- principals ---- */

static bool is_account(str text)
{
    int64_t number;

    return text.size == ACCOUNT_DIGITS && str_to_i64(text, &number) && number >= 0;
}

static str full_principal(struct arena *arena, str given)
{
    return is_account(given) ? arena_concat(arena, S("arn:aws:iam::"), given, S(":root")) : given;
}

static bool has_principal(const struct json *list, const struct positions *found, str name)
{
    uint64_t slot = keyed_hash(name);

    for (size_t i; positions_next(found, &slot, &i);)
        if (str_equal(list->items[i].text, name))
            return true;
    return false;
}

/* Each principal once, with its whole name; false: one of them is no text. */
static bool principals_of(struct arena *arena, const struct json *given, struct json *list)
{
    const struct json *items = json_is(given, JSON_ARRAY) ? given->items : given;
    uint32_t count = json_is(given, JSON_ARRAY) ? given->count : 1;
    struct positions found = positions_for(arena, count);

    *list = (struct json){.type = JSON_ARRAY, .items = arena_alloc(arena, count * sizeof *items)};
    for (uint32_t i = 0; i < count; i++) {
        if (!json_is(&items[i], JSON_STRING))
            return false;
        str name = full_principal(arena, items[i].text);
        if (has_principal(list, &found, name))
            continue;
        positions_add(&found, keyed_hash(name), list->count);
        list->items[list->count++] = (struct json){.type = JSON_STRING, .text = name};
    }
    return true;
}

static void add_principals(struct json_writer *writer, str name, const struct json *given)
{
    struct json list;

    json_name(writer, name);
    add_values(writer, principals_of(writer->text.arena, given, &list) ? &list : given);
}

/* {"AWS": …}, or a text. */
static void add_principal(struct json_writer *writer, str name, const struct json *value)
{
    json_name(writer, name);
    if (json_is(value, JSON_OBJECT))
        add_in_order(writer, value, as_written, add_principals);
    else
        json_value(writer, value);
}

/* ---- statements ---- */

/* {operator: {key: values}} */
static void add_condition(struct json_writer *writer, str name, const struct json *value)
{
    json_name(writer, name);
    if (json_is(value, JSON_OBJECT))
        add_in_order(writer, value, as_written, add_condition);
    else
        add_values(writer, value);
}

static void add_effect(struct json_writer *writer, str name, const struct json *value)
{
    str given = json_is(value, JSON_STRING) ? value->text : S("");

    json_name(writer, name);
    if (str_equal_nocase(given, S("Allow")))
        json_string(writer, S("Allow"));
    else if (str_equal_nocase(given, S("Deny")))
        json_string(writer, S("Deny"));
    else
        json_value(writer, value);
}

static void add_statement_member(struct json_writer *writer, str name, const struct json *value)
{
    if (str_equal(name, S("Effect"))) {
        add_effect(writer, name, value);
    } else if (str_ends_with(name, S("Principal"))) {
        add_principal(writer, name, value);
    } else if (str_equal(name, S("Condition"))) {
        add_condition(writer, name, value);
    } else {
        json_name(writer, name);
        add_values(writer, value);
    }
}

static void add_statement(struct json_writer *writer, const struct json *statement)
{
    if (json_is(statement, JSON_OBJECT))
        add_in_order(writer, statement, statement_order, add_statement_member);
    else
        json_value(writer, statement);
}

static void add_statements(struct json_writer *writer, const struct json *value)
{
    bool listed = json_is(value, JSON_ARRAY);

    json_open_array(writer);
    for (uint32_t i = 0; i < (listed ? value->count : 1); i++)
        add_statement(writer, listed ? &value->items[i] : value);
    json_close_array(writer);
}

static void add_document_member(struct json_writer *writer, str name, const struct json *value)
{
    json_name(writer, name);
    if (str_equal(name, S("Statement")))
        add_statements(writer, value);
    else
        json_value(writer, value);
}

/* ---- the document ---- */

str dynamodb_policy_form(struct arena *arena, str policy)
{
    const struct json *document = json_parse(arena, policy, NULL);
    struct json_writer writer = json_writer_in(arena);

    if (!json_is(document, JSON_OBJECT))
        return policy;
    add_in_order(&writer, document, document_order, add_document_member);
    return json_written(&writer);
}

str dynamodb_policy_shown(struct arena *arena, str policy)
{
    str form = dynamodb_policy_form(arena, policy);

    return str_starts_with(form, S("{\"Version\""))
               ? form
               : arena_join(arena, S("{\"Version\":\"2008-10-17\","), str_from(form, 1));
}
