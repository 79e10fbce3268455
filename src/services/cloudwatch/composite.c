/*
 * composite.c: composite alarms, whose states follow from the states of other alarms.
 *
 * An alarm that changes has the composite alarms that name it evaluated, each by a call of its own.  The call
 * knows the alarms that have changed before it: as on AWS, a cycle ends where it comes back to an alarm.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-combining.html
 */
#include "alarm.h"

#include "alarm_rule.h"
#include "base/time.h"
#include "services/tags/tags.h"
#include "wire/json.h"

#include <string.h>

enum { MOST_PARENTS = 150, MOST_REASON_DATA = 3500 };

/* ---- checking ---- */

static bool refuse(const struct call *call, str sentence)
{
    fail(call, &CLOUDWATCH_VALIDATION_ERROR, "%.*s", STR_ARGS(sentence));
    return false;
}

static int64_t parents_besides(const struct call *call, int64_t child, int64_t but)
{
    struct cloudwatch_count_parents_row row = {0};

    cloudwatch_count_parents(call->txn, &(struct cloudwatch_count_parents_params){.child = child, .but = but},
                             &row);
    return row.parents;
}

struct alarm_ids {
    int64_t *items;
    size_t count;
};

/* The alarms that the rule names are there, and not in too many rules. */
static bool children_check(const struct call *call, const struct str_list *names, int64_t parent,
                           struct alarm_ids *children)
{
    str missing = S("");

    for (size_t i = 0; i < names->count; i++) {
        struct cloudwatch_alarm_row row;
        if (!cloudwatch_alarm_find(call, names->items[i], &row)) {
            missing =
                arena_concat(call->arena, missing, str_empty(missing) ? S("") : S(", "), names->items[i]);
            continue;
        }
        if (parents_besides(call, row.id, parent) >= MOST_PARENTS)
            return refuse(call, arena_concat(call->arena, S("Alarm "), row.name,
                                             S(" is in the rules of 150 composite alarms already.")));
        *list_add(call->arena, children) = row.id;
    }
    return str_empty(missing) ||
           refuse(call, arena_concat(call->arena, S("Could not save the composite alarm as alarms ["),
                                     missing, S("] in the alarm rule do not exist")));
}

static bool suppressor_check(const struct call *call, const struct cloudwatch_suppressor_settings *settings)
{
    const int64_t *wait = settings->actions_suppressor_wait_period,
                  *extension = settings->actions_suppressor_extension_period;
    struct cloudwatch_alarm_row row;

    if (!str_present(settings->actions_suppressor))
        return (!wait && !extension) ||
               refuse(call, S("ActionsSuppressorWaitPeriod and ActionsSuppressorExtensionPeriod are only for "
                              "alarms with an ActionsSuppressor."));
    if (!wait || !extension)
        return refuse(call, S("ActionsSuppressorWaitPeriod and ActionsSuppressorExtensionPeriod are required "
                              "with an ActionsSuppressor."));
    if (*wait < 0 || *extension < 0)
        return refuse(call, S("The periods of an ActionsSuppressor cannot be negative."));
    return cloudwatch_alarm_find(call, settings->actions_suppressor, &row) ||
           refuse(call, arena_concat(call->arena, S("The ActionsSuppressor "), settings->actions_suppressor,
                                     S(" does not exist")));
}

static bool rule_check(const struct call *call, str rule, struct str_list *names)
{
    str problem;

    return cloudwatch_rule_parse(call->arena, rule, names, &problem) ||
           refuse(call, arena_concat(call->arena, S("The AlarmRule is not valid: "), problem));
}

/* ---- putting ---- */

/* A rule may name an alarm by its name and by its ARN: it is one child. */
static void put_child(const struct call *call, int64_t parent, int64_t child, bool suppresses)
{
    cloudwatch_put_child(call->txn, &(struct cloudwatch_put_child_params){
                                        .parent = parent, .child = child, .suppresses = suppresses});
}

static void put_children(const struct call *call, int64_t parent, const struct alarm_ids *children,
                         str suppressor)
{
    struct cloudwatch_alarm_row row;

    cloudwatch_remove_children(call->txn, &(struct cloudwatch_remove_children_params){.parent = parent});
    for (size_t i = 0; i < children->count; i++)
        put_child(call, parent, children->items[i], false);
    if (str_present(suppressor) && cloudwatch_alarm_find(call, suppressor, &row))
        put_child(call, parent, row.id, true);
}

