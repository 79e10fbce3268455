/*
 * last_accessed.c: GET /_orderly/iam/last-accessed: what a role or user has used, and what it could lose.
 *
 *     GET /_orderly/iam/last-accessed?as=ARN
 *
 * `uses` are its actions with their resources, the last first; a null resource means several.  `statements`
 * are the Allow statements of its policies: whether one of the uses could be by that statement, and by each
 * of its actions.  A statement is called unused only if it certainly is: its conditions and variables are
 * taken to fit, and when more was used than is kept (`partial`), everything is called used.
 */
#include "services/iam/iam_internal.h"
#include "services/iam/policy_internal.h"

#include "aws/arn.h"
#include "engine/doors.h"
#include "wire/form.h"
#include "wire/json.h"

#include <stdlib.h>

static bool find_identity(const struct call *call, str text, struct identity *identity)
{
    const struct identity_kind *kinds[] = {&IAM_ROLE_KIND, &IAM_USER_KIND};
    struct arn arn;

    if (!arn_parse(text, &arn))
        return false;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (iam_identity_find(call->txn, call->arena, kinds[i], arn.account, arn_name(text), identity) &&
            str_equal(identity->arn, text))
            return true;
    return false;
}

static int by_time(const void *a, const void *b)
{
    const struct iam_use *one = a, *other = b;

    return (one->last_ms < other->last_ms) - (one->last_ms > other->last_ms);
}

static void write_uses(struct json_writer *writer, const struct iam_uses *uses)
{
    json_name(writer, S("uses"));
    json_open_array(writer);
    for (size_t i = 0; i < uses->count; i++) {
        const struct iam_use *use = &uses->items[i];
        json_open_object(writer);
        json_field(writer, S("action"), use->action);
        json_name(writer, S("resource"));
        if (str_present(use->resource))
            json_string(writer, use->resource);
        else
            json_null(writer);
        json_i64_field(writer, S("lastMs"), use->last_ms);
        json_close_object(writer);
    }
    json_close_array(writer);
}

/* Is it used by one of the uses?  Without a pattern: the statement; else that action of the statement. */
static bool is_used(const struct call *call, const struct iam_uses *uses, const struct statement *statement,
                    const struct wildcard *pattern)
{
    for (size_t i = 0; i < uses->count; i++) {
        const struct policy_request request = {.action = uses->items[i].action,
                                               .resource = uses->items[i].resource,
                                               .caller = call->caller,
                                               .arena = call->arena};
        if ((!pattern || iam_is_action_of(pattern, request.action)) &&
            iam_statement_may_allow(statement, &request))
            return true;
    }
    return uses->partial;
}

static void write_statement(const struct call *call, struct json_writer *writer, const struct iam_uses *uses,
                            const struct policy_reference *policy, size_t at)
{
    const struct statement *statement = &policy->policy->statements.items[at];

    json_open_object(writer);
    json_field(writer, S("policy"), policy->name);
    if (str_present(policy->group))
        json_field(writer, S("group"), policy->group);
    json_i64_field(writer, S("statement"), (int64_t)at + 1);
    json_field(writer, S("sid"), statement->sid);
    json_name(writer, S("used"));
    json_bool(writer, is_used(call, uses, statement, NULL));
    if (!statement->not_actions) {
        json_name(writer, S("actions"));
        json_open_array(writer);
        for (size_t i = 0; i < statement->actions.count; i++)
            json_bool(writer, is_used(call, uses, statement, &statement->actions.items[i]));
        json_close_array(writer);
    }
    json_close_object(writer);
}

static void write_statements(const struct call *call, struct json_writer *writer, const struct iam_uses *uses,
                             const struct policy_list *policies)
{
    json_name(writer, S("statements"));
    json_open_array(writer);
    for (size_t i = 0; i < policies->count; i++)
        for (size_t at = 0; at < policies->items[i].policy->statements.count; at++)
            if (!policies->items[i].policy->statements.items[at].deny)
                write_statement(call, writer, uses, &policies->items[i], at);
    json_close_array(writer);
}

enum outcome iam_last_accessed(const struct call *call, const struct visit *visit, struct http_reply *reply)
{
    struct json_writer writer = json_writer_in(call->arena);
    struct form form = {0};
    struct identity identity;

    if (!form_parse(call->arena, visit->request->query, &form) || !str_present(form_get(&form, S("as"))) ||
        !find_identity(call, form_get(&form, S("as")), &identity))
        return iam_refuse(call, reply, "as= must be the ARN of a role or a user that is there.");
    struct iam_uses uses = iam_uses_of(call, &identity);
    const struct cached_identity *cached =
        iam_cached_identity(call->txn, call->arena, identity.row.unique_id);
    if (uses.count > 1)
        qsort(uses.items, uses.count, sizeof *uses.items, by_time);
    json_open_object(&writer);
    json_i64_field(&writer, S("sinceMs"), uses.since_ms);
    json_name(&writer, S("partial"));
    json_bool(&writer, uses.partial);
    write_uses(&writer, &uses);
    write_statements(call, &writer, &uses, &cached->policies);
    json_close_object(&writer);
    return iam_reply_json(reply, 200, &writer);
}
