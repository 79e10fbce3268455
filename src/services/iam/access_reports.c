/*
 * access_reports.c: when roles and users last used what their policies allow: AWS's "last accessed" reports.
 *
 * A job is who asked for a report about which entity.  Its report is made when it is read, so it is complete
 * at once, and shows what has been used until then.  It has the services that the entity's policies reach, by
 * the names of their actions; of a policy, what all roles and users use to which it is attached.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_access-advisor.html
 */
#include "services/iam/iam_internal.h"
#include "services/iam/policy_internal.h"

#include "base/hash.h"

#include <stdlib.h>

enum { MOST_JOBS = 1000 /* of an account */ };

/* As AWS calls the services; others are called by their namespace. */
static const struct {
    const char *name_space, *name;
} services[] = {
    {"cloudwatch", "Amazon CloudWatch"},
    {"dynamodb", "Amazon DynamoDB"},
    {"iam", "AWS Identity and Access Management"},
    {"kms", "AWS Key Management Service"},
    {"lambda", "AWS Lambda"},
    {"logs", "Amazon CloudWatch Logs"},
    {"s3", "Amazon S3"},
    {"sns", "Amazon SNS"},
    {"sqs", "Amazon SQS"},
    {"sts", "AWS Security Token Service"},
    {"xray", "AWS X-Ray"},
};

static str name_of_service(str name_space)
{
    for (size_t i = 0; i < sizeof services / sizeof *services; i++)
        if (str_equal(name_space, str_of(services[i].name_space)))
            return str_of(services[i].name);
    return name_space;
}

/* ---- jobs ---- */

/* A job belongs to a user, to all sessions of a role, or to the account's root. */
static str asker_of(const struct call *call)
{
    str id = call->caller->id;
    ptrdiff_t colon = str_index(id, ':');

    return colon < 0 ? id : str_head(id, (size_t)colon);
}

enum outcome iam_generate_service_last_accessed_details(
    const struct call *call, const struct iam_generate_service_last_accessed_details_request *in,
    struct iam_generate_service_last_accessed_details_response *out)
{
    const struct entity *entity = iam_entity_of(call);
    bool by_action = iam_access_advisor_usage_granularity_type_of(in->granularity) ==
                     IAM_ACCESS_ADVISOR_USAGE_GRANULARITY_TYPE_ACTION_LEVEL;

    if (!entity)
        return FAILED;
    out->job_id = random_uuid(call->arena);
    iam_insert_job(call->txn, &(struct iam_insert_job_params){
                                  .job_id = out->job_id,
                                  .account = call->account,
                                  .asker = asker_of(call),
                                  .arn = entity->arn,
                                  .granularity = iam_access_advisor_usage_granularity_type_text(
                                      by_action ? IAM_ACCESS_ADVISOR_USAGE_GRANULARITY_TYPE_ACTION_LEVEL
                                                : IAM_ACCESS_ADVISOR_USAGE_GRANULARITY_TYPE_SERVICE_LEVEL),
                                  .created_ms = call->now_ms});
    iam_remove_old_jobs(call->txn,
                        &(struct iam_remove_old_jobs_params){.account = call->account, .kept = MOST_JOBS});
    return DONE;
}

static bool find_job(const struct call *call, str job_id, struct iam_find_job_row *job)
{
    if (iam_find_job(call->txn,
                     &(struct iam_find_job_params){
                         .job_id = job_id, .account = call->account, .asker = asker_of(call)},
                     job))
        return true;
    fail(call, &IAM_NO_SUCH_ENTITY_EXCEPTION, "Job %.*s was not found.", STR_ARGS(job_id));
    return false;
}

/* The entity may have been deleted meanwhile: then *error tells it. */
static str status_of(const struct call *call, const struct iam_find_job_row *job, struct entity *entity,
                     const struct iam_error_details **error)
{
    struct iam_error_details *details = arena_new(call->arena, struct iam_error_details);

    if (iam_entity_find(call, job->arn, entity) && entity->exists)
        return iam_job_status_type_text(IAM_JOB_STATUS_TYPE_COMPLETED);
    details->code = S("NoSuchEntity");
    details->message = arena_format(call->arena, "ARN %.*s was not found.", STR_ARGS(job->arn));
    *error = details;
    return iam_job_status_type_text(IAM_JOB_STATUS_TYPE_FAILED);
}

/* ---- what can be used ---- */

