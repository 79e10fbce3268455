/*
 * describe_alarms.c: alarms and their history, listed.
 */
#include "alarm.h"

#include "engine/page.h"

enum { DEFAULT_RECORDS = 50, MAX_EXAMINED = 5000, ROWS_PER_READ = 100 };

/* Lists without items are told, too. */
static void tell_actions(struct arena *arena, struct cloudwatch_action_settings *actions)
{
    struct str_list *lists[] = {&actions->ok_actions, &actions->alarm_actions,
                                &actions->insufficient_data_actions};

    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (lists[i]->count == 0)
            list_make_empty(arena, lists[i]);
}

static void describe_metric(const struct call *call, const struct cloudwatch_alarm_row *row,
                            struct cloudwatch_metric_alarm *alarm)
{
    *alarm = (struct cloudwatch_metric_alarm){
        .alarm_name = row->name,
        .alarm_arn = cloudwatch_alarm_arn(call->arena, row),
        .alarm_configuration_updated_timestamp = arena_i64(call->arena, row->updated_ms),
        .action_settings = cloudwatch_alarm_actions_of(call->arena, row),
        .alarm_settings = cloudwatch_alarm_settings_of(call->arena, row),
        .state_value = row->state,
        .state_reason = row->reason,
        .state_reason_data = row->reason_data,
        .state_updated_timestamp = arena_i64(call->arena, row->state_ms),
        .state_transitioned_timestamp = arena_i64(call->arena, row->transitioned_ms),
    };
    tell_actions(call->arena, &alarm->action_settings);
    if (alarm->alarm_settings.dimensions.count == 0)
        list_make_empty(call->arena, &alarm->alarm_settings.dimensions);
}

static void describe_composite(const struct call *call, const struct cloudwatch_alarm_row *row,
                               struct cloudwatch_composite_alarm *alarm)
{
    *alarm = (struct cloudwatch_composite_alarm){
        .alarm_name = row->name,
        .alarm_arn = cloudwatch_alarm_arn(call->arena, row),
        .alarm_configuration_updated_timestamp = arena_i64(call->arena, row->updated_ms),
        .action_settings = cloudwatch_alarm_actions_of(call->arena, row),
        .alarm_rule = row->rule,
        .suppressor_settings = cloudwatch_alarm_suppressor_of(call->arena, row),
        .state_value = row->state,
        .state_reason = row->reason,
        .state_reason_data = row->reason_data,
        .state_updated_timestamp = arena_i64(call->arena, row->state_ms),
        .state_transitioned_timestamp = arena_i64(call->arena, row->transitioned_ms),
        .actions_suppressed_by = row->suppressed_by,
    };
    tell_actions(call->arena, &alarm->action_settings);
    if (str_present(row->suppressed_by))
        alarm->actions_suppressed_reason =
            arena_join(call->arena, S("Actions suppressed by "), row->suppressed_by);
}

static void add(const struct call *call, const struct cloudwatch_alarm_row *row,
                struct cloudwatch_describe_alarms_output *out)
{
    if (str_present(row->rule))
        describe_composite(call, row, list_add(call->arena, &out->composite_alarms));
    else
        describe_metric(call, row, list_add(call->arena, &out->metric_alarms));
}

/* Without types, only metric alarms. */
static bool has_type(const struct str_list *types, str type)
{
    return str_is_one_of(type, types->items, types->count) ||
           (types->count == 0 && cloudwatch_alarm_type_of(type) == CLOUDWATCH_ALARM_TYPE_METRIC_ALARM);
}

static bool has_action(const struct str_list *actions, str prefix)
{
    for (size_t i = 0; i < actions->count; i++)
        if (str_starts_with(actions->items[i], prefix))
            return true;
    return false;
}

static bool is_wanted(const struct call *call, const struct cloudwatch_describe_alarms_input *in,
                      const struct cloudwatch_alarm_row *row)
{
    if (!has_type(&in->alarm_types, cloudwatch_alarm_type(row)) ||
        (str_present(in->state_value) && !str_equal(in->state_value, row->state)))
        return false;
    if (!str_present(in->action_prefix))
        return true;
    struct cloudwatch_action_settings actions = cloudwatch_alarm_actions_of(call->arena, row);
    return has_action(&actions.ok_actions, in->action_prefix) ||
           has_action(&actions.alarm_actions, in->action_prefix) ||
           has_action(&actions.insufficient_data_actions, in->action_prefix);
}

