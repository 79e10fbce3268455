/*
 * simulated_policies.c: see simulated_policies.h.
 */
#include "services/iam/simulated_policies.h"

/* ---- where statements are ---- */

/* Goes through a document that is valid JSON. */
struct walk {
    const struct call *call;
    struct iam_statement_list *places;
    int64_t line, column; /* of the next character, from 1 */
    int depth;
    bool in_string, escaped;
    bool is_array; /* Statement is an array */
};

static const struct iam_position *here(const struct walk *walk)
{
    struct iam_position *position = arena_new(walk->call->arena, struct iam_position);

    position->line = arena_i64(walk->call->arena, walk->line);
    position->column = arena_i64(walk->call->arena, walk->column);
    return position;
}

/* Only statements are objects in the document, or in an array of it: its other members are texts. */
static void bracket(struct walk *walk, char c)
{
    int depth_of_statement = walk->is_array ? 2 : 1;

    if (c == '[' && walk->depth == 1)
        walk->is_array = true;
    if (c == '{' && walk->depth == depth_of_statement)
        list_add(walk->call->arena, walk->places)->start_position = here(walk);
    walk->depth += c == '{' || c == '[' ? 1 : -1;
    if (c == '}' && walk->depth == depth_of_statement)
        walk->places->items[walk->places->count - 1].end_position = here(walk);
}

static void step_in_string(struct walk *walk, char c)
{
    if (walk->escaped)
        walk->escaped = false;
    else if (c == '\\')
        walk->escaped = true;
    else
        walk->in_string = c != '"';
}

/* Columns count characters, not bytes. */
static void advance(struct walk *walk, char c)
{
    if (c == '\n') {
        walk->line++;
        walk->column = 1;
    } else if (((unsigned char)c & 0xc0) != 0x80) {
        walk->column++;
    }
}

/* As AWS counts: a position is the one after the brace. */
static struct iam_statement_list places_in(const struct call *call, str document)
{
    struct iam_statement_list places = {0};
    struct walk walk = {.call = call, .places = &places, .line = 1, .column = 1};

    for (size_t i = 0; i < document.size; i++) {
        char c = document.data[i];
        advance(&walk, c);
        if (walk.in_string)
            step_in_string(&walk, c);
        else if (c == '"')
            walk.in_string = true;
        else if (c == '{' || c == '[' || c == '}' || c == ']')
            bracket(&walk, c);
    }
    return places;
}

/* ---- policies ---- */

static void add(const struct call *call, const struct simulated_policy *policy, str document,
                struct simulated_policies *policies)
{
    struct simulated_policy *added = list_add(call->arena, policies);

    *added = *policy;
    if (!policy->policy->unreadable)
        added->places = places_in(call, document);
    for (size_t i = 0; i < added->places.count; i++) {
        added->places.items[i].source_policy_id = policy->id;
        added->places.items[i].source_policy_type = policy->type;
    }
}

bool iam_simulate_document(const struct call *call, enum policy_role role, str id, str document,
                           struct simulated_policies *policies)
{
    enum iam_policy_source_type type =
        role == RESOURCE_POLICY ? IAM_POLICY_SOURCE_TYPE_RESOURCE : IAM_POLICY_SOURCE_TYPE_NONE;
    str problem;
    const struct policy *policy = iam_policy_parse(
        call->arena, role == RESOURCE_POLICY ? POLICY_RESOURCE : POLICY_INLINE, document, &problem);

    if (!policy) {
        fail(call, &IAM_INVALID_INPUT_EXCEPTION, "Invalid policy %.*s: %.*s", STR_ARGS(id),
             STR_ARGS(problem));
        return false;
    }
    add(call,
        &(struct simulated_policy){
            .role = role, .id = id, .type = iam_policy_source_type_text(type), .policy = policy},
        document, policies);
    return true;
}

bool iam_simulate_documents(const struct call *call, enum policy_role role, const char *word,
                            const struct str_list *documents, struct simulated_policies *policies)
{
    for (size_t i = 0; i < documents->count; i++)
        if (!iam_simulate_document(call, role, arena_format(call->arena, "%s.%zu", word, i + 1),
                                   documents->items[i], policies))
            return false;
    return true;
}

/* "user_alice_policy" */
static str inline_id(const struct call *call, const struct identity *identity, str policy_name)
{
    return arena_format(call->arena, "%.*s_%.*s_%.*s", STR_ARGS(identity->kind->word),
                        STR_ARGS(identity->row.name), STR_ARGS(policy_name));
}

static void add_managed(const struct call *call, enum policy_role role, str policy_arn,
                        struct simulated_policies *policies)
{
    struct managed_policy managed;
    str document = iam_managed_policy_document(call->txn, policy_arn);
    bool found = iam_managed_policy_find(call->txn, call->arena, policy_arn, &managed);

    add(call,
        &(struct simulated_policy){
            .role = role,
            .id = found ? managed.name : policy_arn,
            .type = iam_policy_source_type_text(found && managed.aws ? IAM_POLICY_SOURCE_TYPE_AWS_MANAGED
                                                                     : IAM_POLICY_SOURCE_TYPE_USER_MANAGED),
            .policy = iam_policy_read(call->arena, POLICY_MANAGED, document)},
        document, policies);
}

static void add_attached(const struct call *call, const struct identity *identity,
                         struct simulated_policies *policies)
{
    struct iam_inline_policies_rows own =
        iam_inline_policies(call->txn, &(struct iam_inline_policies_params){identity->row.id});
    struct iam_attachments_rows attached =
        iam_attachments(call->txn, &(struct iam_attachments_params){identity->row.id});

    for (size_t i = 0; i < own.count; i++)
        add(call,
            &(struct simulated_policy){
                .id = inline_id(call, identity, own.items[i].policy_name),
                .type = identity->kind->word, /* a PolicySourceType */
                .policy = iam_policy_read(call->arena, POLICY_INLINE, own.items[i].document)},
            own.items[i].document, policies);
    for (size_t i = 0; i < attached.count; i++)
        add_managed(call, IDENTITY_POLICY, attached.items[i].policy_arn, policies);
}

void iam_simulate_attached(const struct call *call, const struct identity *identity,
                           struct simulated_policies *policies)
{
    struct iam_groups_of_user_rows groups = iam_groups_of(call->txn, identity);

    add_attached(call, identity, policies);
    for (size_t i = 0; i < groups.count; i++) {
        struct identity group;
        if (iam_identity_find_id(call->txn, call->arena, groups.items[i].id, &group))
            add_attached(call, &group, policies);
    }
}

void iam_simulate_boundary(const struct call *call, const struct identity *identity,
                           struct simulated_policies *policies)
{
    if (str_present(identity->row.boundary_arn))
        add_managed(call, BOUNDARY_POLICY, identity->row.boundary_arn, policies);
}
