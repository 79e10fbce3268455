/*
 * layers.c: versions of layers: made, shown, listed, deleted.
 *
 * A layer is a row that counts its versions; a version's number is never used again.  A deleted version stays
 * in the functions that have it (layer_sets.c).
 */
#include "code.h"
#include "lambda_internal.h"
#include "sandboxes.h"

#include "aws/arn.h"
#include "base/hash.h"
#include "base/text.h"

enum { MAX_PAGE = 50 };

/* ---- names ---- */

struct layer_name {
    str account, region, name, number;
};

/* Given "name", a layer's ARN, or a version's. */
static struct layer_name read_name(const struct call *call, str given, str number)
{
    struct layer_name name = {call->account, call->region, given, number};
    str parts;
    struct arn arn;

    if (!arn_parse(given, &arn))
        return name;
    name.account = arn.account;
    name.region = arn.region;
    parts = arn.resource;
    str_next(&parts, ':', &name.name); /* "layer" */
    str_next(&parts, ':', &name.name);
    if (!str_present(number))
        name.number = parts;
    return name;
}

static str arn_of(const struct call *call, const struct layer_name *name)
{
    bool numbered = str_present(name->number);

    return arn_build(call->arena,
                     &(struct arn){.service = S("lambda"),
                                   .region = name->region,
                                   .account = name->account,
                                   .resource = arena_concat(call->arena, S("layer:"), name->name,
                                                            numbered ? S(":") : S(""), name->number)});
}

/* Only the layers of the request's own region can be seen. */
static bool find(const struct call *call, const struct layer_name *name, struct layer_version *version)
{
    struct lambda_find_layer_version_params params = {
        .account = name->account, .region = name->region, .name = name->name};

    version->arn = arn_of(call, name);
    return str_equal(name->region, call->region) && str_to_i64(name->number, &params.number) &&
           lambda_find_layer_version(call->txn, &params, &version->row);
}

bool lambda_layer_version_find(const struct call *call, str arn, struct layer_version *version)
{
    struct layer_name name = read_name(call, arn, (str){0});

    return find(call, &name, version);
}

bool lambda_locate_layer(const struct call *call, str given, struct resource *found)
{
    struct layer_name name = read_name(call, given, (str){0});

    name.number = (str){0};
    found->arn = arn_of(call, &name);
    return true;
}

bool lambda_locate_layer_version(const struct call *call, str given, str number, struct resource *found)
{
    struct layer_name name = read_name(call, given, number);
    struct layer_version *version = arena_new(call->arena, struct layer_version);

    found->arn = arn_of(call, &name);
    if (!find(call, &name, version))
        return true;
    found->row = version;
    found->policy = version->row.policy;
    return true;
}

/* The version of the request.  NULL: it does not exist, and fail() has been called. */
static const struct layer_version *version_of(const struct call *call)
{
    const struct layer_version *version = call_resource(call, 0)->row;

    if (!version)
        fail(call, &LAMBDA_RESOURCE_NOT_FOUND_EXCEPTION, "The resource you requested does not exist.");
    return version;
}

static bool number_check(const struct call *call, int64_t number)
{
    if (number >= 1)
        return true;
    fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "Layer Version Cannot be less than 1");
    return false;
}

/* ---- lists in a column: ",a,b," ---- */

/* Absent for a list that the request does not have; "," for an empty one. */
static str joined(const struct call *call, const struct str_list *list)
{
    struct text text = text_in(call->arena);

    if (!list->items)
        return (str){0};
    for (size_t i = 0; i < list->count; i++) {
        text_add_char(&text, ',');
        text_add(&text, list->items[i]);
    }
    text_add_char(&text, ',');
    return text_str(&text);
}

static struct str_list separate(const struct call *call, str column)
{
    struct str_list list = {0};
    str item;

    if (str_present(column))
        list_make_empty(call->arena, &list);
    while (str_next(&column, ',', &item))
        if (!str_empty(item))
            *list_add(call->arena, &list) = item;
    return list;
}

/* One item as it is in a column.  Absent when none is given. */
static str item_text(const struct call *call, str item)
{
    return str_present(item) ? arena_concat(call->arena, S(","), item, S(",")) : (str){0};
}

/* ---- showing ---- */