static void describe_named(const struct call *call, const struct cloudwatch_describe_alarms_input *in,
                           struct cloudwatch_describe_alarms_output *out)
{
    struct cloudwatch_alarm_row row;

    for (size_t i = 0; i < in->alarm_names.count; i++)
        if (cloudwatch_find_alarm(call->txn,
                                  &(struct cloudwatch_find_alarm_params){.account = call->account,
                                                                         .region = call->region,
                                                                         .name = in->alarm_names.items[i]},
                                  &row) &&
            is_wanted(call, in, &row))
            add(call, &row, out);
}

/* Add the wanted ones of a read; false: the page ends here. */
static bool add_rows(const struct call *call, const struct cloudwatch_describe_alarms_input *in,
                     const struct cloudwatch_alarm_rows *rows, struct page *page,
                     struct cloudwatch_describe_alarms_output *out)
{
    for (size_t i = 0; i < rows->count; i++) {
        if (!is_wanted(call, in, &rows->items[i]))
            continue;
        if (!page_takes(page, rows->items[i].name))
            return false;
        add(call, &rows->items[i], out);
    }
    return true;
}

static void describe_all(const struct call *call, const struct cloudwatch_describe_alarms_input *in,
                         struct page *page, struct cloudwatch_describe_alarms_output *out)
{
    str prefix = str_present(in->alarm_name_prefix) ? in->alarm_name_prefix : S("");
    struct cloudwatch_list_alarms_params params = {
        .account = call->account,
        .region = call->region,
        .from = prefix,
        .after = page->after,
        .end = arena_join(call->arena, prefix, S("\xff")), /* no name has this byte */
        .limit = ROWS_PER_READ,
    };

    for (size_t examined = 0;; examined += ROWS_PER_READ) {
        struct cloudwatch_alarm_rows rows = cloudwatch_list_alarms(call->txn, &params);
        if (!add_rows(call, in, &rows, page, out) || rows.count < ROWS_PER_READ)
            return;
        params.after = rows.items[rows.count - 1].name;
        if (examined >= MAX_EXAMINED || time_is_up(call)) {
            page->last = params.after;
            page->more = true;
            return;
        }
    }
}

/* ---- children and parents ---- */

/* Only what AWS tells of children, and less of parents. */
static void add_briefly(const struct call *call, str name, bool with_state,
                        struct cloudwatch_describe_alarms_output *out)
{
    struct cloudwatch_alarm_row row;

    if (!cloudwatch_alarm_find(call, name, &row))
        return;
    str arn = cloudwatch_alarm_arn(call->arena, &row), state = with_state ? row.state : (str){0};
    const int64_t *updated = with_state ? arena_i64(call->arena, row.state_ms) : NULL;
    if (str_present(row.rule))
        *list_add(call->arena, &out->composite_alarms) = (struct cloudwatch_composite_alarm){
            .alarm_name = name, .alarm_arn = arn, .state_value = state, .state_updated_timestamp = updated};
    else
        *list_add(call->arena, &out->metric_alarms) = (struct cloudwatch_metric_alarm){
            .alarm_name = name, .alarm_arn = arn, .state_value = state, .state_updated_timestamp = updated};
}

static void describe_children(const struct call *call, str parent, struct page *page,
                              struct cloudwatch_describe_alarms_output *out)
{
    struct cloudwatch_alarm_row row = {0};

    cloudwatch_alarm_find(call, parent, &row);
    struct cloudwatch_list_children_rows children =
        cloudwatch_list_children(call->txn, &(struct cloudwatch_list_children_params){.parent = row.id});
    for (size_t i = 0; i < children.count; i++)
        if (str_compare(children.items[i].name, page->after) > 0) {
            if (!page_takes(page, children.items[i].name))
                return;
            add_briefly(call, children.items[i].name, true, out);
        }
}

static void describe_parents(const struct call *call, str child, struct page *page,
                             struct cloudwatch_describe_alarms_output *out)
{
    struct cloudwatch_alarm_row row = {0};

