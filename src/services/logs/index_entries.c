/*
 * index_entries.c: what an index knows of events: the hashes of their indexed fields.
 */
#include "field_indexes.h"

#include <string.h>

/* ---- making entries ---- */

void logs_index_begin(const struct call *call, int64_t group_id, str group_name, struct index_step *step)
{
    struct logs_find_group_params key = {
        .account = call->account, .region = call->region, .name = group_name};
    struct group group = {0};
    struct logs_index_policy_row row;

    *step = (struct index_step){0};
    if (!logs_find_group(call->txn, &key, &group.row) || group.row.id != group_id ||
        !group.row.index_policy || !logs_group_is_standard(&group) ||
        !logs_find_index_policy_by_id(
            call->txn, &(struct logs_find_index_policy_by_id_params){.id = *group.row.index_policy}, &row))
        return;
    struct index_policy policy = logs_index_policy_read(call, &row);
    step->policy.row = row;
    for (size_t i = 0; i < policy.fields.count; i++)
        if (!policy.fields.items[i].ended_ms)
            *list_add(call->arena, &step->policy.fields) = policy.fields.items[i];
    step->found = arena_alloc(call->arena, (step->policy.fields.count + 1) * sizeof *step->found);
    memset(step->found, 0, (step->policy.fields.count + 1) * sizeof *step->found);
}

static void note_found(struct index_found *found, int64_t timestamp_ms)
{
    if (!found->first_ms || timestamp_ms < found->first_ms)
        found->first_ms = timestamp_ms;
    if (timestamp_ms > found->last_ms)
        found->last_ms = timestamp_ms;
}

/* The hashes of the event's fields; returns how many there are. */
static size_t hash_fields(const struct call *call, struct index_step *step,
                          const struct insights_event *event, uint32_t *hashes)
{
    struct arena_mark mark = arena_mark(call->arena);
    struct insights_row row = {.event = event};
    size_t count = 0;

    for (size_t i = 0; i < step->policy.fields.count; i++) {
        str name = step->policy.fields.items[i].name;
        struct insights_value value = logs_insights_field(call->arena, &row, name);
        if (value.kind == INSIGHTS_ABSENT)
            continue;
        hashes[count++] = logs_insights_index_hash(call->arena, name, &value);
        note_found(&step->found[i], event->timestamp_ms);
    }
    arena_rewind(call->arena, mark);
    return count;
}

void logs_index_event(const struct call *call, struct index_step *step, const struct insights_event *event)
{
    if (!step->policy.row.id)
        return;
    uint32_t *hashes = arena_alloc(call->arena, (step->policy.fields.count + 1) * sizeof *hashes);
    size_t count = hash_fields(call, step, event, hashes);
    *list_add(call->arena, &step->entries) =
        (struct logs_add_index_entry_params){.event_id = event->id,
                                             .policy_id = step->policy.row.id,
                                             .size = (int64_t)event->message.size,
                                             .hashes = {(const char *)hashes, count * sizeof *hashes}};
}

void logs_index_store(const struct call *call, int64_t group_id, const struct index_step *step)
{
    for (size_t i = 0; i < step->entries.count; i++)
        logs_add_index_entry(call->txn, &step->entries.items[i]);
    for (size_t i = 0; step->entries.count > 0 && i < step->policy.fields.count; i++) {
        const struct index_found *found = &step->found[i];
        logs_put_found_field(call->txn, &(struct logs_put_found_field_params){
                                            .group_id = group_id,
                                            .name = step->policy.fields.items[i].name,
                                            .scanned_ms = call->now_ms,
                                            .first_ms = found->first_ms ? &found->first_ms : NULL,
                                            .last_ms = found->first_ms ? &found->last_ms : NULL});
    }
}

/* ---- a query's use of them ---- */

/* The events that have this field in their entries, if those are of that policy. */
struct index_range {
    int64_t policy_id, from_id, until_id;
};

struct term_use {
    const struct insights_term *term;
    bool is_default; /* all events are indexed, without entries */
    struct index_ranges {
        struct index_range *items;
        size_t count;
    } ranges;
};

struct index_use {
    struct term_use *items;
    size_t count;
};

static struct term_use use_of(const struct call *call, const struct insights_term *term,
                              const struct index_policies *policies)
{
    struct term_use use = {.term = term, .is_default = logs_index_field_is_default(term->field)};

    for (size_t i = 0; i < policies->count; i++)
        for (size_t j = 0; j < policies->items[i].fields.count; j++) {
            const struct index_field *field = &policies->items[i].fields.items[j];
            if (str_equal(field->name, term->field))
                *list_add(call->arena, &use.ranges) =
                    (struct index_range){policies->items[i].row.id, field->from_id, field->until_id};
        }
    return use;
}

const struct index_use *logs_index_use(const struct call *call, int64_t group_id, str group_name,
                                       bool is_standard, const struct insights_terms *terms, bool *excludes)
{
    struct index_use *use = arena_new(call->arena, struct index_use);
    struct index_policies policies = {0};

    *excludes = false;
    if (terms->count == 0)
        return NULL;
    if (is_standard)
        policies = logs_index_policies_of(call, group_id, group_name);
    for (size_t i = 0; i < terms->count; i++) {
        struct term_use of_term = use_of(call, &terms->items[i], &policies);
        bool is_indexed = of_term.ranges.count > 0 || (is_standard && of_term.is_default);
        *excludes = *excludes || (terms->items[i].required && !is_indexed);
        if (of_term.ranges.count > 0)
            *list_add(call->arena, use) = of_term;
    }
    return use->count > 0 ? use : NULL;
}

static bool has_value(const struct insights_term *term, str hashes)
{
    uint32_t hash;

    for (size_t at = 0; at < hashes.size; at += sizeof hash) {
        memcpy(&hash, hashes.data + at, sizeof hash);
        for (size_t i = 0; i < term->count; i++)
            if (term->hashes[i] == hash)
                return true;
    }
    return false;
}

static bool term_admits(const struct term_use *use, int64_t event_id, const int64_t *policy_id, str hashes)
{
    bool is_indexed = use->is_default, has_entry = false;

    for (size_t i = 0; i < use->ranges.count; i++) {
        const struct index_range *range = &use->ranges.items[i];
        bool is_inside = range->from_id < event_id && event_id <= range->until_id;
        is_indexed = is_indexed || is_inside;
        has_entry = has_entry || (is_inside && policy_id && *policy_id == range->policy_id);
    }
    return (is_indexed || !use->term->required) && (!has_entry || has_value(use->term, hashes));
}

bool logs_index_admits(const struct index_use *use, int64_t event_id, const int64_t *policy_id, str hashes)
{
    for (size_t i = 0; i < use->count; i++)
        if (!term_admits(&use->items[i], event_id, policy_id, hashes))
            return false;
    return true;
}