static void evaluate_later(const struct call *call, int64_t id, const struct changed_alarms *changed)
{
    struct cloudwatch_evaluate_composite_input in = {.id = id};

    for (const struct changed_alarms *one = changed; one; one = one->before)
        *list_add(call->arena, &in.path) = one->id;
    spawn(call, &CLOUDWATCH_EVALUATE_COMPOSITE, (str){0}, &in);
}

enum outcome cloudwatch_put_composite_alarm(const struct call *call,
                                            const struct cloudwatch_put_composite_alarm_input *in,
                                            struct cloudwatch_put_composite_alarm_output *out)
{
    struct cloudwatch_put_composite_alarm_input kept = *in;
    struct cloudwatch_alarm_row row = cloudwatch_alarm_new(call, in->alarm_name);
    bool found = cloudwatch_alarm_find(call, in->alarm_name, &row);
    struct alarm_ids children = {0};
    struct str_list names = {0};

    (void)out;
    if (found && !str_present(row.rule))
        return fail(call, &CLOUDWATCH_VALIDATION_ERROR, "A metric alarm with the name %.*s already exists.",
                    STR_ARGS(in->alarm_name));
    if (!cloudwatch_alarm_name_check(call, in->alarm_name) || !rule_check(call, in->alarm_rule, &names) ||
        !children_check(call, &names, row.id, &children) ||
        !suppressor_check(call, &in->suppressor_settings) ||
        !cloudwatch_alarm_actions_check(call, &in->action_settings, true))
        return FAILED;
    kept.tags.count = 0;
    row.settings = model_to_json(call->arena, &CLOUDWATCH_PUT_COMPOSITE_ALARM_INPUT, &kept);
    row.actions_enabled = cloudwatch_actions_enabled(&in->action_settings);
    row.rule = in->alarm_rule;
    row.updated_ms = call->now_ms;
    if (!cloudwatch_alarm_save(call, &row, TAGS_MAP(call->arena, &in->tags)))
        return FAILED;
    put_children(call, row.id, &children, in->suppressor_settings.actions_suppressor);
    evaluate_later(call, row.id, NULL);
    return DONE;
}

/* ---- evaluating ---- */

void cloudwatch_composites_hear(const struct call *call, const struct cloudwatch_alarm_row *row,
                                const struct changed_alarms *before)
{
    struct cloudwatch_list_parents_rows parents =
        cloudwatch_list_parents(call->txn, &(struct cloudwatch_list_parents_params){.child = row->id});
    struct changed_alarms changed = {row->id, before};

    for (size_t i = 0; i < parents.count; i++)
        evaluate_later(call, parents.items[i].id, &changed);
}

static enum cloudwatch_state_value state_of(void *context, str alarm)
{
    struct cloudwatch_alarm_row row;

    return cloudwatch_alarm_find(context, alarm, &row) ? cloudwatch_state_value_of(row.state)
                                                       : CLOUDWATCH_STATE_VALUE_INSUFFICIENT_DATA;
}

/* "Friday 04 August, 2023 12:54:46 UTC" */
static str long_time(struct arena *arena, int64_t ms)
{
    static const char *const days[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                       "Thursday", "Friday", "Saturday"};
    static const char *const months[] = {"January",   "February", "March",    "April",
                                         "May",       "June",     "July",     "August",
                                         "September", "October",  "November", "December"};
    const char *date = time_http_date(arena, ms).data; /* Fri, 04 Aug 2023 12:54:46 GMT */
    const char *day = days[0], *month = months[0];

    for (size_t i = 0; i < sizeof days / sizeof *days; i++)
        if (memcmp(days[i], date, 3) == 0)
            day = days[i];
    for (size_t i = 0; i < sizeof months / sizeof *months; i++)
        if (memcmp(months[i], date + 8, 3) == 0)
            month = months[i];
    return arena_format(arena, "%s %.2s %s, %.13s UTC", day, date + 5, month, date + 12);
}

static void write_trigger(struct json_writer *writer, struct arena *arena,
                          const struct cloudwatch_alarm_row *row)
{
    json_open_object(writer);
    json_field(writer, S("arn"), cloudwatch_alarm_arn(arena, row));
    json_name(writer, S("state"));
    json_open_object(writer);
    json_field(writer, S("value"), row->state);
    json_field(writer, S("timestamp"), cloudwatch_time_text(arena, row->state_ms));
    json_close_object(writer);
    json_close_object(writer);
}

/*
 * The alarm that has changed; of a composite alarm that was put, those of its rule, as far as there is room.
 */
