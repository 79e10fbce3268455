/*
 * explain.c: GET /_orderly/iam/explain: whether a principal may do something, and which statement decides.
 *
 *     GET /_orderly/iam/explain?action=sqs:SendMessage&resource=ARN&as=ARN[&context=key=value…]
 *
 * `as` is a user, a role, an account's root or a service's host name.  `context` gives condition keys that a
 * request would supply, aws:SourceArn, aws:SourceAccount and aws:SourceIp among them; the resource's own
 * policy and tags are looked up, as an operation would do. `lookedAt` lists the evaluated policies,
 * `unsuppliedKeys` their condition keys that no service supplies.
 */
#include "services/iam/iam.h"
#include "services/iam/iam_internal.h"
#include "services/iam/policy_internal.h"

#include "aws/arn.h"
#include "engine/doors.h"
#include "wire/form.h"
#include "wire/json.h"

enum outcome iam_reply_json(struct http_reply *reply, int status, const struct json_writer *writer)
{
    *reply = (struct http_reply){
        .status = status, .content_type = S("application/json"), .body = json_written(writer)};
    return DONE;
}

enum outcome iam_refuse(const struct call *call, struct http_reply *reply, const char *message)
{
    struct json_writer writer = json_writer_in(call->arena);

    json_open_object(&writer);
    json_field(&writer, S("message"), str_of(message));
    json_close_object(&writer);
    return iam_reply_json(reply, 400, &writer);
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

/*
 * What the query says about the request: keys of services, and those global keys that do not follow from the
 * principal.
 */
struct given {
    struct context_list context;
    str source_arn, source_account, source_ip;
};

/* NULL: this global key follows from the principal, the action or the time. */
static str *global_key_of(struct given *given, enum context_key key)
{
    switch (key) {
    case KEY_SOURCE_ARN:
        return &given->source_arn;
    case KEY_SOURCE_ACCOUNT:
        return &given->source_account;
    case KEY_SOURCE_IP:
        return &given->source_ip;
    default:
        return NULL;
    }
}

/* One "KEY=VALUE".  False: the sentence says what is wrong. */
static bool read_pair(const struct call *call, str pair, struct given *given, const char **sentence)
{
    ptrdiff_t equals = str_index(pair, '=');
    str name;

    *sentence = "context= is written KEY=VALUE.";
    if (equals < 1)
        return false;
    str key = str_head(pair, (size_t)equals), value = str_from(pair, (size_t)equals + 1);
    enum context_key known = iam_context_key_find(key, &name);
    if (known == KEY_OTHER) {
        context_add(call, &given->context, key, value);
        return true;
    }
    str *global = global_key_of(given, known);
    *sentence =
        "context= takes of the global keys only aws:SourceArn, aws:SourceAccount and aws:SourceIp: the "
        "others follow from the principal, the action and the time.";
    if (global)
        *global = value;
    return global != NULL;
}

static bool read_context(const struct call *call, const struct form *form, struct given *given,
                         const char **sentence)
{
    for (size_t i = 0; i < form->count; i++)
        if (str_equal(form->items[i].name, S("context")) &&
            !read_pair(call, form->items[i].value, given, sentence))
            return false;
    return true;
}

/* The call as the principal would make it. */
static struct call call_of(const struct call *call, struct principal *principal, const struct given *given)
{
    if (str_present(given->source_arn))
        principal->source_arn = given->source_arn;
    if (str_present(given->source_account))
        principal->source_account = given->source_account;
    struct call theirs = call_as(call, principal);
    if (str_present(given->source_ip))
        theirs.source_ip = given->source_ip;
    return theirs;
}

/* ---- the answer ---- */

/* "reading", "reading of the group clerks" */
static str name_of(const struct call *call, const struct policy_reference *policy)
{
    if (!str_present(policy->group))
        return policy->name;
    return arena_concat(call->arena, policy->name, S(" of the group "), policy->group);
}

static void write_policies(const struct call *call, struct json_writer *writer, const struct policy_set *set)
{
    json_name(writer, S("lookedAt"));
    json_open_array(writer);
    for (size_t i = 0; i < set->identity.count; i++)
        json_string(writer, name_of(call, &set->identity.items[i]));
    if (set->boundary)
        json_string(writer, S("the permissions boundary"));
    if (set->resource)
        json_string(writer, set->trust ? S("the role's trust policy") : S("the resource's own policy"));
    json_close_array(writer);
}

static void add_unsupplied(const struct call *call, const struct policy *policy, struct str_list *keys)
{
    if (policy)
        iam_policy_unsupplied_keys(call, policy, keys);
}

/* The condition keys of these policies that no service supplies; nothing when all are supplied. */
static void write_unsupplied(const struct call *call, struct json_writer *writer,
                             const struct policy_set *set)
{
    struct str_list keys = {0};

    for (size_t i = 0; i < set->identity.count; i++)
        add_unsupplied(call, set->identity.items[i].policy, &keys);
    add_unsupplied(call, set->boundary, &keys);
    add_unsupplied(call, set->resource, &keys);
    if (keys.count == 0)
        return;
    json_name(writer, S("unsuppliedKeys"));
    json_open_array(writer);
    for (size_t i = 0; i < keys.count; i++)
        json_string(writer, keys.items[i]);
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
    return arena_format(arena, "statement %zu%s%.*s%s of %s%.*s%s%.*s allows it", decision->statement,
                        str_present(decision->sid) ? " (\"" : "", STR_ARGS(decision->sid),
                        str_present(decision->sid) ? "\")" : "",
                        str_present(decision->policy_name) ? "the policy " : "the resource's own policy",
                        STR_ARGS(decision->policy_name),
                        str_present(decision->policy_group) ? " of the group " : "",
                        STR_ARGS(decision->policy_group));
}

static enum outcome write_explanation(const struct call *call, const struct explanation *explanation,
                                      bool found, struct http_reply *reply)
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
        if (str_present(decision->policy_group))
            json_field(&writer, S("group"), decision->policy_group);
    }
    json_name(&writer, S("resourceFound"));
    json_bool(&writer, found);
    write_policies(call, &writer, &explanation->set);
    write_unsupplied(call, &writer, &explanation->set);
    json_close_object(&writer);
    return iam_reply_json(reply, 200, &writer);
}

enum outcome iam_explain_door(const struct call *call, const struct visit *visit, struct http_reply *reply)
{
    struct form form = {0};
    struct principal principal;
    struct resource resource = {0};
    struct given given = {.context = {.supply = supply, .source = &resource}};
    const char *sentence;

    if (!form_parse(call->arena, visit->request->query, &form))
        return iam_refuse(call, reply, "The query is not a form.");
    str action = form_get(&form, S("action")), arn = form_get(&form, S("resource"));
    if (!str_present(action) || str_index(action, ':') < 1 || !str_present(arn))
        return iam_refuse(call, reply, "action=SERVICE:ACTION and resource=ARN are needed.");
    if (!str_present(form_get(&form, S("as"))) || !read_principal(call, form_get(&form, S("as")), &principal))
        return iam_refuse(call, reply,
                          "as= must be the ARN of a user, a role or a root that is there, or a "
                          "service's host name.");
    if (!read_context(call, &form, &given, &sentence))
        return iam_refuse(call, reply, sentence);
    bool found = resource_of_arn(call, arn, &resource);
    struct call theirs = call_of(call, &principal, &given);
    struct question question = {action, arn, resource.policy, &given.context, true};
    struct explanation explanation;

    iam_explain(&theirs, &question, &explanation);
    return write_explanation(call, &explanation, found, reply);
}