static int by_text(const void *a, const void *b)
{
    return str_compare(*(const str *)a, *(const str *)b);
}

static void sort_distinct(struct str_list *texts)
{
    size_t kept = 0;

    if (texts->count > 1)
        qsort(texts->items, texts->count, sizeof *texts->items, by_text);
    for (size_t i = 0; i < texts->count; i++)
        if (kept == 0 || !str_equal(texts->items[kept - 1], texts->items[i]))
            texts->items[kept++] = texts->items[i];
    texts->count = kept;
}

/* The service's namespace, in small letters: SNS's actions begin with capitals. */
str iam_service_of(const struct call *call, str action)
{
    ptrdiff_t colon = str_index(action, ':');

    return colon < 0 ? S("") : arena_lower_case(call->arena, str_head(action, (size_t)colon));
}

/* As str_equal(iam_service_of(action), service), without a copy.  The service is in small letters. */
static bool is_of_service(str action, str service)
{
    return action.size > service.size && action.data[service.size] == ':' &&
           str_equal_nocase(str_head(action, service.size), service);
}

/* The services that the policies name, though Orderly may not have them. */
static void add_named(const struct call *call, const struct policy_list *policies, struct str_list *names)
{
    for (size_t i = 0; i < policies->count; i++)
        for (size_t at = 0; at < policies->items[i].policy->statements.count; at++) {
            const struct statement *statement = &policies->items[i].policy->statements.items[at];
            for (size_t j = 0; j < statement->actions.count && !statement->not_actions; j++) {
                str name = iam_service_of(call, statement->actions.items[j].text);
                if (!str_empty(name) && iam_is_policy_text(name))
                    *list_add(call->arena, names) = name;
            }
        }
}

/* The services that the policies reach, in their order. */
static struct str_list reached_services(const struct call *call, const struct policy_list *policies,
                                        const struct str_list *actions)
{
    struct str_list names = {0};
    size_t kept = 0;

    for (size_t i = 0; i < actions->count; i++)
        *list_add(call->arena, &names) = iam_service_of(call, actions->items[i]);
    add_named(call, policies, &names);
    sort_distinct(&names);
    for (size_t i = 0; i < names.count; i++)
        if (iam_policies_reach(policies, names.items[i]))
            names.items[kept++] = names.items[i];
    names.count = kept;
    return names;
}

/* ---- what was used ---- */

/* The last use of a service or of an action, and its user. */
struct access {
    int64_t last_ms; /* 0: never */
    str region, entity_arn;
    int64_t entities;
    size_t counted; /* the number, from 1, of the last entity that is counted */
};

/* What can be used, in its order, with its last use. */
struct accesses {
    struct str_list names;
    struct access *items;
};

static struct accesses accesses_of(const struct call *call, struct str_list names)
{
    return (struct accesses){names, arena_alloc(call->arena, (names.count + 1) * sizeof(struct access))};
}

/* The entity with that number has used what has that name, if it is asked for. */
static void take_use(const struct accesses *accesses, str name, const struct iam_use *use, str entity_arn,
                     size_t number)
{
    const str *found = accesses->names.count ? bsearch(&name, accesses->names.items, accesses->names.count,
                                                       sizeof name, by_text)
                                             : NULL;

    if (!found)
        return;
    struct access *access = &accesses->items[found - accesses->names.items];
    access->entities += access->counted != number;
    access->counted = number;
    if (use->last_ms <= access->last_ms)
        return;
    access->last_ms = use->last_ms;
    access->region = use->region;
    access->entity_arn = entity_arn;
}

/* The roles and users of a report. */
struct identity_list {
    struct identity *items;
    size_t count;
};

/* A group itself uses nothing: its users do. */
static void add_members(const struct call *call, const struct identity *group, struct identity_list *list)
{
    struct iam_page_members_rows rows = iam_page_members(
        call->txn,
        &(struct iam_page_members_params){.after = S(""), .limit = INT64_MAX, .group_id = group->row.id});

    for (size_t i = 0; i < rows.count; i++) {
        struct identity user;
        if (iam_identity_find_id(call->txn, call->arena, rows.items[i].id, &user))
            *list_add(call->arena, list) = user;
    }
}

static void add_identity(const struct call *call, const struct identity *identity, struct identity_list *list)
{
    if (identity->kind == &IAM_GROUP_KIND)
        add_members(call, identity, list);
    else
        *list_add(call->arena, list) = *identity;
}

