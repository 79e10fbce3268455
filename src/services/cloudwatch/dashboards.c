/*
 * dashboards.c: dashboards, which belong to an account, whatever its region.
 */
#include "dashboard.h"

#include "aws/arn.h"
#include "engine/page.h"
#include "services/tags/tags.h"
#include "wire/json.h"

enum { PAGE_SIZE = 1000, MOST_DELETED = 100 };

struct dashboard {
    str arn;
    struct cloudwatch_dashboard_row row; /* id 0: no such dashboard */
};

static str arn_of(const struct call *call, str name)
{
    return arena_concat(call->arena, S("arn:aws:cloudwatch::"), call->account, S(":dashboard/"), name);
}

bool cloudwatch_locate_dashboard(const struct call *call, str given, struct resource *found)
{
    struct dashboard *dashboard = arena_new(call->arena, struct dashboard);

    *dashboard = (struct dashboard){.arn = arn_of(call, given)};
    cloudwatch_find_dashboard(
        call->txn, &(struct cloudwatch_find_dashboard_params){.account = call->account, .name = given},
        &dashboard->row);
    *found = (struct resource){.arn = dashboard->arn, .row = dashboard};
    if (dashboard->row.id)
        found->add_context = tags_add_context;
    return true;
}

bool cloudwatch_dashboard_exists(const struct call *call, const struct arn *arn)
{
    struct cloudwatch_dashboard_row row;

    return cloudwatch_find_dashboard(
        call->txn,
        &(struct cloudwatch_find_dashboard_params){.account = call->account,
                                                   .name = str_from(arn->resource, S("dashboard/").size)},
        &row);
}

static const struct dashboard *dashboard_at(const struct call *call, size_t index)
{
    return call_resource(call, index)->row;
}

/* ---- putting ---- */

/* The list as AWS writes it into the sentence. */
static str list_text(struct arena *arena, const struct cloudwatch_dashboard_validation_message_list *messages)
{
    struct json_writer writer = json_writer_in(arena);

    json_open_array(&writer);
    for (size_t i = 0; i < messages->count; i++) {
        json_open_object(&writer);
        json_field(&writer, S("dataPath"), messages->items[i].data_path);
        json_field(&writer, S("message"), messages->items[i].message);
        json_close_object(&writer);
    }
    json_close_array(&writer);
    return json_written(&writer);
}

static enum outcome refuse_body(const struct call *call,
                                struct cloudwatch_dashboard_validation_message_list messages)
{
    struct cloudwatch_dashboard_invalid_input_error *details =
        arena_new(call->arena, struct cloudwatch_dashboard_invalid_input_error);

    details->dashboard_validation_messages = messages;
    fail(call, &CLOUDWATCH_DASHBOARD_INVALID_INPUT_ERROR,
         "The dashboard body is invalid, there are %zu validation errors: %.*s", messages.count,
         STR_ARGS(list_text(call->arena, &messages)));
    fail_details(call, details);
    return FAILED;
}

enum outcome cloudwatch_put_dashboard(const struct call *call,
                                      const struct cloudwatch_put_dashboard_input *in,
                                      struct cloudwatch_put_dashboard_output *out)
{
    const struct dashboard *dashboard = dashboard_at(call, 0);
    struct cloudwatch_dashboard_validation_message_list wrong =
        cloudwatch_dashboard_check(call->arena, in->dashboard_body);
    struct str_map tags = TAGS_MAP(call->arena, &in->tags);

    if (!str_is_word(in->dashboard_name, S("-_")))
        return fail(call, &CLOUDWATCH_INVALID_PARAMETER_VALUE_EXCEPTION,
                    "The value for field DashboardName contains invalid characters. It can only contain "
                    "alphanumerics, dash (-) and underscore (_).\n");
    if (wrong.count > 0)
        return refuse_body(call, wrong);
    cloudwatch_put_dashboard_row(call->txn, &(struct cloudwatch_put_dashboard_row_params){
                                                .account = call->account,
                                                .name = in->dashboard_name,
                                                .body = in->dashboard_body,
                                                .changed_ms = call->now_ms,
                                            });
    if (!dashboard->row.id &&
        !cloudwatch_tags_put(call, dashboard->arn, &tags, &CLOUDWATCH_INVALID_PARAMETER_VALUE_EXCEPTION))
        return FAILED;
    list_make_empty(call->arena, &out->dashboard_validation_messages);
    return DONE;
}