    cloudwatch_alarm_find(call, child, &row);
    struct cloudwatch_list_parents_rows parents =
        cloudwatch_list_parents(call->txn, &(struct cloudwatch_list_parents_params){.child = row.id});
    for (size_t i = 0; i < parents.count; i++)
        if (!parents.items[i].suppresses && str_compare(parents.items[i].name, page->after) > 0) {
            if (!page_takes(page, parents.items[i].name))
                return;
            add_briefly(call, parents.items[i].name, false, out);
        }
}

/* ---- the operation ---- */

static bool combination_check(const struct call *call, const struct cloudwatch_describe_alarms_input *in)
{
    bool children = str_present(in->children_of_alarm_name), parents = str_present(in->parents_of_alarm_name);
    bool others = in->alarm_names.count > 0 || str_present(in->alarm_name_prefix) ||
                  in->alarm_types.count > 0 || str_present(in->state_value) || str_present(in->action_prefix);

    if (in->alarm_names.count > 0 && str_present(in->alarm_name_prefix))
        fail(call, &CLOUDWATCH_VALIDATION_ERROR, "AlarmNamePrefix and AlarmNames are mutually exclusive");
    else if ((children && (parents || others)) || (parents && others))
        fail(call, &CLOUDWATCH_VALIDATION_ERROR, "%s can be specified only with MaxRecords and NextToken",
             children ? "ChildrenOfAlarmName" : "ParentsOfAlarmName");
    else
        return true;
    return false;
}

enum outcome cloudwatch_describe_alarms(const struct call *call,
                                        const struct cloudwatch_describe_alarms_input *in,
                                        struct cloudwatch_describe_alarms_output *out)
{
    struct page page;

    if (!combination_check(call, in))
        return FAILED;
    if (!page_begin(call, in->next_token, in->max_records ? *in->max_records : DEFAULT_RECORDS, &page))
        return fail(call, &CLOUDWATCH_INVALID_NEXT_TOKEN, "Invalid NextToken");
    list_make_empty(call->arena, &out->metric_alarms);
    list_make_empty(call->arena, &out->composite_alarms);
    if (str_present(in->children_of_alarm_name))
        describe_children(call, in->children_of_alarm_name, &page, out);
    else if (str_present(in->parents_of_alarm_name))
        describe_parents(call, in->parents_of_alarm_name, &page, out);
    else if (in->alarm_names.count > 0)
        describe_named(call, in, out);
    else
        describe_all(call, in, &page, out);
    out->next_token = page_end(call, &page);
    return DONE;
}

/* ---- of one metric ---- */

static bool is_about(const struct call *call, const struct cloudwatch_describe_alarms_for_metric_input *in,
                     const struct cloudwatch_alarm_settings *settings)
{
    return str_equal(cloudwatch_dimensions_text(call->arena, &in->dimensions),
                     cloudwatch_dimensions_text(call->arena, &settings->dimensions)) &&
           (!str_present(in->statistic) || str_equal(in->statistic, settings->statistic)) &&
           (!str_present(in->extended_statistic) ||
            str_equal(in->extended_statistic, settings->extended_statistic)) &&
           (!in->period || (settings->period && *in->period == *settings->period)) &&
           (!str_present(in->unit) || str_equal(in->unit, settings->unit));
}

enum outcome
cloudwatch_describe_alarms_for_metric(const struct call *call,
                                      const struct cloudwatch_describe_alarms_for_metric_input *in,
                                      struct cloudwatch_describe_alarms_for_metric_output *out)
{
    struct cloudwatch_alarm_rows rows = cloudwatch_list_alarms_for_metric(
        call->txn, &(struct cloudwatch_list_alarms_for_metric_params){.account = call->account,
                                                                      .region = call->region,
                                                                      .namespace = in->namespace,
                                                                      .metric = in->metric_name});

    list_make_empty(call->arena, &out->metric_alarms);
    for (size_t i = 0; i < rows.count; i++) {
        struct cloudwatch_alarm_settings settings = cloudwatch_alarm_settings_of(call->arena, &rows.items[i]);
        if (is_about(call, in, &settings))
            describe_metric(call, &rows.items[i], list_add(call->arena, &out->metric_alarms));
    }
    return DONE;
}