static int by_id(const void *a, const void *b)
{
    const struct identity *one = a, *other = b;

    return (one->row.id > other->row.id) - (one->row.id < other->row.id);
}

/* A user may have a policy of its own and by groups. */
static void drop_repeated(struct identity_list *list)
{
    size_t kept = 0;

    if (list->count > 1)
        qsort(list->items, list->count, sizeof *list->items, by_id);
    for (size_t i = 0; i < list->count; i++)
        if (kept == 0 || list->items[kept - 1].row.id != list->items[i].row.id)
            list->items[kept++] = list->items[i];
    list->count = kept;
}

static struct identity *list_identities(const struct call *call, const struct entity *entity, size_t *count)
{
    struct identity_list list = {0};

    if (!entity->is_policy)
        add_identity(call, &entity->identity, &list);
    struct iam_entity_rows rows = {0};
    if (entity->is_policy)
        rows = iam_attached_identities(
            call->txn, &(struct iam_attached_identities_params){.policy_arn = entity->policy.arn,
                                                                .account = call->account,
                                                                .path_prefix = S("/")});
    for (size_t i = 0; i < rows.count; i++) {
        struct identity identity;
        if (iam_identity_find_unique(call->txn, call->arena, rows.items[i].unique_id, &identity))
            add_identity(call, &identity, &list);
    }
    drop_repeated(&list);
    *count = list.count;
    return list.items;
}

/* ---- by service ---- */

static void read_accesses(const struct call *call, const struct entity *entity,
                          const struct accesses *services_used, const struct accesses *actions_used)
{
    size_t count;
    const struct identity *identities = list_identities(call, entity, &count);

    for (size_t i = 0; i < count; i++) {
        struct iam_uses uses = iam_uses_of(call, &identities[i]);
        for (size_t u = 0; u < uses.count; u++) {
            const struct iam_use *use = &uses.items[u];
            take_use(services_used, iam_service_of(call, use->action), use, identities[i].arn, i + 1);
            take_use(actions_used, use->action, use, identities[i].arn, i + 1);
        }
    }
}

static void add_actions(const struct call *call, const struct accesses *accesses,
                        const struct policy_list *policies, str service,
                        struct iam_service_last_accessed *out)
{
    list_make_empty(call->arena, &out->tracked_actions_last_accessed);
    for (size_t i = 0; i < accesses->names.count; i++) {
        str action = accesses->names.items[i];
        const struct access *access = &accesses->items[i];
        if (!is_of_service(action, service) || !iam_policies_may_allow(call, policies, action))
            continue;
        struct iam_tracked_action_last_accessed *shown =
            list_add(call->arena, &out->tracked_actions_last_accessed);
        *shown = (struct iam_tracked_action_last_accessed){.action_name = str_from(action, service.size + 1)};
        if (access->last_ms == 0)
            continue;
        shown->last_accessed_entity = access->entity_arn;
        shown->last_accessed_time = arena_i64(call->arena, access->last_ms);
        shown->last_accessed_region = access->region;
    }
}

static struct iam_service_last_accessed shown_service(const struct call *call, str service,
                                                      const struct access *access)
{
    struct iam_service_last_accessed shown = {
        .service_name = name_of_service(service),
        .service_namespace = service,
        .total_authenticated_entities = arena_i64(call->arena, access->entities),
    };

    if (access->last_ms > 0) {
        shown.last_authenticated = arena_i64(call->arena, access->last_ms);
        shown.last_authenticated_entity = access->entity_arn;
        shown.last_authenticated_region = access->region;
    }
    return shown;
}

static void report(const struct call *call, const struct entity *entity, bool by_action, struct page *page,
                   struct iam_get_service_last_accessed_details_response *out)
{
    struct policy_list policies = iam_entity_policies(call, entity);
    struct str_list known = all_actions(call);

    sort_distinct(&known);
    struct accesses actions = accesses_of(call, known),
                    reached = accesses_of(call, reached_services(call, &policies, &known));
    read_accesses(call, entity, &reached, &actions);
    for (size_t i = 0; i < reached.names.count; i++) {
        str service = reached.names.items[i];
        if (!iam_page_takes(page, service))
            continue;
        struct iam_service_last_accessed *shown = list_add(call->arena, &out->services_last_accessed);
        *shown = shown_service(call, service, &reached.items[i]);
        if (by_action)
            add_actions(call, &actions, &policies, service, shown);
    }
}

