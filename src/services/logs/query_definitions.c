/*
 * query_definitions.c: saved queries.  They are texts only: nothing checks them until a client starts one.
 */
#include "query.h"

#include "base/hash.h"
#include "wire/json.h"

enum { MOST_DEFINITIONS = 1000 };

static bool is_known(const struct call *call, str id)
{
    struct logs_find_definition_params key = {
        .definition_id = id, .account = call->account, .region = call->region};
    struct logs_find_definition_row found;

    if (logs_find_definition(call->txn, &key, &found))
        return true;
    fail(call, &LOGS_RESOURCE_NOT_FOUND_EXCEPTION, "The specified query definition does not exist.");
    return false;
}

/* A request that is repeated with its token makes nothing new. */
static str made_before(const struct call *call, str token)
{
    struct logs_find_definition_of_token_params key = {
        .client_token = token, .account = call->account, .region = call->region};
    struct logs_find_definition_of_token_row found;

    return str_present(token) && logs_find_definition_of_token(call->txn, &key, &found) ? found.definition_id
                                                                                        : (str){0};
}

static bool has_room(const struct call *call)
{
    struct logs_count_definitions_row found;

    logs_count_definitions(
        call->txn, &(struct logs_count_definitions_params){.account = call->account, .region = call->region},
        &found);
    if (found.count >= MOST_DEFINITIONS)
        fail(call, &LOGS_LIMIT_EXCEEDED_EXCEPTION, "Resource limit exceeded.");
    return found.count < MOST_DEFINITIONS;
}

static void store(const struct call *call, const struct logs_put_query_definition_request *in, str id)
{
    struct json_writer names = json_writer_in(call->arena);

    json_open_array(&names);
    for (size_t i = 0; i < in->log_group_names.count; i++)
        json_string(&names, in->log_group_names.items[i]);
    json_close_array(&names);
    logs_put_definition(
        call->txn,
        &(struct logs_put_definition_params){
            .definition_id = id,
            .account = call->account,
            .region = call->region,
            .name = in->name,
            .query = in->query_string,
            .group_names = json_written(&names),
            .parameters = in->parameters.items
                              ? model_to_json(call->arena, &LOGS_QUERY_PARAMETER_LIST, &in->parameters)
                              : (str){0},
            .client_token = in->client_token,
            .modified_ms = call->now_ms,
        });
}

enum outcome logs_put_query_definition(const struct call *call,
                                       const struct logs_put_query_definition_request *in,
                                       struct logs_put_query_definition_response *out)
{
    str id = in->query_definition_id;

    if (str_present(id) ? !is_known(call, id) : !has_room(call))
        return FAILED;
    out->query_definition_id = str_present(id) ? id : made_before(call, in->client_token);
    if (str_present(out->query_definition_id) && !str_present(id))
        return DONE;
    if (!str_present(id))
        out->query_definition_id = random_uuid(call->arena);
    store(call, in, out->query_definition_id);
    return DONE;
}

enum outcome logs_delete_query_definition(const struct call *call,
                                          const struct logs_delete_query_definition_request *in,
                                          struct logs_delete_query_definition_response *out)
{
    if (!is_known(call, in->query_definition_id))
        return FAILED;
    logs_remove_definition(call->txn,
                           &(struct logs_remove_definition_params){.definition_id = in->query_definition_id,
                                                                   .account = call->account,
                                                                   .region = call->region});
    out->success = arena_bool(call->arena, true);
    return DONE;
}

static void describe(const struct call *call, const struct logs_list_definitions_row *row,
                     struct logs_query_definition *definition)
{
    const struct json *names = json_parse(call->arena, row->group_names, NULL);

    *definition = (struct logs_query_definition){
        .query_language = logs_query_language_text(LOGS_QUERY_LANGUAGE_CWLI),
        .query_definition_id = row->definition_id,
        .name = row->name,
        .query_string = row->query,
        .last_modified = arena_i64(call->arena, row->modified_ms),
    };
    list_make_empty(call->arena, &definition->log_group_names);
    for (uint32_t i = 0; names && i < names->count; i++)
        *list_add(call->arena, &definition->log_group_names) = names->items[i].text;
    if (str_present(row->parameters))
        check(model_from_json(call->arena, &LOGS_QUERY_PARAMETER_LIST, row->parameters,
                              &definition->parameters));
}

enum outcome logs_describe_query_definitions(const struct call *call,
                                             const struct logs_describe_query_definitions_request *in,
                                             struct logs_describe_query_definitions_response *out)
{
    struct logs_list_definitions_params params = {.account = call->account, .region = call->region};
    struct logs_list_definitions_row row;
    struct page page;

    if (!page_begin(call, in->next_token, in->max_results ? *in->max_results : MOST_DEFINITIONS, &page))
        return fail(call, &LOGS_INVALID_PARAMETER_EXCEPTION, "The specified nextToken is invalid.");
    params.after = page.after;
    list_make_empty(call->arena, &out->query_definitions);
    if (str_present(in->query_language) &&
        logs_query_language_of(in->query_language) != LOGS_QUERY_LANGUAGE_CWLI)
        return DONE;
    struct logs_list_definitions_cursor cursor = logs_list_definitions_open(call->txn, &params);
    while (logs_list_definitions_next(&cursor, &row)) {
        if (str_present(in->query_definition_name_prefix) &&
            !str_starts_with(row.name, in->query_definition_name_prefix))
            continue;
        if (!page_takes(&page, row.definition_id))
            break;
        describe(call, &row, list_add(call->arena, &out->query_definitions));
    }
    logs_list_definitions_close(&cursor);
    out->next_token = page_end(call, &page);
    return DONE;
}
