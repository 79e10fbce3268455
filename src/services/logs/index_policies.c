/*
 * index_policies.c: policies of field indexes: a group's own one, or else one of the account's.
 *
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatchLogs-Field-Indexing-Syntax.html
 *
 * A field is indexed from the last event on that there was when the policy got it.  A field that a policy
 * loses, or whose policy is deleted, stays for 30 days with the last event that it is an index of.
 */
#include "field_indexes.h"

#include "wire/json.h"

enum { MOST_FIELDS = 20, MOST_ENDED_FIELDS = 80, MOST_ENDED_POLICIES = 20, LONGEST_NAME = 100 };

static const str default_fields[] = {STR_INIT("@logStream"), STR_INIT("@aws.region"),
                                     STR_INIT("@aws.account"), STR_INIT("@source.log"), STR_INIT("traceId")};

bool logs_index_field_is_default(str name)
{
    for (size_t i = 0; i < sizeof default_fields / sizeof *default_fields; i++)
        if (str_equal(name, default_fields[i]))
            return true;
    return false;
}

static bool refuse(const struct call *call, const char *sentence)
{
    fail(call, &LOGS_INVALID_PARAMETER_EXCEPTION, "%s", sentence);
    return false;
}

/* ---- the document ---- */

static bool add_field(const struct call *call, struct index_fields *fields, str name, str type)
{
    if (str_empty(name) || str_characters(name) > LONGEST_NAME)
        return refuse(call, "A field name in an index policy has 1 to 100 characters.");
    if (str_starts_with(name, S("@")) && !str_starts_with(name, S("@@")) && !logs_insights_is_generated(name))
        return refuse(call,
                      "A field name in an index policy that begins with @ is a generated field, or begins "
                      "with another @.");
    for (size_t i = 0; i < fields->count; i++)
        if (str_equal(fields->items[i].name, name))
            return refuse(call, "A field name occurs only once in an index policy's Fields and FieldsV2.");
    if (fields->count == MOST_FIELDS)
        return refuse(call, "An index policy has at most 20 fields.");
    *list_add(call->arena, fields) = (struct index_field){.name = name, .type = type};
    return true;
}

static bool read_names(const struct call *call, const struct json *names, struct index_fields *fields)
{
    if (!json_is(names, JSON_ARRAY))
        return refuse(call, "Fields of an index policy is a list of field names.");
    for (size_t i = 0; i < names->count; i++) {
        if (!json_is(&names->items[i], JSON_STRING))
            return refuse(call, "Fields of an index policy is a list of field names.");
        if (!add_field(call, fields, names->items[i].text, logs_index_type_text(LOGS_INDEX_TYPE_FIELD_INDEX)))
            return false;
    }
    return true;
}

/* {"name": {"type": "FACET"}} */
static bool read_typed(const struct call *call, const struct json *typed, struct index_fields *fields)
{
    for (size_t i = 0; json_is(typed, JSON_OBJECT) && i < typed->count; i++) {
        const struct json *field = &typed->members[i].value;
        str type = json_get_str(field, S("type"));
        if (!json_is(field, JSON_OBJECT) || field->count != 1 || !logs_index_type_of(type))
            return refuse(call,
                          "Each field in FieldsV2 of an index policy has the type FIELD_INDEX or FACET.");
        if (!add_field(call, fields, typed->members[i].name, type))
            return false;
    }
    return json_is(typed, JSON_OBJECT) || refuse(call, "FieldsV2 of an index policy is an object of fields.");
}

bool logs_index_document_read(const struct call *call, str document, struct index_fields *fields)
{
    const struct json *root = json_parse(call->arena, document, NULL);

    *fields = (struct index_fields){0};
    if (!json_is(root, JSON_OBJECT))
        return refuse(call, "An index policy document is a JSON object with Fields, FieldsV2 or both.");
    for (size_t i = 0; i < root->count; i++) {
        const struct json_member *member = &root->members[i];
        bool is_list = str_equal(member->name, S("Fields"));
        if (!is_list && !str_equal(member->name, S("FieldsV2")))
            return refuse(call, "An index policy document is a JSON object with Fields, FieldsV2 or both.");
        if (!(is_list ? read_names : read_typed)(call, &member->value, fields))
            return false;
    }
    return fields->count > 0 || refuse(call, "An index policy has at least one field.");
}

/* ---- rows ---- */

static int64_t number_of(const struct json *field, str name)
{
    int64_t number = 0;
    const struct json *value = json_get(field, name);

    if (value)
        str_to_i64(value->text, &number);
    return number;
}

struct index_policy logs_index_policy_read(const struct call *call, const struct logs_index_policy_row *row)
{
    struct index_policy policy = {.row = *row};
    const struct json *fields = json_parse(call->arena, row->fields, NULL);