enum outcome
iam_get_service_last_accessed_details(const struct call *call,
                                      const struct iam_get_service_last_accessed_details_request *in,
                                      struct iam_get_service_last_accessed_details_response *out)
{
    struct iam_find_job_row job;
    struct entity entity;
    struct page page;

    if (!find_job(call, in->job_id, &job) || !iam_page_open(call, in->marker, in->max_items, &page))
        return FAILED;
    bool by_action = iam_access_advisor_usage_granularity_type_of(job.granularity) ==
                     IAM_ACCESS_ADVISOR_USAGE_GRANULARITY_TYPE_ACTION_LEVEL;
    out->job_status = status_of(call, &job, &entity, &out->error);
    out->job_type = job.granularity;
    out->job_creation_date = out->job_completion_date = job.created_ms;
    list_make_empty(call->arena, &out->services_last_accessed);
    if (!out->error)
        report(call, &entity, by_action, &page, out);
    iam_page_close(call, &page, &out->is_truncated, &out->marker);
    return DONE;
}

/* ---- by entity ---- */

struct entity_access {
    const struct identity *identity;
    int64_t last_ms; /* 0: never */
};

/* The last one first. */
static int by_time(const void *a, const void *b)
{
    const struct entity_access *one = a, *other = b;

    if (one->last_ms != other->last_ms)
        return one->last_ms < other->last_ms ? 1 : -1;
    return str_compare(one->identity->arn, other->identity->arn);
}

static struct entity_access *list_accesses(const struct call *call, const struct entity *entity, str service,
                                           size_t *count)
{
    struct policy_list policies = iam_entity_policies(call, entity);
    const struct identity *identities = list_identities(call, entity, count);
    struct entity_access *list = arena_alloc(call->arena, (*count + 1) * sizeof *list);

    if (!iam_policies_reach(&policies, service))
        *count = 0;
    for (size_t i = 0; i < *count; i++) {
        struct iam_uses uses = iam_uses_of(call, &identities[i]);
        list[i].identity = &identities[i];
        for (size_t u = 0; u < uses.count; u++)
            if (str_equal(iam_service_of(call, uses.items[u].action), service) &&
                uses.items[u].last_ms > list[i].last_ms)
                list[i].last_ms = uses.items[u].last_ms;
    }
    if (*count > 1)
        qsort(list, *count, sizeof *list, by_time);
    return list;
}

static struct iam_entity_details shown_entity(const struct call *call, const struct entity_access *access)
{
    const struct identity *identity = access->identity;
    struct iam_entity_info *info = arena_new(call->arena, struct iam_entity_info);

    *info = (struct iam_entity_info){
        .arn = identity->arn,
        .name = identity->row.name,
        .type = iam_owner_type(identity->kind),
        .id = identity->row.unique_id,
        .path = identity->row.path,
    };
    return (struct iam_entity_details){
        .entity_info = info,
        .last_authenticated = access->last_ms > 0 ? arena_i64(call->arena, access->last_ms) : NULL};
}

enum outcome iam_get_service_last_accessed_details_with_entities(
    const struct call *call, const struct iam_get_service_last_accessed_details_with_entities_request *in,
    struct iam_get_service_last_accessed_details_with_entities_response *out)
{
    struct iam_find_job_row job;
    struct entity entity;
    struct page page;
    size_t count = 0;

    if (!find_job(call, in->job_id, &job) || !iam_page_open(call, in->marker, in->max_items, &page))
        return FAILED;
    out->job_status = status_of(call, &job, &entity, &out->error);
    out->job_creation_date = out->job_completion_date = job.created_ms;
    list_make_empty(call->arena, &out->entity_details_list);
    const struct entity_access *list =
        out->error ? NULL : list_accesses(call, &entity, in->service_namespace, &count);
    for (size_t i = 0; i < count; i++)
        if (iam_page_takes(&page, arena_format(call->arena, "%016llx/%.*s",
                                               (unsigned long long)(INT64_MAX - list[i].last_ms),
                                               STR_ARGS(list[i].identity->arn))))
            *list_add(call->arena, &out->entity_details_list) = shown_entity(call, &list[i]);
    iam_page_close(call, &page, &out->is_truncated, &out->marker);
    return DONE;
}
