/*
 * urls.c: function URLs: making, changing, showing and deleting them.
 *
 * A function has at most one URL for itself and one for each alias.  url_requests.c answers the requests.
 */
#include "urls.h"
#include "lambda_internal.h"

#include "base/hash.h"

enum { MAX_PAGE = 50, ID_CHARACTERS = 32 };

/* ---- showing ---- */

/* "localhost:4566", or the name of this machine that the caller has used, if names below it are ours, too. */
static str host_of(const struct call *call)
{
    str host = str_from(call->endpoint, S("http://").size), name;
    str rest = host;

    str_next(&rest, ':', &name);
    if (str_equal(name, S("localhost.localstack.cloud")))
        return host;
    return str_present(rest) ? arena_join(call->arena, S("localhost:"), rest) : S("localhost");
}

static str url_of(const struct call *call, const struct function *function, const struct lambda_url_row *row)
{
    return arena_concat(call->arena, S("http://"), row->url_id, S(".lambda-url."), function->row.region,
                        S("."), host_of(call), S("/"));
}

static str arn_of(const struct call *call, const struct function *function, const struct lambda_url_row *row)
{
    return str_empty(row->qualifier) ? function->arn
                                     : arena_concat(call->arena, function->arn, S(":"), row->qualifier);
}

const struct lambda_cors *lambda_url_cors(const struct call *call, const struct lambda_url_row *row)
{
    struct lambda_cors *cors;

    if (!str_present(row->cors))
        return NULL;
    cors = arena_new(call->arena, struct lambda_cors);
    return model_from_json(call->arena, &LAMBDA_CORS, row->cors, cors) ? cors : NULL;
}

static struct lambda_function_url_description
description_of(const struct call *call, const struct function *function, const struct lambda_url_row *row)
{
    return (struct lambda_function_url_description){
        .function_url = url_of(call, function, row),
        .function_arn = arn_of(call, function, row),
        .auth_type = row->auth_type,
        .cors = lambda_url_cors(call, row),
        .creation_time = time_iso8601_ms(call->arena, row->created_ms),
        .invoke_mode = row->invoke_mode,
    };
}

/* AWS's answer to a change does not tell the mode that a URL has by default. */
static struct lambda_function_url_description changed_description(const struct call *call,
                                                                  const struct function *function,
                                                                  const struct lambda_url_row *row,
                                                                  str given_mode)
{
    struct lambda_function_url_description description = description_of(call, function, row);

    if (!str_present(given_mode) &&
        str_equal(row->invoke_mode, lambda_invoke_mode_text(LAMBDA_INVOKE_MODE_BUFFERED)))
        description.invoke_mode = (str){0};
    return description;
}

/* ---- the URL of a request ---- */

/* The function, or the alias, of the request.  NULL: it does not exist, and fail() has been called. */
static const struct function *function_of(const struct call *call)
{
    const struct function *function = lambda_version_of(call);

    if (function && (!str_present(function->qualifier) || function->alias))
        return function;
    take_failure(call);
    fail(call, &LAMBDA_RESOURCE_NOT_FOUND_EXCEPTION, "Function does not exist");
    return NULL;
}

static str qualifier_of(const struct function *function)
{
    return function->alias ? function->qualifier : S("");
}

static bool has_url(const struct call *call, const struct function *function, struct lambda_url_row *row)
{
    return lambda_find_url(call->txn,
                           &(struct lambda_find_url_params){.function_id = function->row.id,
                                                            .qualifier = qualifier_of(function)},
                           row);
}

/* False: it does not exist, nor does its function, perhaps; fail() has been called. */
static bool find(const struct call *call, const struct function **function, struct lambda_url_row *row)
{
    *function = call_resource(call, 0)->row;
    if (*function && (!str_present((*function)->qualifier) || (*function)->alias) &&
        has_url(call, *function, row))
        return true;
    fail(call, &LAMBDA_RESOURCE_NOT_FOUND_EXCEPTION, "The resource you requested does not exist.");
    return false;
}

/* ---- changing ---- */

static bool method_check(const struct call *call, str method)
{
    static const str known[] = {STR_INIT("GET"),   STR_INIT("PUT"),    STR_INIT("HEAD"), STR_INIT("POST"),
                                STR_INIT("PATCH"), STR_INIT("DELETE"), STR_INIT("*")};

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (str_equal(method, known[i]))
            return true;
    fail(call, &LAMBDA_VALIDATION_EXCEPTION,
         "1 validation error detected: Value '[%.*s]' at 'cors.allowMethods' failed to satisfy constraint: "
         "Member must satisfy enum value set: [GET, PUT, HEAD, POST, PATCH, DELETE, *]",
         STR_ARGS(method));
    return false;
}

/* They become parts of headers. */
static bool headers_check(const struct call *call, const char *member, const struct str_list *headers)
{
    for (size_t i = 0; i < headers->count; i++)
        if (!http_value_valid(headers->items[i])) {
            fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
                 "%s of Cors has a character that no header can have.", member);
            return false;
        }
    return true;
}