    check(json_is(fields, JSON_ARRAY));
    for (size_t i = 0; i < fields->count; i++) {
        const struct json *field = &fields->items[i];
        struct index_field *read = list_add(call->arena, &policy.fields);
        *read = (struct index_field){.name = json_get_str(field, S("name")),
                                     .type = json_get_str(field, S("type")),
                                     .from_id = number_of(field, S("from")),
                                     .until_id = INT64_MAX,
                                     .ended_ms = number_of(field, S("ended"))};
        if (read->ended_ms)
            read->until_id = number_of(field, S("until"));
    }
    return policy;
}

static str fields_text(const struct call *call, const struct index_fields *fields)
{
    struct json_writer writer = json_writer_in(call->arena);

    json_open_array(&writer);
    for (size_t i = 0; i < fields->count; i++) {
        const struct index_field *field = &fields->items[i];
        json_open_object(&writer);
        json_field(&writer, S("name"), field->name);
        json_field(&writer, S("type"), field->type);
        json_i64_field(&writer, S("from"), field->from_id);
        if (field->ended_ms) {
            json_i64_field(&writer, S("until"), field->until_id);
            json_i64_field(&writer, S("ended"), field->ended_ms);
        }
        json_close_object(&writer);
    }
    json_close_array(&writer);
    return json_written(&writer);
}

static int64_t last_event_id(const struct call *call)
{
    struct logs_find_last_event_row last = {0};

    logs_find_last_event(call->txn, &last);
    return last.id;
}

static bool is_kept(const struct call *call, int64_t ended_ms)
{
    return call->now_ms - ended_ms <= INDEX_KEPT_DAYS * (int64_t)DAY_MS;
}

/* Adds the ended field unless it is an index of nothing, has become too old, or one of too many. */
static void keep_ended(const struct call *call, struct index_fields *fields, const struct index_field *ended)
{
    if (ended->from_id < ended->until_id && is_kept(call, ended->ended_ms) &&
        fields->count < MOST_FIELDS + MOST_ENDED_FIELDS)
        *list_add(call->arena, fields) = *ended;
}

static struct index_field *field_of(const struct index_fields *fields, str name)
{
    for (size_t i = 0; i < fields->count; i++)
        if (str_equal(fields->items[i].name, name))
            return &fields->items[i];
    return NULL;
}

/* The new fields, which keep their beginnings; then those that end now, then those that have ended before. */
static struct index_fields merged(const struct call *call, const struct index_fields *before,
                                  const struct index_fields *now)
{
    int64_t last_id = last_event_id(call);
    struct index_fields fields = {0};

    for (size_t i = 0; i < now->count; i++) {
        struct index_field *field = list_add(call->arena, &fields),
                           *known = field_of(before, now->items[i].name);
        *field = now->items[i];
        field->from_id = known && !known->ended_ms ? known->from_id : last_id;
    }
    for (size_t i = 0; i < before->count; i++) {
        struct index_field field = before->items[i];
        if (field_of(now, field.name))
            continue;
        if (!field.ended_ms) {
            field.until_id = last_id;
            field.ended_ms = call->now_ms;
        }
        keep_ended(call, &fields, &field);
    }
    return fields;
}

void logs_index_policy_put(const struct call *call, const struct logs_put_index_policy_row_params *params,
                           const struct index_fields *fields)
{
    struct logs_find_index_policy_params key = {
        .account = call->account, .region = call->region, .group_id = params->group_id, .name = params->name};
    struct logs_put_index_policy_row_params put = *params;
    struct index_policy before = {0};
    struct logs_index_policy_row row;

    if (logs_find_index_policy(call->txn, &key, &row))
        before = logs_index_policy_read(call, &row);
    struct index_fields all = merged(call, &before.fields, fields);
    put.account = call->account;
    put.region = call->region;
    put.fields = fields_text(call, &all);
    put.updated_ms = call->now_ms;
    logs_put_index_policy_row(call->txn, &put);
}

void logs_index_policy_end(const struct call *call, const struct logs_index_policy_row *row)
{
    struct index_policy policy = logs_index_policy_read(call, row);
    struct index_fields none = {0}, ended = merged(call, &policy.fields, &none);

    logs_end_index_policy(call->txn,
                          &(struct logs_end_index_policy_params){
                              .id = row->id, .ended_ms = &call->now_ms, .fields = fields_text(call, &ended)});
    logs_prune_index_policies(call->txn, &(struct logs_prune_index_policies_params){
                                             .account = call->account,
                                             .region = call->region,
                                             .before_ms = call->now_ms - INDEX_KEPT_DAYS * (int64_t)DAY_MS,
                                             .most = MOST_ENDED_POLICIES});
}

