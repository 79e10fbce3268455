/*
 * account_index_policies.c: index policies of the account, each for the groups whose names begin with a
 * prefix.
 *
 * No two prefixes overlap; a policy without a prefix is the only one.
 */
#include "account_index_policies.h"

#include "field_indexes.h"
#include "wire/json.h"

enum { MOST_POLICIES = 20 };

static bool refuse(const struct call *call, const struct error *error, const char *sentence)
{
    fail(call, error, "%s", sentence);
    return false;
}

static bool is_in_effect(const struct logs_index_policy_row *row)
{
    return !row->ended_ms;
}

static struct logs_index_policy_rows all_policies(const struct call *call)
{
    return logs_list_index_policies(call->txn, &(struct logs_list_index_policies_params){
                                                   .account = call->account, .region = call->region});
}

static bool find(const struct call *call, str name, struct logs_index_policy_row *row)
{
    struct logs_find_index_policy_params key = {
        .account = call->account, .region = call->region, .name = name};

    if (logs_find_index_policy(call->txn, &key, row) && is_in_effect(row))
        return true;
    return refuse(call, &LOGS_RESOURCE_NOT_FOUND_EXCEPTION, "The specified account policy does not exist.");
}

static void describe(const struct call *call, const struct logs_index_policy_row *row,
                     struct logs_account_policy *policy)
{
    *policy = (struct logs_account_policy){
        .policy_name = row->name,
        .policy_document = row->document,
        .last_updated_time = arena_i64(call->arena, row->updated_ms),
        .policy_type = logs_policy_type_text(LOGS_POLICY_TYPE_FIELD_INDEX_POLICY),
        .scope = logs_scope_text(LOGS_SCOPE_ALL),
        .selection_criteria = row->selection,
        .account_id = call->account,
    };
}

/* LogGroupNamePrefix IN ["PREFIX"]; without criteria the prefix is empty. */
static bool read_prefix(const struct call *call, str selection, str *prefix)
{
    static const str words[] = {STR_INIT("LogGroupNamePrefix"), STR_INIT("IN")};
    str rest = str_trim(selection);

    *prefix = S("");
    if (str_empty(rest))
        return true;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!str_starts_with(rest, words[i]))
            return false;
        rest = str_trim(str_from(rest, words[i].size));
    }
    const struct json *list = json_parse(call->arena, rest, NULL);
    if (!json_is(list, JSON_ARRAY) || list->count != 1 || !json_is(&list->items[0], JSON_STRING))
        return false;
    *prefix = list->items[0].text;
    return !str_empty(*prefix);
}

static bool overlap(str a, str b)
{
    return str_starts_with(a, b) || str_starts_with(b, a);
}

/* False: fail() has been called. */
static bool room_check(const struct call *call, str name, str prefix)
{
    struct logs_index_policy_rows rows = all_policies(call);
    size_t others = 0;

    for (size_t i = 0; i < rows.count; i++) {
        if (!is_in_effect(&rows.items[i]) || str_equal(rows.items[i].name, name))
            continue;
        others++;
        if (overlap(rows.items[i].prefix, prefix))
            return refuse(
                call, &LOGS_INVALID_PARAMETER_EXCEPTION,
                "Another field index policy of the account applies to the same log groups: no two of "
                "them may have the same or overlapping prefixes.");
    }
    return others < MOST_POLICIES || refuse(call, &LOGS_LIMIT_EXCEEDED_EXCEPTION, "Resource limit exceeded.");
}

bool logs_account_index_put(const struct call *call, const struct logs_put_account_policy_request *in,
                            struct logs_account_policy *policy)
{
    struct index_fields fields;
    str prefix;

    if (!logs_index_document_read(call, in->policy_document, &fields))
        return false;
    if (!read_prefix(call, in->selection_criteria, &prefix))
        return refuse(
            call, &LOGS_INVALID_PARAMETER_EXCEPTION,
            "The selection criteria of a field index policy are LogGroupNamePrefix IN [\"prefix\"].");
    if (!room_check(call, in->policy_name, prefix))
        return false;
    struct logs_put_index_policy_row_params put = {.name = in->policy_name,
                                                   .prefix = prefix,
                                                   .selection = in->selection_criteria,
                                                   .document = in->policy_document};
    logs_index_policy_put(call, &put, &fields);
    describe(call,
             &(struct logs_index_policy_row){.name = put.name,
                                             .selection = put.selection,
                                             .document = put.document,
                                             .updated_ms = call->now_ms},
             policy);
    return true;
}

bool logs_account_index_delete(const struct call *call, const struct logs_delete_account_policy_request *in)
{
    struct logs_index_policy_row row;

    if (!find(call, in->policy_name, &row))
        return false;
    logs_index_policy_end(call, &row);
    return true;
}

bool logs_account_index_describe(const struct call *call,
                                 const struct logs_describe_account_policies_request *in, struct page *page,
                                 struct logs_describe_account_policies_response *out)
{
    struct logs_index_policy_row row;

    if (str_present(in->policy_name) && !find(call, in->policy_name, &row))
        return false;
    struct logs_index_policy_rows rows = all_policies(call);
    for (size_t i = 0; i < rows.count; i++) {
        const struct logs_index_policy_row *policy = &rows.items[i];
        bool selected = is_in_effect(policy) &&
                        (!str_present(in->policy_name) || str_equal(policy->name, in->policy_name));
        if (selected && !page_is_past(page, policy->name) && page_takes(page, policy->name))
            describe(call, policy, list_add(call->arena, &out->account_policies));
    }
    out->next_token = page_end(call, page);
    return true;
}
