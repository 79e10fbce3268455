#include "aws/policy_document.h"

struct policy_document policy_document_read(struct arena *arena, str text)
{
    const struct json *document = json_parse(arena, text, NULL);
    const struct json *statement = json_get(document, S("Statement"));
    struct policy_document policy = {.document = json_is(document, JSON_OBJECT) ? document : NULL};

    if (json_is(statement, JSON_ARRAY)) {
        policy.statements = statement->items;
        policy.count = statement->count;
    } else if (json_is(statement, JSON_OBJECT)) {
        policy.statements = statement;
        policy.count = 1;
    }
    return policy;
}

static bool has_sid(const struct json *statement, str sid)
{
    return !str_empty(sid) && str_equal(json_get_str(statement, S("Sid")), sid);
}

const struct json *policy_document_find(const struct policy_document *policy, str sid)
{
    for (size_t i = 0; i < policy->count; i++)
        if (has_sid(&policy->statements[i], sid))
            return &policy->statements[i];
    return NULL;
}

static void add_head(struct json_writer *writer, const struct json *document, str head)
{
    if (!document)
        json_raw(writer, head);
    for (size_t i = 0; document && i < document->count; i++)
        if (!str_equal(document->members[i].name, S("Statement"))) {
            json_name(writer, document->members[i].name);
            json_value(writer, &document->members[i].value);
        }
}

/* Write the document without the statement `without`; the array of statements is left open. */
static size_t open_document(struct json_writer *writer, const struct policy_document *policy, str head,
                            str without)
{
    size_t kept = 0;

    json_open_object(writer);
    add_head(writer, policy->document, head);
    json_name(writer, S("Statement"));
    json_open_array(writer);
    for (size_t i = 0; i < policy->count; i++)
        if (!has_sid(&policy->statements[i], without)) {
            json_value(writer, &policy->statements[i]);
            kept++;
        }
    return kept;
}

static str close_document(struct json_writer *writer)
{
    json_close_array(writer);
    json_close_object(writer);
    return json_written(writer);
}

str policy_document_add(struct arena *arena, const struct policy_document *policy, str head, str statement)
{
    struct json_writer writer = json_writer_in(arena);

    open_document(&writer, policy, head, (str){0});
    json_raw(&writer, statement);
    return close_document(&writer);
}

str policy_document_remove(struct arena *arena, const struct policy_document *policy, str sid)
{
    struct json_writer writer = json_writer_in(arena);
    size_t kept = open_document(&writer, policy, S(""), sid);

    return kept > 0 ? close_document(&writer) : (str){0};
}
