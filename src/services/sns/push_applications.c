/*
 * push_applications.c: applications of the platforms for mobile push.
 *
 * Credentials are stored, but nothing is sent to a platform: messages go to the outbox.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-mobile-application-as-subscriber.html
 */
#include "push.h"

#include "aws/arn.h"

enum { MAX_NAME = 256, MAX_USER_DATA = 2048, MAX_ATTRIBUTE = 20000, ENDPOINTS_PER_RUN = 200 };

static const str platforms[] = {
    STR_INIT("ADM"),   STR_INIT("APNS"),          STR_INIT("APNS_SANDBOX"), STR_INIT("APNS_VOIP"),
    STR_INIT("BAIDU"), STR_INIT("GCM"),           STR_INIT("MACOS"),        STR_INIT("APNS_VOIP_SANDBOX"),
    STR_INIT("MPNS"),  STR_INIT("MACOS_SANDBOX"), STR_INIT("WNS"),
};

/* Attributes that are never shown. */
static const str secrets[] = {STR_INIT("PlatformCredential"), STR_INIT("PlatformPrincipal")};

static const str names[] = {
    STR_INIT("PlatformCredential"),
    STR_INIT("PlatformPrincipal"),
    STR_INIT("EventEndpointCreated"),
    STR_INIT("EventEndpointDeleted"),
    STR_INIT("EventEndpointUpdated"),
    STR_INIT("EventDeliveryFailure"),
    STR_INIT("SuccessFeedbackRoleArn"),
    STR_INIT("FailureFeedbackRoleArn"),
    STR_INIT("SuccessFeedbackSampleRate"),
    STR_INIT("ApplePlatformTeamID"),
    STR_INIT("ApplePlatformBundleID"),
    STR_INIT("Enabled"),
    STR_INIT("Token"),
    STR_INIT("CustomUserData"),
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static bool refuse(const struct call *call, str parameter, const char *reason)
{
    fail(call, &SNS_INVALID_PARAMETER_EXCEPTION, "Invalid parameter: %.*s Reason: %s", STR_ARGS(parameter),
         reason);
    return false;
}

/* ---- attributes ---- */

struct str_map sns_push_attributes(const struct call *call, str stored)
{
    struct str_map all = {0};

    model_from_json(call->arena, &SNS_ATTRIBUTE_MAP, stored, &all);
    return all;
}

static bool attribute_check(const struct call *call, str name, str value)
{
    if (!str_is_one_of(name, names, COUNT(names)))
        return refuse(call, S("Attributes"), "Invalid attribute name");
    if (str_equal(name, S("Enabled")) && !str_equal_nocase(value, S("true")) &&
        !str_equal_nocase(value, S("false")))
        return refuse(call, S("Enabled"), "must be true or false");
    if (str_equal(name, S("CustomUserData")) && value.size > MAX_USER_DATA)
        return refuse(call, name, "must be at most 2048 bytes long in UTF-8 encoding");
    return (value.size <= MAX_ATTRIBUTE && str_is_xml_text(value)) ||
           refuse(call, S("Attributes"), "Invalid attribute value");
}

bool sns_push_attributes_change(const struct call *call, const struct str_map *changes, str *stored)
{
    struct str_map before = sns_push_attributes(call, *stored), after = {0};

    for (size_t i = 0; i < changes->count; i++)
        if (!attribute_check(call, changes->items[i].key, changes->items[i].value))
            return false;
    for (size_t i = 0; i < before.count; i++)
        if (!str_present(str_map_get(changes, before.items[i].key)))
            str_map_add(call->arena, &after, before.items[i].key, before.items[i].value);
    for (size_t i = 0; i < changes->count; i++)
        if (!str_present(str_map_get(&after, changes->items[i].key)))
            str_map_add(call->arena, &after, changes->items[i].key,
                        str_map_get(changes, changes->items[i].key));
    *stored = model_to_json(call->arena, &SNS_ATTRIBUTE_MAP, &after);
    return true;
}

bool sns_push_is_enabled(const struct call *call, str stored)
{
    struct str_map all = sns_push_attributes(call, stored);

    return !str_equal_nocase(str_map_get(&all, S("Enabled")), S("false"));
}

/* All but the secrets. */
static struct str_map shown(const struct call *call, str stored)
{
    struct str_map all = sns_push_attributes(call, stored), some = {0};

    if (!str_present(str_map_get(&all, S("Enabled"))))
        str_map_add(call->arena, &some, S("Enabled"), S("true"));
    for (size_t i = 0; i < all.count; i++)
        if (!str_is_one_of(all.items[i].key, secrets, COUNT(secrets)))
            str_map_add(call->arena, &some, all.items[i].key, all.items[i].value);
    return some;
}

/* ---- finding ---- */

/* A row's name is "GCM/name". */
static void locate(const struct call *call, str arn, const struct sns_find_application_params *key,
                   struct resource *found)
{
    struct application *application = arena_new(call->arena, struct application);

    found->arn = application->arn = arn;
    if (sns_find_application(call->txn, key, &application->row))
        found->row = application;
}

bool sns_locate_application(const struct call *call, str text, struct resource *found)
{
    struct arn arn;
    str prefix = S("app/");

    if (!arn_parse(text, &arn) || !str_equal(arn.service, S("sns")) ||
        !str_starts_with(arn.resource, prefix) || !str_equal(arn.region, call->region))
        return sns_arn_refuse(call, "PlatformApplicationArn", text);
    locate(call, text,
           &(struct sns_find_application_params){
               .account = arn.account, .region = arn.region, .name = str_from(arn.resource, prefix.size)},
           found);
    return true;
}

bool sns_locate_new_application(const struct call *call,
                                const struct sns_create_platform_application_input *in,
                                struct resource *found)
{
    str name = arena_concat(call->arena, in->platform, S("/"), in->name);

    locate(
        call, arn(call, S("sns"), arena_join(call->arena, S("app/"), name)),
        &(struct sns_find_application_params){.account = call->account, .region = call->region, .name = name},
        found);
    return true;
}

/* NULL, after fail(), when it does not exist. */
static const struct application *application_of(const struct call *call)
{
    const struct application *application = call_resource(call, 0)->row;

    if (!application)
        fail(call, &SNS_NOT_FOUND_EXCEPTION, "PlatformApplication does not exist");
    return application;
}

str sns_platform_of(str text)
{
    str rest = text, kind, platform = {0};

    if (str_next(&rest, '/', &kind))
        str_next(&rest, '/', &platform);
    return platform;
}

/* ---- operations ---- */

static bool creation_check(const struct call *call, const struct sns_create_platform_application_input *in)
{
    if (!str_is_one_of(in->platform, platforms, COUNT(platforms)))
        return refuse(call, S("Platform"),
                      arena_cstr(call->arena, arena_join(call->arena, in->platform, S(" is not supported"))));
    if (str_empty(in->name))
        return refuse(call, S("Name"), "cannot be empty");
    if (in->name.size > MAX_NAME)
        return refuse(call, S("Name"), "must be at most 256 characters long");
    if (!str_is_word(in->name, S("_-.")))
        return refuse(call, S("Name"),
                      "must contain only characters 'a'-'z', 'A'-'Z', '0'-'9', '_', '-', and '.'");
    return !str_empty(str_map_get(&in->attributes, S("PlatformCredential"))) ||
           refuse(call, S("PlatformCredential"),
                  "Invalid value for attribute: PlatformCredential: cannot be empty");
}

/* An application that exists gets the new attributes. */
enum outcome sns_create_platform_application(const struct call *call,
                                             const struct sns_create_platform_application_input *in,
                                             struct sns_create_platform_application_response *out)
{
    const struct resource *resource = call_resource(call, 0);
    const struct application *existing = resource->row;
    struct sns_application_row row = {
        .account = call->account,
        .region = call->region,
        .name = arena_concat(call->arena, in->platform, S("/"), in->name),
        .attributes = existing ? existing->row.attributes : S("{}"),
    };

    if (!creation_check(call, in) || !sns_push_attributes_change(call, &in->attributes, &row.attributes))
        return FAILED;
    if (existing)
        sns_update_application(call->txn, &(struct sns_update_application_params){
                                              .id = existing->row.id, .attributes = row.attributes});
    else
        sns_add_application(call->txn, &row);
    out->platform_application_arn = resource->arn;
    return DONE;
}

enum outcome
sns_get_platform_application_attributes(const struct call *call,
                                        const struct sns_get_platform_application_attributes_input *in,
                                        struct sns_get_platform_application_attributes_response *out)
{
    const struct application *application = application_of(call);

    (void)in;
    if (!application)
        return FAILED;
    out->attributes = shown(call, application->row.attributes);
    return DONE;
}

enum outcome
sns_set_platform_application_attributes(const struct call *call,
                                        const struct sns_set_platform_application_attributes_input *in,
                                        struct sns_set_platform_application_attributes_output *out)
{
    const struct application *application = application_of(call);

    (void)out;
    if (!application)
        return FAILED;
    str attributes = application->row.attributes;
    if (!sns_push_attributes_change(call, &in->attributes, &attributes))
        return FAILED;
    sns_update_application(call->txn, &(struct sns_update_application_params){.id = application->row.id,
                                                                              .attributes = attributes});
    return DONE;
}

enum outcome sns_list_platform_applications(const struct call *call,
                                            const struct sns_list_platform_applications_input *in,
                                            struct sns_list_platform_applications_response *out)
{
    struct page page;

    if (!sns_page_open(call, in->next_token, &page))
        return FAILED;
    struct sns_list_applications_page_rows rows =
        sns_list_applications_page(call->txn, &(struct sns_list_applications_page_params){
                                                  .account = call->account,
                                                  .region = call->region,
                                                  .name = page.after,
                                                  .limit = page_rows(&page),
                                              });
    list_make_empty(call->arena, &out->platform_applications);
    for (size_t i = 0; i < rows.count && page_takes(&page, rows.items[i].name); i++) {
        struct sns_platform_application *one = list_add(call->arena, &out->platform_applications);
        one->platform_application_arn =
            arn(call, S("sns"), arena_join(call->arena, S("app/"), rows.items[i].name));
        one->attributes = shown(call, rows.items[i].attributes);
    }
    out->next_token = page_end(call, &page);
    return DONE;
}

/* Deleting a missing application succeeds.  Its endpoints are gone at once, and are removed in slices. */
enum outcome sns_delete_platform_application(const struct call *call,
                                             const struct sns_delete_platform_application_input *in,
                                             struct sns_delete_platform_application_output *out)
{
    const struct application *application = call_resource(call, 0)->row;

    (void)in;
    (void)out;
    if (!application)
        return DONE;
    sns_end_application(call->txn, &(struct sns_end_application_params){.id = application->row.id});
    timer_set(call, &SNS_REMOVE_ENDPOINTS, S("all"), call->now_ms, &(struct sns_remove_endpoints_request){0});
    return DONE;
}

enum outcome sns_remove_endpoints(const struct call *call, const struct sns_remove_endpoints_request *in,
                                  struct sns_remove_endpoints_output *out)
{
    struct sns_find_ended_application_row application;

    (void)out;
    if (!sns_find_ended_application(call->txn, &application))
        return DONE;
    if (sns_remove_some_endpoints(
            call->txn, &(struct sns_remove_some_endpoints_params){.application_id = application.id,
                                                                  .limit = ENDPOINTS_PER_RUN}) == 0)
        sns_remove_application(call->txn, &(struct sns_remove_application_params){.id = application.id});
    slice_again(call, &SNS_REMOVE_ENDPOINTS, S("all"), in);
    return DONE;
}