static const struct lambda_layer_version_content_output *
content_of(const struct call *call, const struct lambda_layer_version_row *row)
{
    struct lambda_layer_version_content_output *content =
        arena_new(call->arena, struct lambda_layer_version_content_output);

    *content = (struct lambda_layer_version_content_output){
        .location = lambda_package_url(call, row->package),
        .code_sha256 = lambda_code_sha256(call, row->package),
        .code_size = arena_i64(call->arena, row->package_size),
    };
    return content;
}

static struct lambda_layer_version describe(const struct call *call, const struct layer_version *version)
{
    const struct lambda_layer_version_row *row = &version->row;

    return (struct lambda_layer_version){
        .content = content_of(call, row),
        .layer_arn = str_head(version->arn, (size_t)str_last_index(version->arn, ':')),
        .layer_version_arn = version->arn,
        .description = str_present(row->description) ? row->description : S(""),
        .created_date = lambda_time_text(call, row->created_ms),
        .version = arena_i64(call->arena, row->number),
        .compatible_architectures = separate(call, row->architectures),
        .compatible_runtimes = separate(call, row->runtimes),
        .license_info = row->license,
    };
}

enum outcome lambda_get_layer_version(const struct call *call,
                                      const struct lambda_get_layer_version_request *in,
                                      struct lambda_get_layer_version_response *out)
{
    if (!number_check(call, in->version_number))
        return FAILED;
    const struct layer_version *version = version_of(call);
    if (!version)
        return FAILED;
    out->layer_version = describe(call, version);
    return DONE;
}

enum outcome lambda_get_layer_version_by_arn(const struct call *call,
                                             const struct lambda_get_layer_version_by_arn_request *in,
                                             struct lambda_get_layer_version_response *out)
{
    const struct layer_version *version = version_of(call);

    (void)in;
    if (!version)
        return FAILED;
    out->layer_version = describe(call, version);
    return DONE;
}

/* ---- publishing ---- */

void lambda_publish_layer_version_prepare(const struct call *call,
                                          const struct lambda_publish_layer_version_request *in)
{
    lambda_package_prepare(call, in->content->zip_file);
}

static bool region_check(const struct call *call, const struct layer_name *name)
{
    if (str_equal(name->region, call->region))
        return true;
    fail(call, &LAMBDA_RESOURCE_NOT_FOUND_EXCEPTION,
         "Layers from '%.*s' are not reachable in this region ('%.*s')", STR_ARGS(name->region),
         STR_ARGS(call->region));
    return false;
}

static bool content_check(const struct call *call, str zip, struct package *package)
{
    if (str_present(zip))
        return lambda_package_check(call, zip, package) && lambda_code_storage_check(call, package->size, 0);
    fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "Please provide a source for layer content.");
    return false;
}

static void add_version(const struct call *call, const struct layer_name *name,
                        struct lambda_layer_version_row *row)
{
    struct lambda_take_layer_number_row taken = {0};

    lambda_take_layer_number(call->txn,
                             &(struct lambda_take_layer_number_params){
                                 .account = name->account, .region = name->region, .name = name->name},
                             &taken);
    row->layer_id = taken.id;
    row->number = taken.highest_number;
    lambda_add_layer_version(call->txn, row);
}

enum outcome lambda_publish_layer_version(const struct call *call,
                                          const struct lambda_publish_layer_version_request *in,
                                          struct lambda_publish_layer_version_response *out)
{
    struct layer_name name = read_name(call, in->layer_name, (str){0});
    struct package package;

    if (!region_check(call, &name) || !content_check(call, in->content->zip_file, &package))
        return FAILED;
    if (lambda_package_store(call, in->content->zip_file, package.sha256) == PARKED)
        return PARKED;
    struct layer_version version = {.row = {
                                        .description = in->description,
                                        .architectures = joined(call, &in->compatible_architectures),
                                        .runtimes = joined(call, &in->compatible_runtimes),
                                        .license = in->license_info,
                                        .package = package.sha256,
                                        .package_size = package.size,
                                        .unpacked_size = package.unpacked_size,
                                        .revision = random_uuid(call->arena),
                                        .created_ms = call->now_ms,
                                    }};
    add_version(call, &name, &version.row);
    name.number = arena_decimal(call->arena, version.row.number);
    version.arn = arn_of(call, &name);
    out->layer_version = describe(call, &version);
    return DONE;
}

