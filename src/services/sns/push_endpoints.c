/*
 * push_endpoints.c: the devices of mobile push.
 * https://docs.aws.amazon.com/sns/latest/dg/mobile-platform-endpoint.html
 */
#include "push.h"

#include "aws/arn.h"
#include "base/hash.h"

bool sns_is_endpoint(str text)
{
    struct arn arn;

    return arn_parse(text, &arn) && str_equal(arn.service, S("sns")) &&
           str_starts_with(arn.resource, S("endpoint/"));
}

bool sns_locate_endpoint(const struct call *call, str text, struct resource *found)
{
    struct sns_endpoint_row *row = arena_new(call->arena, struct sns_endpoint_row);

    found->arn = text;
    if (!sns_is_endpoint(text))
        return sns_arn_refuse(call, "EndpointArn", text);
    if (sns_find_endpoint(call->txn, &(struct sns_find_endpoint_params){.arn = text}, row))
        found->row = row;
    return true;
}

/* NULL, after fail(), when it does not exist. */
static const struct sns_endpoint_row *endpoint_of(const struct call *call)
{
    const struct sns_endpoint_row *row = call_resource(call, 0)->row;

    if (!row)
        fail(call, &SNS_NOT_FOUND_EXCEPTION, "Endpoint does not exist");
    return row;
}

/* What SNS shows: the token is an attribute, too. */
static struct str_map shown(const struct call *call, str token, str stored)
{
    struct str_map all = sns_push_attributes(call, stored), some = {0};
    str enabled = str_map_get(&all, S("Enabled"));

    str_map_add(call->arena, &some, S("Enabled"), str_present(enabled) ? enabled : S("true"));
    str_map_add(call->arena, &some, S("Token"), token);
    str_map_add(call->arena, &some, S("CustomUserData"), str_map_get(&all, S("CustomUserData")));
    return some;
}

/* Do both show the same? */
static bool is_same(const struct call *call, str a, str b)
{
    struct str_map first = shown(call, S(""), a), second = shown(call, S(""), b);

    return str_equal(str_map_get(&first, S("Enabled")), str_map_get(&second, S("Enabled"))) &&
           str_equal(str_map_get(&first, S("CustomUserData")), str_map_get(&second, S("CustomUserData")));
}

/* The attributes of the request; CustomUserData is also a parameter.  False: fail() has been called. */
static bool attributes_read(const struct call *call, const struct sns_create_platform_endpoint_input *in,
                            str *stored)
{
    struct str_map asked = {0};

    str_map_add(call->arena, &asked, S("CustomUserData"), in->custom_user_data);
    for (size_t i = 0; i < in->attributes.count; i++)
        str_map_add(call->arena, &asked, in->attributes.items[i].key, in->attributes.items[i].value);
    *stored = S("{}");
    return sns_push_attributes_change(call, &asked, stored);
}

/* The ARN of an application with the endpoint's kind and id. */
static str new_arn(const struct call *call, str application_arn)
{
    str kind = S(":app/");
    ptrdiff_t at = str_find(application_arn, kind);

    return arena_concat(call->arena, str_head(application_arn, (size_t)at), S(":endpoint/"),
                        str_from(application_arn, (size_t)at + kind.size), S("/"), random_uuid(call->arena));
}

static enum outcome answer_existing(const struct call *call, const struct sns_endpoint_row *same,
                                    str attributes, struct sns_create_endpoint_response *out)
{
    if (!is_same(call, same->attributes, attributes))
        return fail(call, &SNS_INVALID_PARAMETER_EXCEPTION,
                    "Invalid parameter: Token Reason: Endpoint %.*s already exists with the same Token, but "
                    "different attributes.",
                    STR_ARGS(same->arn));
    out->endpoint_arn = same->arn;
    return DONE;
}

enum outcome sns_create_platform_endpoint(const struct call *call,
                                          const struct sns_create_platform_endpoint_input *in,
                                          struct sns_create_endpoint_response *out)
{
    const struct application *application = call_resource(call, 0)->row;
    struct sns_endpoint_row row = {.token = in->token}, same;