static void add_policy(const struct call *call, struct index_policies *policies,
                       const struct logs_index_policy_row *row)
{
    struct index_policy read = logs_index_policy_read(call, row), *policy = list_add(call->arena, policies);

    policy->row = *row;
    for (size_t i = 0; i < read.fields.count; i++)
        if (!read.fields.items[i].ended_ms || is_kept(call, read.fields.items[i].ended_ms))
            *list_add(call->arena, &policy->fields) = read.fields.items[i];
}

struct index_policies logs_index_policies_of(const struct call *call, int64_t group_id, str group_name)
{
    struct logs_find_index_policy_params key = {
        .account = call->account, .region = call->region, .group_id = group_id, .name = S("")};
    struct index_policies policies = {0};
    struct logs_index_policy_row own;

    if (logs_find_index_policy(call->txn, &key, &own)) {
        add_policy(call, &policies, &own);
        if (!own.ended_ms)
            return policies;
    }
    struct logs_index_policy_rows rows = logs_list_index_policies(
        call->txn,
        &(struct logs_list_index_policies_params){.account = call->account, .region = call->region});
    for (size_t i = 0; i < rows.count; i++)
        if (str_starts_with(group_name, rows.items[i].prefix))
            add_policy(call, &policies, &rows.items[i]);
    return policies;
}

static bool find_policy(const struct call *call, int64_t id, struct logs_index_policy_row *row)
{
    return logs_find_index_policy_by_id(call->txn, &(struct logs_find_index_policy_by_id_params){.id = id},
                                        row);
}

bool logs_index_has(const struct call *call, const struct group *group, str field)
{
    struct logs_index_policy_row row;

    if (!logs_group_is_standard(group))
        return false;
    if (logs_index_field_is_default(field))
        return true;
    if (!group->row.index_policy || !find_policy(call, *group->row.index_policy, &row))
        return false;
    struct index_policy policy = logs_index_policy_read(call, &row);
    const struct index_field *found = field_of(&policy.fields, field);
    return found && !found->ended_ms;
}

/* ---- operations ---- */

static void describe(const struct call *call, const struct group *group,
                     const struct logs_index_policy_row *row, struct logs_index_policy *policy)
{
    bool of_group = row->group_id != 0;

    *policy = (struct logs_index_policy){
        .log_group_identifier = group->arn,
        .last_update_time = arena_i64(call->arena, row->updated_ms),
        .policy_document = row->document,
        .policy_name = of_group ? (str){0} : row->name,
        .source = logs_index_source_text(of_group ? LOGS_INDEX_SOURCE_LOG_GROUP : LOGS_INDEX_SOURCE_ACCOUNT)};
}

enum outcome logs_put_index_policy(const struct call *call, const struct logs_put_index_policy_request *in,
                                   struct logs_put_index_policy_response *out)
{
    const struct group *group = logs_group_of(call);
    struct index_fields fields;

    if (!group)
        return FAILED;
    if (!logs_group_is_standard(group))
        return fail(call, &LOGS_INVALID_PARAMETER_EXCEPTION,
                    "Index policies are supported only for log groups of class STANDARD.");
    if (!logs_index_document_read(call, in->policy_document, &fields))
        return FAILED;
    struct logs_put_index_policy_row_params put = {
        .group_id = group->row.id, .name = S(""), .prefix = S(""), .document = in->policy_document};
    logs_index_policy_put(call, &put, &fields);
    struct logs_index_policy *policy = arena_new(call->arena, struct logs_index_policy);
    describe(call, group,
             &(struct logs_index_policy_row){
                 .group_id = put.group_id, .document = put.document, .updated_ms = call->now_ms},
             policy);
    out->index_policy = policy;
    return DONE;
}

enum outcome logs_describe_index_policies(const struct call *call,
                                          const struct logs_describe_index_policies_request *in,
                                          struct logs_describe_index_policies_response *out)
{
    const struct group *group = logs_group_of(call);
    struct logs_index_policy_row row;
    struct page page;

    if (!group || !logs_page_open(call, in->next_token, NULL, &page))
        return FAILED;
    list_make_empty(call->arena, &out->index_policies);
    if (group->row.index_policy && logs_group_is_standard(group) && !page_is_past(&page, S("policy")) &&
        find_policy(call, *group->row.index_policy, &row))
        describe(call, group, &row, list_add(call->arena, &out->index_policies));
    return DONE;
}

enum outcome logs_delete_index_policy(const struct call *call,
                                      const struct logs_delete_index_policy_request *in,
                                      struct logs_delete_index_policy_response *out)
{
    const struct group *group = logs_group_of(call);
    struct logs_index_policy_row row;

    (void)in;
    (void)out;
    if (!group)
        return FAILED;
    if (!group->row.index_policy || !find_policy(call, *group->row.index_policy, &row) || row.group_id == 0)
        return fail(call, &LOGS_RESOURCE_NOT_FOUND_EXCEPTION, "The specified index policy does not exist.");
    logs_index_policy_end(call, &row);
    return DONE;
}