static bool set_cors(const struct call *call, const struct lambda_cors *cors, struct lambda_url_row *row)
{
    for (size_t i = 0; cors && i < cors->allow_methods.count; i++)
        if (!method_check(call, cors->allow_methods.items[i]))
            return false;
    if (cors && (!headers_check(call, "AllowHeaders", &cors->allow_headers) ||
                 !headers_check(call, "ExposeHeaders", &cors->expose_headers)))
        return false;
    if (cors)
        row->cors = model_to_json(call->arena, &LAMBDA_CORS, cors);
    return true;
}

/* Letters and digits, the first one a letter. */
static str new_id(const struct call *call)
{
    static const char characters[] = "abcdefghijklmnopqrstuvwxyz234567";
    unsigned char random[ID_CHARACTERS];
    char *id = arena_alloc(call->arena, ID_CHARACTERS);

    random_bytes(random, sizeof random);
    for (size_t i = 0; i < ID_CHARACTERS; i++)
        id[i] = characters[random[i] % (i == 0 ? 26 : 32)];
    return (str){id, ID_CHARACTERS};
}

enum outcome lambda_create_function_url_config(const struct call *call,
                                               const struct lambda_create_function_url_config_request *in,
                                               struct lambda_create_function_url_config_response *out)
{
    const struct function *function = function_of(call);
    struct lambda_url_row row;

    if (!function)
        return FAILED;
    if (has_url(call, function, &row))
        return fail(call, &LAMBDA_RESOURCE_CONFLICT_EXCEPTION,
                    "Failed to create function url config for [functionArn = %.*s]. Error message:  "
                    "FunctionUrlConfig exists for this Lambda function",
                    STR_ARGS(lambda_function_asked_arn(call->arena, function)));
    row = (struct lambda_url_row){
        .function_id = function->row.id,
        .qualifier = qualifier_of(function),
        .url_id = new_id(call),
        .auth_type = in->auth_type,
        .invoke_mode = str_present(in->invoke_mode) ? in->invoke_mode
                                                    : lambda_invoke_mode_text(LAMBDA_INVOKE_MODE_BUFFERED),
        .created_ms = call->now_ms,
        .modified_ms = call->now_ms,
    };
    if (!set_cors(call, in->cors, &row))
        return FAILED;
    lambda_put_url(call->txn, &row);
    out->function_url_description = changed_description(call, function, &row, in->invoke_mode);
    return DONE;
}

enum outcome lambda_update_function_url_config(const struct call *call,
                                               const struct lambda_update_function_url_config_request *in,
                                               struct lambda_update_function_url_config_response *out)
{
    const struct function *function;
    struct lambda_url_row row;

    if (!function_of(call) || !find(call, &function, &row) || !set_cors(call, in->cors, &row))
        return FAILED;
    if (str_present(in->auth_type))
        row.auth_type = in->auth_type;
    if (str_present(in->invoke_mode))
        row.invoke_mode = in->invoke_mode;
    row.modified_ms = call->now_ms;
    lambda_put_url(call->txn, &row);
    out->function_url_description = changed_description(call, function, &row, in->invoke_mode);
    out->last_modified_time = time_iso8601_ms(call->arena, row.modified_ms);
    return DONE;
}

enum outcome lambda_get_function_url_config(const struct call *call,
                                            const struct lambda_get_function_url_config_request *in,
                                            struct lambda_get_function_url_config_response *out)
{
    const struct function *function;
    struct lambda_url_row row;

    (void)in;
    if (!find(call, &function, &row))
        return FAILED;
    out->function_url_description = description_of(call, function, &row);
    out->last_modified_time = time_iso8601_ms(call->arena, row.modified_ms);
    return DONE;
}

enum outcome lambda_delete_function_url_config(const struct call *call,
                                               const struct lambda_delete_function_url_config_request *in,
                                               struct lambda_delete_function_url_config_output *out)
{
    const struct function *function;
    struct lambda_url_row row;

    (void)in;
    (void)out;
    if (!find(call, &function, &row))
        return FAILED;
    lambda_remove_url(call->txn, &(struct lambda_remove_url_params){.function_id = function->row.id,
                                                                    .qualifier = row.qualifier});
    return DONE;
}

enum outcome lambda_list_function_url_configs(const struct call *call,
                                              const struct lambda_list_function_url_configs_request *in,
                                              struct lambda_list_function_url_configs_response *out)
{
    const struct function *function = function_of(call);
    struct page page;

    if (!function || !lambda_page_open(call, in->marker, in->max_items, MAX_PAGE, &page))
        return FAILED;
    struct lambda_url_rows rows = lambda_list_urls(
        call->txn, &(struct lambda_list_urls_params){
                       .function_id = function->row.id, .after = page.after, .limit = page_rows(&page)});
    list_make_empty(call->arena, &out->function_url_configs);
    for (size_t i = 0; i < rows.count && page_takes(&page, rows.items[i].url_id); i++) {
        const struct lambda_url_row *row = &rows.items[i];
        *list_add(call->arena, &out->function_url_configs) = (struct lambda_function_url_config){
            .function_url_description = description_of(call, function, row),
            .last_modified_time = time_iso8601_ms(call->arena, row->modified_ms),
        };
    }
    out->next_marker = page_end(call, &page);
    return DONE;
}
