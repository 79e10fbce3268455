/*
 * publish.c: published versions, which are copies of $LATEST that do not change.
 *
 * A version remembers the digest of $LATEST from which it was published, because its own description may
 * differ: as long as $LATEST has that digest, publishing again returns the same version.
 */
#include "lambda_internal.h"
#include "sandboxes.h"

#include "base/hash.h"
#include "base/text.h"

enum { MAX_PAGE = 50 };

static void add_part(struct text *text, str part)
{
    text_format(text, "%zu:%.*s", part.size, STR_ARGS(part));
}

/* The digest of the code and the configuration. */
static str fingerprint_of(const struct call *call, const struct lambda_function_row *row)
{
    const str parts[] = {row->package,
                         row->layers,
                         row->runtime,
                         row->handler,
                         row->role,
                         row->settings,
                         row->variables,
                         row->architecture,
                         row->log_group,
                         arena_decimal(call->arena, row->timeout_seconds),
                         arena_decimal(call->arena, row->memory_mb),
                         row->execution_seconds ? arena_decimal(call->arena, *row->execution_seconds) : S(""),
                         row->retention_days ? arena_decimal(call->arena, *row->retention_days) : S("")};
    struct text text = text_in(call->arena);

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        add_part(&text, parts[i]);
    struct sha256 digest = sha256(text_str(&text));
    return hex_encode(call->arena, HASH_STR(digest));
}

/* Name the version as its own ARN does. */
static void qualify(const struct call *call, struct function *function)
{
    function->qualifier = lambda_version_text(call->arena, function->row.number);
}

static bool find_last(const struct call *call, const struct function *latest, struct function *last)
{
    const struct function_name name = {.account = latest->row.account,
                                       .region = latest->row.region,
                                       .name = latest->row.name,
                                       .qualifier =
                                           lambda_version_text(call->arena, latest->row.last_number)};

    return latest->row.last_number != LATEST && lambda_version_find(call, &name, last);
}

static void add_version(const struct call *call, const struct function *latest, str description,
                        struct function *published)
{
    struct lambda_take_number_row taken;

    *published = *latest;
    published->alias = NULL;
    if (str_present(description))
        lambda_description_set(call, published, description);
    if (lambda_take_number(call->txn, &(struct lambda_take_number_params){.id = latest->row.id}, &taken))
        published->row.number = taken.last_number;
    published->row.fingerprint = fingerprint_of(call, &latest->row);
    published->row.revision = random_uuid(call->arena);
    published->row.policy = (str){0};
    published->row.version_id = lambda_add_version(call->txn, &published->row);
    lambda_set_revision(call->txn, &(struct lambda_set_revision_params){
                                       .id = latest->row.version_id, .revision = random_uuid(call->arena)});
}

bool lambda_publish(const struct call *call, const struct function *latest, str description,
                    struct function *published, bool *is_new)
{
    struct call there = lambda_call_of_function(call, latest);

    check(latest->row.number == LATEST && latest->row.version_id > 0);
    *is_new = !find_last(call, latest, published) ||
              !str_equal(published->row.fingerprint, fingerprint_of(call, &latest->row));
    if (*is_new && !lambda_code_storage_check(&there, latest->row.package_size, 0))
        return false;
    if (*is_new)
        add_version(call, latest, description, published);
    qualify(call, published);
    return true;
}

static bool code_check(const struct call *call, str sha256, const struct function *latest)
{
    str current = lambda_code_sha256(call, latest->row.package);

    if (!str_present(sha256) || sha256.size == 0 || str_equal(sha256, current))
        return true;
    fail(
        call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
        "CodeSHA256 (%.*s) is different from current CodeSHA256 in $LATEST (%.*s). Please try again with the "
        "CodeSHA256 in $LATEST.",
        STR_ARGS(sha256), STR_ARGS(current));
    return false;
}

enum outcome lambda_publish_version(const struct call *call, const struct lambda_publish_version_request *in,
                                    struct lambda_function_configuration *out)
{
    const struct function *latest = lambda_function_of(call);
    struct function published;
    bool is_new;

    if (!latest || !lambda_revision_check(call, in->revision_id, latest->row.revision) ||
        !code_check(call, in->code_sha256, latest) ||
        !lambda_publish(call, latest, in->description, &published, &is_new))
        return FAILED;
    *out = *lambda_configuration_of(call, &published);
    return DONE;
}