/* ---- deleting ---- */

/* A version that is not there is deleted, too. */
enum outcome lambda_delete_layer_version(const struct call *call,
                                         const struct lambda_delete_layer_version_request *in,
                                         struct lambda_delete_layer_version_output *out)
{
    const struct layer_version *version = call_resource(call, 0)->row;

    (void)out;
    if (!number_check(call, in->version_number))
        return FAILED;
    if (!version)
        return DONE;
    lambda_remove_layer_version(
        call->txn, &(struct lambda_remove_layer_version_params){.layer_id = version->row.layer_id,
                                                                .number = version->row.number});
    lambda_package_release(call, version->row.package);
    return DONE;
}

/* ---- lists ---- */

static struct lambda_layer_versions_list_item list_item(const struct call *call, struct layer_name name,
                                                        const struct lambda_layer_version_row *row)
{
    name.number = arena_decimal(call->arena, row->number);
    return (struct lambda_layer_versions_list_item){
        .layer_version_arn = arn_of(call, &name),
        .version = arena_i64(call->arena, row->number),
        .description = row->description,
        .created_date = lambda_time_text(call, row->created_ms),
        .compatible_architectures = separate(call, row->architectures),
        .compatible_runtimes = separate(call, row->runtimes),
        .license_info = row->license,
    };
}

enum outcome lambda_list_layers(const struct call *call, const struct lambda_list_layers_request *in,
                                struct lambda_list_layers_response *out)
{
    struct page page;

    if (!lambda_page_open(call, in->marker, in->max_items, MAX_PAGE, &page))
        return FAILED;
    struct lambda_layer_version_rows rows =
        lambda_list_layers_page(call->txn, &(struct lambda_list_layers_page_params){
                                               .account = call->account,
                                               .region = call->region,
                                               .after = page.after,
                                               .runtime = item_text(call, in->compatible_runtime),
                                               .architecture = item_text(call, in->compatible_architecture),
                                               .limit = page_rows(&page),
                                           });
    list_make_empty(call->arena, &out->layers);
    for (size_t i = 0; i < rows.count && page_takes(&page, rows.items[i].name); i++) {
        struct lambda_layers_list_item *item = list_add(call->arena, &out->layers);
        struct lambda_layer_versions_list_item *latest =
            arena_new(call->arena, struct lambda_layer_versions_list_item);
        struct layer_name name = {call->account, call->region, rows.items[i].name, {0}};
        *latest = list_item(call, name, &rows.items[i]);
        item->layer_name = name.name;
        item->layer_arn = arn_of(call, &name);
        item->latest_matching_version = latest;
    }
    out->next_marker = page_end(call, &page);
    return DONE;
}

/* Of another account's layers only the versions that a policy names can be seen. */
static bool account_check(const struct call *call, const struct layer_name *name)
{
    return str_equal(name->account, call->account) || authorize(call, arn_of(call, name), (str){0});
}

enum outcome lambda_list_layer_versions(const struct call *call,
                                        const struct lambda_list_layer_versions_request *in,
                                        struct lambda_list_layer_versions_response *out)
{
    struct layer_name name = read_name(call, in->layer_name, (str){0});
    int64_t before = INT64_MAX;
    struct page page;

    if (!account_check(call, &name) || !region_check(call, &name) ||
        !lambda_page_open(call, in->marker, in->max_items, MAX_PAGE, &page))
        return FAILED;
    str_to_i64(page.after, &before);
    struct lambda_layer_version_rows rows = lambda_list_layer_versions_page(
        call->txn, &(struct lambda_list_layer_versions_page_params){
                       .account = name.account,
                       .region = name.region,
                       .name = name.name,
                       .before = before,
                       .runtime = item_text(call, in->compatible_runtime),
                       .architecture = item_text(call, in->compatible_architecture),
                       .limit = page_rows(&page),
                   });
    list_make_empty(call->arena, &out->layer_versions);
    for (size_t i = 0; i < rows.count && page_takes(&page, arena_decimal(call->arena, rows.items[i].number));
         i++)
        *list_add(call->arena, &out->layer_versions) = list_item(call, name, &rows.items[i]);
    out->next_marker = page_end(call, &page);
    return DONE;
}