static str reason_data_of(const struct call *call, const struct cloudwatch_alarm_row *row,
                          const struct cloudwatch_alarm_row *cause)
{
    struct cloudwatch_list_children_rows children = cloudwatch_list_children(
        call->txn, &(struct cloudwatch_list_children_params){.parent = cause ? 0 : row->id});
    struct json_writer writer = json_writer_in(call->arena);

    json_open_object(&writer);
    json_name(&writer, S("triggeringAlarms"));
    json_open_array(&writer);
    if (cause)
        write_trigger(&writer, call->arena, cause);
    for (size_t i = 0; i < children.count && json_written(&writer).size < MOST_REASON_DATA; i++) {
        struct cloudwatch_alarm_row child;
        if (cloudwatch_alarm_find(call, children.items[i].name, &child))
            write_trigger(&writer, call->arena, &child);
    }
    json_close_array(&writer);
    json_close_object(&writer);
    return json_written(&writer);
}

static str reason_of(const struct call *call, const struct cloudwatch_alarm_row *row,
                     const struct cloudwatch_alarm_row *cause, enum cloudwatch_state_value value)
{
    const struct cloudwatch_alarm_row *subject = cause ? cause : row;
    str arn = cloudwatch_alarm_arn(call->arena, subject);
    bool created = cloudwatch_state_value_of(row->state) == CLOUDWATCH_STATE_VALUE_INSUFFICIENT_DATA;

    if (cause)
        return arena_concat(call->arena, arn, S(" transitioned to "), cause->state, S(" at "),
                            long_time(call->arena, cause->transitioned_ms));
    return arena_concat(call->arena, arn, created ? S(" was created") : S(" was updated"),
                        S(" and its alarm rule evaluates to "), cloudwatch_state_value_text(value));
}

static void evaluate(const struct call *call, struct cloudwatch_alarm_row *row,
                     const struct changed_alarms *changed)
{
    struct cloudwatch_alarm_row cause_row;
    const struct cloudwatch_alarm_row *cause =
        changed && cloudwatch_alarm_read(call, changed->id, &cause_row) ? &cause_row : NULL;
    struct str_list names = {0};
    str problem;
    const struct alarm_rule *rule = cloudwatch_rule_parse(call->arena, row->rule, &names, &problem);
    enum cloudwatch_state_value value = cloudwatch_rule_holds(rule, state_of, (void *)call)
                                            ? CLOUDWATCH_STATE_VALUE_ALARM
                                            : CLOUDWATCH_STATE_VALUE_OK;
    struct new_state state = {.value = value,
                              .reason = reason_of(call, row, cause, value),
                              .reason_data = reason_data_of(call, row, cause),
                              .changed = changed};

    if (value != cloudwatch_state_value_of(row->state))
        cloudwatch_alarm_change_state(call, row, &state);
    cloudwatch_alarm_suppressor_changed(call, row);
}

enum outcome cloudwatch_evaluate_composite(const struct call *call,
                                           const struct cloudwatch_evaluate_composite_input *in,
                                           struct cloudwatch_evaluate_composite_output *out)
{
    struct changed_alarms *before = NULL;
    struct cloudwatch_alarm_row row;
    struct call there;

    (void)out;
    if (!cloudwatch_alarm_read(call, in->id, &row) || !str_present(row.rule))
        return DONE;
    for (size_t i = in->path.count; i-- > 0;) {
        if (in->path.items[i] == in->id)
            return DONE;
        struct changed_alarms *changed = arena_new(call->arena, struct changed_alarms);
        *changed = (struct changed_alarms){in->path.items[i], before};
        before = changed;
    }
    there = call_in(call, row.account, row.region);
    evaluate(&there, &row, before);
    return DONE;
}

/* ---- deleting ---- */

bool cloudwatch_composites_let_go(const struct call *call, const struct cloudwatch_alarm_row *row,
                                  const struct str_list *deleted)
{
    struct cloudwatch_list_parents_rows parents =
        cloudwatch_list_parents(call->txn, &(struct cloudwatch_list_parents_params){.child = row->id});

    for (size_t i = 0; i < parents.count; i++)
        if (parents.items[i].id == row->id ||
            !str_is_one_of(parents.items[i].name, deleted->items, deleted->count)) {
            fail(call, &CLOUDWATCH_VALIDATION_ERROR,
                 "Cannot delete %.*s as there are composite alarm(s) depending on it.", STR_ARGS(row->name));
            return false;
        }
    return true;
}