/* ---- history ---- */

static bool is_wanted_item(const struct cloudwatch_describe_alarm_history_input *in,
                           const struct cloudwatch_history_row *row)
{
    return has_type(&in->alarm_types, row->type) &&
           (!str_present(in->history_item_type) || str_equal(in->history_item_type, row->kind)) &&
           (!in->start_date || row->at_ms >= *in->start_date) &&
           (!in->end_date || row->at_ms < *in->end_date);
}

static bool oldest_first(const struct cloudwatch_describe_alarm_history_input *in)
{
    return cloudwatch_scan_by_of(in->scan_by) == CLOUDWATCH_SCAN_BY_TIMESTAMP_ASCENDING;
}

static struct cloudwatch_history_rows history_before(const struct call *call, str alarm, int64_t before)
{
    if (str_present(alarm))
        return cloudwatch_list_history_of_alarm(
            call->txn, &(struct cloudwatch_list_history_of_alarm_params){.account = call->account,
                                                                         .region = call->region,
                                                                         .alarm = alarm,
                                                                         .before = before,
                                                                         .limit = ROWS_PER_READ});
    return cloudwatch_list_history(
        call->txn,
        &(struct cloudwatch_list_history_params){
            .account = call->account, .region = call->region, .before = before, .limit = ROWS_PER_READ});
}

static struct cloudwatch_history_rows history_after(const struct call *call, str alarm, int64_t after)
{
    if (str_present(alarm))
        return cloudwatch_list_history_of_alarm_forward(
            call->txn, &(struct cloudwatch_list_history_of_alarm_forward_params){.account = call->account,
                                                                                 .region = call->region,
                                                                                 .alarm = alarm,
                                                                                 .after = after,
                                                                                 .limit = ROWS_PER_READ});
    return cloudwatch_list_history_forward(
        call->txn,
        &(struct cloudwatch_list_history_forward_params){
            .account = call->account, .region = call->region, .after = after, .limit = ROWS_PER_READ});
}

/* False: the page ends here. */
static bool add_item(const struct call *call, const struct cloudwatch_history_row *row, struct page *page,
                     struct cloudwatch_describe_alarm_history_output *out)
{
    if (!page_takes(page, arena_decimal(call->arena, row->id)))
        return false;
    *list_add(call->arena, &out->alarm_history_items) = (struct cloudwatch_alarm_history_item){
        .alarm_name = row->alarm,
        .alarm_type = row->type,
        .timestamp = arena_i64(call->arena, row->at_ms),
        .history_item_type = row->kind,
        .history_summary = row->summary,
        .history_data = row->data,
    };
    return true;
}

static void list_history(const struct call *call, const struct cloudwatch_describe_alarm_history_input *in,
                         struct page *page, struct cloudwatch_describe_alarm_history_output *out)
{
    int64_t last = oldest_first(in) ? 0 : INT64_MAX;

    str_to_i64(page->after, &last);
    for (size_t examined = 0;; examined += ROWS_PER_READ) {
        struct cloudwatch_history_rows rows =
            (oldest_first(in) ? history_after : history_before)(call, in->alarm_name, last);
        for (size_t i = 0; i < rows.count; i++)
            if (is_wanted_item(in, &rows.items[i]) && !add_item(call, &rows.items[i], page, out))
                return;
        if (rows.count < ROWS_PER_READ)
            return;
        last = rows.items[rows.count - 1].id;
        if (examined >= MAX_EXAMINED || time_is_up(call)) {
            page->last = arena_decimal(call->arena, last);
            page->more = true;
            return;
        }
    }
}

enum outcome cloudwatch_describe_alarm_history(const struct call *call,
                                               const struct cloudwatch_describe_alarm_history_input *in,
                                               struct cloudwatch_describe_alarm_history_output *out)
{
    struct page page;

    if (!page_begin(call, in->next_token, in->max_records ? *in->max_records : DEFAULT_RECORDS, &page))
        return fail(call, &CLOUDWATCH_INVALID_NEXT_TOKEN, "Invalid NextToken");
    list_make_empty(call->arena, &out->alarm_history_items);
    list_history(call, in, &page, out);
    out->next_token = page_end(call, &page);
    return DONE;
}
