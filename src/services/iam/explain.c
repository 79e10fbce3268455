/*
 * explain.c: GET /_orderly/iam/explain: whether a principal may do something, and which statement decides.
 *
 *     GET /_orderly/iam/explain?action=sqs:SendMessage&resource=ARN&as=ARN[&context=key=value…]
 *
 * `as` is a user, a role, an account's root or a service's host name.  `context` gives condition keys that a
 * request would supply; the resource's own policy and tags are looked up, as an operation would do.
 * `lookedAt` lists the evaluated policies.
 */
#include "services/iam/iam.h"
#include "services/iam/iam_internal.h"

#include "aws/arn.h"
#include "engine/doors.h"
#include "wire/form.h"
#include "wire/json.h"

static enum outcome reply_json(struct http_reply *reply, int status, struct json_writer *writer)
{
    *reply = (struct http_reply){
        .status = status, .content_type = S("application/json"), .body = json_written(writer)};
    return DONE;
}

static enum outcome refuse(const struct call *call, struct http_reply *reply, const char *message)
{
    struct json_writer writer = json_writer_in(call->arena);

    json_open_object(&writer);
    json_field(&writer, S("message"), str_of(message));
    json_close_object(&writer);
    return reply_json(reply, 400, &writer);
}

/* ---- the principal ---- */

static bool identity_principal(const struct call *call, const struct identity_kind *kind,
                               const struct arn *arn, str text, struct principal *principal)
{
    struct identity identity;

    if (!iam_identity_find(call->txn, call->arena, kind, arn->account, arn_name(text), &identity))
        return false;
    *principal = kind == &IAM_ROLE_KIND ? iam_session_principal(call->arena, &identity, S("explain"))
                                        : (struct principal){.kind = PRINCIPAL_USER,
                                                             .arn = identity.arn,
                                                             .id = identity.row.unique_id,
                                                             .account = identity.row.account,
                                                             .name = identity.row.name};
    principal->issued_ms = call->now_ms;
    return true;
}

static bool read_principal(const struct call *call, str text, struct principal *principal)
{
    struct arn arn;

    if (str_ends_with(text, S(".amazonaws.com"))) {
        *principal = *service_principal(call, text, (str){0});
        return true;
    }
    if (!arn_parse(text, &arn) || !str_equal(arn.service, S("iam")))
        return false;
    if (str_equal(arn.resource, S("root"))) {
        *principal = (struct principal){
            .kind = PRINCIPAL_ROOT, .arn = text, .id = arn.account, .account = arn.account};
        return true;
    }
    return str_starts_with(arn.resource, S("user/"))
               ? identity_principal(call, &IAM_USER_KIND, &arn, text, principal)
               : str_starts_with(arn.resource, S("role/")) &&
                     identity_principal(call, &IAM_ROLE_KIND, &arn, text, principal);
}

/* ---- the resource ---- */

/* The context from the query, and what the resource adds. */
static void supply(const struct call *call, const void *source, struct context_list *context)
{
    const struct resource *resource = source;

    if (resource->add_context)
        resource->add_context(call, resource, context);
}

static bool read_context(const struct call *call, const struct form *form, struct context_list *context)
{
    for (size_t i = 0; i < form->count; i++) {
        str given = form->items[i].value;
        ptrdiff_t equals = str_index(given, '=');
        if (!str_equal(form->items[i].name, S("context")))
            continue;
        if (equals < 1)
            return false;
        context_add(call, context, str_head(given, (size_t)equals), str_from(given, (size_t)equals + 1));
    }
    return true;
}

/* ---- the answer ---- */

static void write_policies(struct json_writer *writer, const struct policy_set *set)
{
    json_name(writer, S("lookedAt"));
    json_open_array(writer);
    for (size_t i = 0; i < set->identity.count; i++)
        json_string(writer, set->identity.items[i].name);
    if (set->boundary)
        json_string(writer, S("the permissions boundary"));
    if (set->resource)
        json_string(writer, set->trust ? S("the role's trust policy") : S("the resource's own policy"));
    json_close_array(writer);
}

static str decision_text(const struct explanation *explanation)
{
    const struct decision *decision = &explanation->decision;
    struct arena *arena = explanation->request.arena;

    if (decision->denial != NOT_DENIED)
        return iam_decision_reason(decision, &explanation->request);
    if (!decision->policy)
        return S("the account's own administrator may do everything in it");
    return arena_format(arena, "statement %zu%s%.*s%s of %s%.*s allows it", decision->statement,
                        str_present(decision->sid) ? " (\"" : "", STR_ARGS(decision->sid),
                        str_present(decision->sid) ? "\")" : "",
                        str_present(decision->policy_name) ? "the policy " : "the resource's own policy",
                        STR_ARGS(decision->policy_name));
}

static enum outcome write_explanation(const struct explanation *explanation, bool found,
                                      struct http_reply *reply)
{
    struct json_writer writer = json_writer_in(explanation->request.arena);
    const struct decision *decision = &explanation->decision;

    json_open_object(&writer);
    json_name(&writer, S("allowed"));
    json_bool(&writer, decision->denial == NOT_DENIED);
    json_field(&writer, S("reason"), decision_text(explanation));
    if (decision->statement) {
        json_i64_field(&writer, S("statement"), (int64_t)decision->statement);
        if (str_present(decision->sid))
            json_field(&writer, S("sid"), decision->sid);
        if (str_present(decision->policy_name))
            json_field(&writer, S("policy"), decision->policy_name);
    }
    json_name(&writer, S("resourceFound"));
    json_bool(&writer, found);
    write_policies(&writer, &explanation->set);
    json_close_object(&writer);
    return reply_json(reply, 200, &writer);
}

enum outcome iam_explain_door(const struct call *call, const struct visit *visit, struct http_reply *reply)
{
    struct form form = {0};
    struct principal principal;
    struct resource resource = {0};
    struct context_list context = {.supply = supply, .source = &resource};

    if (!form_parse(call->arena, visit->request->query, &form))
        return refuse(call, reply, "The query is not a form.");
    str action = form_get(&form, S("action")), arn = form_get(&form, S("resource"));
    if (!str_present(action) || str_index(action, ':') < 1 || !str_present(arn))
        return refuse(call, reply, "action=SERVICE:ACTION and resource=ARN are needed.");
    if (!str_present(form_get(&form, S("as"))) || !read_principal(call, form_get(&form, S("as")), &principal))
        return refuse(call, reply,
                      "as= must be the ARN of a user, a role or a root that is there, or a "
                      "service's host name.");
    if (!read_context(call, &form, &context))
        return refuse(call, reply, "context= is written KEY=VALUE.");
    bool found = resource_of_arn(call, arn, &resource);
    struct call theirs = call_as(call, &principal);
    struct question question = {action, arn, resource.policy, &context};
    struct explanation explanation;

    iam_explain(&theirs, &question, &explanation);
    return write_explanation(&explanation, found, reply);
}