    if (!application)
        return fail(call, &SNS_NOT_FOUND_EXCEPTION, "PlatformApplication does not exist");
    if (str_empty(in->token) || !str_is_xml_text(in->token))
        return fail(call, &SNS_INVALID_PARAMETER_EXCEPTION, "Invalid parameter: Token");
    if (!attributes_read(call, in, &row.attributes))
        return FAILED;
    if (sns_find_endpoint_of_token(call->txn,
                                   &(struct sns_find_endpoint_of_token_params){
                                       .application_id = application->row.id, .token = in->token},
                                   &same))
        return answer_existing(call, &same, row.attributes, out);
    row.application_id = application->row.id;
    row.arn = new_arn(call, application->arn);
    sns_add_endpoint(call->txn, &row);
    out->endpoint_arn = row.arn;
    return DONE;
}

enum outcome sns_get_endpoint_attributes(const struct call *call,
                                         const struct sns_get_endpoint_attributes_input *in,
                                         struct sns_get_endpoint_attributes_response *out)
{
    const struct sns_endpoint_row *row = endpoint_of(call);

    (void)in;
    if (!row)
        return FAILED;
    out->attributes = shown(call, row->token, row->attributes);
    return DONE;
}

/* Another endpoint of the application has that token: two rows cannot have it. */
static bool token_check(const struct call *call, const struct sns_endpoint_row *row)
{
    struct sns_endpoint_row other;

    if (!sns_find_endpoint_of_token(call->txn,
                                    &(struct sns_find_endpoint_of_token_params){
                                        .application_id = row->application_id, .token = row->token},
                                    &other) ||
        other.id == row->id)
        return true;
    fail(call, &SNS_INVALID_PARAMETER_EXCEPTION,
         "Invalid parameter: Token Reason: Endpoint %.*s already exists with the same Token",
         STR_ARGS(other.arn));
    return false;
}

enum outcome sns_set_endpoint_attributes(const struct call *call,
                                         const struct sns_set_endpoint_attributes_input *in,
                                         struct sns_set_endpoint_attributes_output *out)
{
    const struct sns_endpoint_row *found = endpoint_of(call);
    str token = str_map_get(&in->attributes, S("Token"));

    (void)out;
    if (!found)
        return FAILED;
    struct sns_endpoint_row row = *found;
    if (!sns_push_attributes_change(call, &in->attributes, &row.attributes))
        return FAILED;
    if (!str_empty(token))
        row.token = token;
    if (!token_check(call, &row))
        return FAILED;
    sns_update_endpoint(call->txn, &row);
    return DONE;
}

/* Deleting a missing endpoint succeeds. */
enum outcome sns_delete_endpoint(const struct call *call, const struct sns_delete_endpoint_input *in,
                                 struct sns_delete_endpoint_output *out)
{
    const struct sns_endpoint_row *row = call_resource(call, 0)->row;

    (void)in;
    (void)out;
    if (row)
        sns_remove_endpoint(call->txn, &(struct sns_remove_endpoint_params){.id = row->id});
    return DONE;
}

enum outcome
sns_list_endpoints_by_platform_application(const struct call *call,
                                           const struct sns_list_endpoints_by_platform_application_input *in,
                                           struct sns_list_endpoints_by_platform_application_response *out)
{
    const struct application *application = call_resource(call, 0)->row;
    struct page page;

    if (!application)
        return fail(call, &SNS_NOT_FOUND_EXCEPTION, "PlatformApplication does not exist");
    if (!sns_page_open(call, in->next_token, &page))
        return FAILED;
    struct sns_list_endpoints_page_rows rows =
        sns_list_endpoints_page(call->txn, &(struct sns_list_endpoints_page_params){
                                               .application_id = application->row.id,
                                               .after = page.after,
                                               .limit = page_rows(&page),
                                           });
    list_make_empty(call->arena, &out->endpoints);
    for (size_t i = 0; i < rows.count && page_takes(&page, rows.items[i].token); i++) {
        struct sns_endpoint *one = list_add(call->arena, &out->endpoints);
        one->endpoint_arn = rows.items[i].arn;
        one->attributes = shown(call, rows.items[i].token, rows.items[i].attributes);
    }
    out->next_token = page_end(call, &page);
    return DONE;
}