/* ---- lists ---- */

/* Lists leave out State, LastUpdateStatus and RuntimeVersionConfig. */
static struct lambda_function_configuration summary_of(const struct call *call,
                                                       const struct function *function)
{
    struct lambda_function_configuration *summary = lambda_configuration_of(call, function);

    summary->state = (str){0};
    summary->state_reason = (str){0};
    summary->state_reason_code = (str){0};
    summary->last_update_status = (str){0};
    summary->runtime_version_config = NULL;
    return *summary;
}

static enum outcome list_latest(const struct call *call, struct page *page,
                                struct lambda_list_functions_response *out)
{
    struct function_name name = {.account = call->account, .region = call->region};
    struct function function;
    struct lambda_list_functions_page_rows rows =
        lambda_list_functions_page(call->txn, &(struct lambda_list_functions_page_params){
                                                  .account = call->account,
                                                  .region = call->region,
                                                  .after = page->after,
                                                  .limit = page_rows(page),
                                              });

    for (size_t i = 0; i < rows.count && page_takes(page, rows.items[i].name); i++) {
        name.name = rows.items[i].name;
        if (lambda_version_find(call, &name, &function))
            *list_add(call->arena, &out->functions) = summary_of(call, &function);
    }
    return DONE;
}

/* A page's key in a list of versions: the name, a space, and the number. */
static void key_read(str key, str *name, int64_t *number)
{
    *name = S("");
    *number = LATEST - 1;
    if (str_present(key) && str_next(&key, ' ', name))
        str_to_i64(key, number);
}

static enum outcome list_all_versions(const struct call *call, struct page *page,
                                      struct lambda_list_functions_response *out)
{
    struct lambda_list_all_versions_page_params params = {
        .account = call->account, .region = call->region, .limit = page_rows(page)};
    struct function function;

    key_read(page->after, &params.after, &params.after_number);
    struct lambda_list_all_versions_page_rows rows = lambda_list_all_versions_page(call->txn, &params);
    for (size_t i = 0; i < rows.count; i++) {
        if (!page_takes(page, arena_format(call->arena, "%.*s %lld", STR_ARGS(rows.items[i].name),
                                           (long long)rows.items[i].number)))
            break;
        if (!lambda_version_get(call, rows.items[i].version_id, &function))
            continue;
        qualify(call, &function);
        *list_add(call->arena, &out->functions) = summary_of(call, &function);
    }
    return DONE;
}

enum outcome lambda_list_functions(const struct call *call, const struct lambda_list_functions_request *in,
                                   struct lambda_list_functions_response *out)
{
    struct page page;

    if (!lambda_page_open(call, in->marker, in->max_items, MAX_PAGE, &page))
        return FAILED;
    list_make_empty(call->arena, &out->functions);
    if (str_present(in->function_version))
        list_all_versions(call, &page, out);
    else
        list_latest(call, &page, out);
    out->next_marker = page_end(call, &page);
    return DONE;
}

enum outcome lambda_list_versions_by_function(const struct call *call,
                                              const struct lambda_list_versions_by_function_request *in,
                                              struct lambda_list_versions_by_function_response *out)
{
    const struct function *latest = lambda_function_of(call);
    int64_t after_number = LATEST - 1;
    struct function function;
    struct page page;

    if (!latest || !lambda_page_open(call, in->marker, in->max_items, MAX_PAGE, &page))
        return FAILED;
    str_to_i64(page.after, &after_number);
    struct lambda_list_versions_page_rows rows =
        lambda_list_versions_page(call->txn, &(struct lambda_list_versions_page_params){
                                                 .function_id = latest->row.id,
                                                 .after_number = after_number,
                                                 .limit = page_rows(&page),
                                             });
    list_make_empty(call->arena, &out->versions);
    for (size_t i = 0; i < rows.count && page_takes(&page, arena_decimal(call->arena, rows.items[i].number));
         i++) {
        if (!lambda_version_get(call, rows.items[i].id, &function))
            continue;
        qualify(call, &function);
        *list_add(call->arena, &out->versions) = summary_of(call, &function);
    }
    out->next_marker = page_end(call, &page);
    return DONE;
}