/* ---- reading ---- */

enum outcome cloudwatch_get_dashboard(const struct call *call,
                                      const struct cloudwatch_get_dashboard_input *in,
                                      struct cloudwatch_get_dashboard_output *out)
{
    const struct dashboard *dashboard = dashboard_at(call, 0);

    if (!dashboard->row.id)
        return fail(call, &CLOUDWATCH_DASHBOARD_NOT_FOUND_ERROR, "Dashboard %.*s does not exist",
                    STR_ARGS(in->dashboard_name));
    out->dashboard_arn = dashboard->arn;
    out->dashboard_body = dashboard->row.body;
    out->dashboard_name = in->dashboard_name;
    return DONE;
}

enum outcome cloudwatch_list_dashboards(const struct call *call,
                                        const struct cloudwatch_list_dashboards_input *in,
                                        struct cloudwatch_list_dashboards_output *out)
{
    str prefix = str_present(in->dashboard_name_prefix) ? in->dashboard_name_prefix : S("");
    struct page page;

    if (!page_begin(call, in->next_token, PAGE_SIZE, &page))
        return fail(call, &CLOUDWATCH_INVALID_PARAMETER_VALUE_EXCEPTION,
                    "Request parameter NextToken is invalid.");
    struct cloudwatch_list_dashboard_rows_rows rows =
        cloudwatch_list_dashboard_rows(call->txn, &(struct cloudwatch_list_dashboard_rows_params){
                                                      .account = call->account,
                                                      .from = prefix,
                                                      .after = page.after,
                                                      .end = arena_join(call->arena, prefix, S("\xff")),
                                                      .limit = PAGE_SIZE + 1,
                                                  });
    list_make_empty(call->arena, &out->dashboard_entries);
    for (size_t i = 0; i < rows.count && page_takes(&page, rows.items[i].name); i++)
        *list_add(call->arena, &out->dashboard_entries) = (struct cloudwatch_dashboard_entry){
            .dashboard_name = rows.items[i].name,
            .dashboard_arn = arn_of(call, rows.items[i].name),
            .last_modified = arena_i64(call->arena, rows.items[i].changed_ms),
            .size = arena_i64(call->arena, rows.items[i].size),
        };
    out->next_token = page_end(call, &page);
    return DONE;
}

/* ---- deleting ---- */

/* All of them; none when one does not exist: a call that fails changes nothing. */
enum outcome cloudwatch_delete_dashboards(const struct call *call,
                                          const struct cloudwatch_delete_dashboards_input *in,
                                          struct cloudwatch_delete_dashboards_output *out)
{
    (void)out;
    if (in->dashboard_names.count > MOST_DELETED)
        return fail(call, &CLOUDWATCH_INVALID_PARAMETER_VALUE_EXCEPTION,
                    "No more than 100 dashboards can be deleted in one request.");
    for (size_t i = 0; i < in->dashboard_names.count; i++)
        if (!dashboard_at(call, i)->row.id)
            return fail(call, &CLOUDWATCH_DASHBOARD_NOT_FOUND_ERROR,
                        "The specified dashboard does not exist. [%.*s]",
                        STR_ARGS(in->dashboard_names.items[i]));
    for (size_t i = 0; i < in->dashboard_names.count; i++) {
        const struct dashboard *dashboard = dashboard_at(call, i);
        cloudwatch_remove_dashboard(call->txn,
                                    &(struct cloudwatch_remove_dashboard_params){.id = dashboard->row.id});
        tags_remove_all(call, dashboard->arn);
    }
    return DONE;
}
