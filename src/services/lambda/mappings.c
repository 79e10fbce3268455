/*
 * mappings.c: making, changing, showing and deleting event source mappings.
 *
 * AWS shows each change as one in progress (Creating, Updating, Deleting); here the change is complete when
 * the reply is sent, so only the reply itself has these states.
 */
#include "batches.h"
#include "sources.h"

#include "aws/arn.h"
#include "base/hash.h"
#include "services/tags/tags.h"

enum { MAX_PAGE = 100 };

static str mapping_arn(const struct call *call, const struct lambda_mapping_row *mapping)
{
    return arn_build(call->arena, &(struct arn){.service = S("lambda"),
                                                .region = mapping->region,
                                                .account = mapping->account,
                                                .resource = arena_join(
                                                    call->arena, S("event-source-mapping:"), mapping->uuid)});
}

static str state_of(const struct lambda_mapping_row *mapping)
{
    return mapping->enabled ? S("Enabled") : S("Disabled");
}

static str state_of_update(const struct lambda_mapping_row *before, const struct lambda_mapping_row *after)
{
    if (before->enabled == after->enabled)
        return S("Updating");
    return after->enabled ? S("Enabling") : S("Disabling");
}

struct function_name lambda_mapping_target(const struct lambda_mapping_row *mapping)
{
    return (struct function_name){.account = mapping->account,
                                  .region = mapping->region,
                                  .name = mapping->function_name,
                                  .qualifier = mapping->qualifier};
}

static void describe(const struct call *call, const struct lambda_mapping_row *mapping, str state,
                     struct lambda_event_source_mapping_configuration *out)
{
    struct function_name name = lambda_mapping_target(mapping);

    lambda_mapping_settings_describe(call, mapping, out);
    out->uuid = mapping->uuid;
    out->event_source_arn = mapping->source_arn;
    out->function_arn = lambda_function_arn(call->arena, &name);
    out->last_modified = arena_i64(call->arena, mapping->modified_ms);
    out->last_processing_result = mapping->result;
    out->state = state;
    out->state_transition_reason = mapping->reason;
    out->event_source_mapping_arn = mapping_arn(call, mapping);
}

/* ---- the mapping of a request ---- */

/* A mapping, and the name of its present or future function. */
struct mapping {
    struct lambda_mapping_row row;
    str function_name;
};

static void add_function_arn(const struct call *call, str function, struct context_list *context)
{
    struct function_name name = lambda_function_name_of(call, function);

    name.qualifier = (str){0};
    context_add(call, context, S("lambda:FunctionArn"), lambda_function_arn(call->arena, &name));
}

static void add_context(const struct call *call, const struct resource *resource,
                        struct context_list *context)
{
    const struct mapping *mapping = resource->row;

    add_function_arn(call, mapping->function_name, context);
    tags_in_context(call, mapping_arn(call, &mapping->row), context);
}

/* NULL: it does not exist. */
static struct mapping *locate(const struct call *call, str account, str region, str uuid,
                              struct resource *found)
{
    const struct lambda_find_mapping_params params = {.uuid = uuid, .account = account, .region = region};
    struct mapping *mapping = arena_new(call->arena, struct mapping);

    found->arn =
        mapping_arn(call, &(struct lambda_mapping_row){.uuid = uuid, .account = account, .region = region});
    if (!lambda_find_mapping(call->txn, &params, &mapping->row))
        return NULL;
    mapping->function_name = mapping->row.function_name;
    found->row = mapping;
    found->add_context = add_context;
    return mapping;
}

void lambda_mapping_locate(const struct call *call, str account, str region, str uuid, struct resource *found)
{
    locate(call, account, region, uuid, found);
}

bool lambda_locate_mapping(const struct call *call, str uuid, struct resource *found)
{
    locate(call, call->account, call->region, uuid, found);
    return true;
}

/* The mapping as a resource of the function that it will invoke after the update. */
bool lambda_locate_moved_mapping(const struct call *call,
                                 const struct lambda_update_event_source_mapping_request *in,
                                 struct resource *found)
{
    struct mapping *mapping = locate(call, call->account, call->region, in->uuid, found);

    if (mapping)
        mapping->function_name = in->function_name;
    return true;
}

void lambda_mapped_function(const struct call *call,
                            const struct lambda_create_event_source_mapping_request *in,
                            const struct resource *resource, struct context_list *context)
{
    (void)resource;
    add_function_arn(call, in->function_name, context);
}

/* NULL: it does not exist, and fail() has been called. */
static const struct lambda_mapping_row *mapping_of(const struct call *call)
{
    const struct mapping *mapping = call_resource(call, 0)->row;

    if (mapping)
        return &mapping->row;
    fail(call, &LAMBDA_RESOURCE_NOT_FOUND_EXCEPTION, "The resource you requested does not exist.");
    return NULL;
}

/* ---- the source ---- */

static bool refuse(const struct call *call, const char *sentence)
{
    fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "%s", sentence);
    return false;
}

static bool position_check(const struct call *call, const struct event_source *source,
                           const struct lambda_create_event_source_mapping_request *in)
{
    if (!source->is_stream)
        return (!str_present(in->starting_position) && !in->starting_position_timestamp) ||
               refuse(call, "StartingPosition is not valid for SQS event sources.");
    if (!str_present(in->starting_position))
        return refuse(call, "1 validation error detected: Value null at 'startingPosition' failed to satisfy "
                            "constraint: Member must not be null.");
    if (lambda_event_source_position_of(in->starting_position) != LAMBDA_EVENT_SOURCE_POSITION_AT_TIMESTAMP)
        return !in->starting_position_timestamp ||
               refuse(call, "Timestamp only valid with StartingPosition AT_TIMESTAMP");
    fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "Unsupported starting position for arn type: %.*s",
         STR_ARGS(in->event_source_arn));
    return false;
}

/* AWS has more kinds of sources. */
static bool kind_check(const struct call *call, str source_arn)
{
    static const struct {
        const char *service, *name;
    } others[] = {
        {"kinesis", "Kinesis streams"},
        {"kafka", "Amazon MSK clusters"},
        {"mq", "Amazon MQ brokers"},
        {"rds", "DocumentDB clusters"},
    };
    struct arn arn;

    if (!str_present(source_arn))
        return refuse(call, "Unrecognized event source.");
    if (lambda_event_source_of(source_arn))
        return true;
    arn_parse(source_arn, &arn);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (!str_equal(arn.service, str_of(others[i].service)))
            continue;
        fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
             "Orderly does not support %s as event sources yet (%.*s); see docs/compatibility.md.",
             others[i].name, STR_ARGS(source_arn));
        return false;
    }
    return refuse(call, "Unrecognized event source.");
}

static bool source_check(const struct call *call, const struct lambda_create_event_source_mapping_request *in)
{
    struct arn arn;

    if (!kind_check(call, in->event_source_arn) ||
        !position_check(call, lambda_event_source_of(in->event_source_arn), in))
        return false;
    arn_parse(in->event_source_arn, &arn);
    if (str_equal(arn.region, call->region))
        return true;
    fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
         "The event source %.*s is not in the function's region (%.*s).", STR_ARGS(in->event_source_arn),
         STR_ARGS(call->region));
    return false;
}

static bool source_accepts(const struct call *call, const struct function *function,
                           const struct lambda_mapping_row *mapping)
{
    return lambda_event_source_of(mapping->source_arn)->accepts(call, function, mapping);
}

/* The mapping works from now on, if it is enabled. */
static void begin(const struct call *call, const struct lambda_mapping_row *mapping)
{
    lambda_event_source_of(mapping->source_arn)->begin(call, mapping);
    if (mapping->enabled)
        lambda_poller_begin(call, mapping);
}

/* ---- CreateEventSourceMapping ---- */

/* A mapping shows the qualifier that it was given, but one of $LATEST has the target of one without. */
static str qualifier_or_latest(str qualifier)
{
    return str_present(qualifier) ? qualifier : S("$LATEST");
}

/* The function of a mapping, already authorized.  False: fail() has been called. */
static bool find_function(const struct call *call, str text, struct function *function)
{
    struct function_name name;

    if (!lambda_function_name_open(call, text, (str){0}, &name))
        return false;
    if (str_equal(name.account, call->account) && lambda_version_find(call, &name, function))
        return true;
    fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "Function does not exist");
    return false;
}

static bool check_new(const struct call *call, const struct function *function, str source_arn)
{
    const struct event_source *source = lambda_event_source_of(source_arn);
    struct lambda_find_same_mapping_row same;

    if (!lambda_find_same_mapping(
            call->txn,
            &(struct lambda_find_same_mapping_params){.account = call->account,
                                                      .region = call->region,
                                                      .function_name = function->row.name,
                                                      .qualifier = qualifier_or_latest(function->qualifier),
                                                      .source_arn = source_arn},
            &same))
        return true;
    fail(call, &LAMBDA_RESOURCE_CONFLICT_EXCEPTION,
         "%s (\" %.*s \") and function (\" %.*s \") %s. Please update or delete the existing mapping with "
         "UUID %.*s",
         source->conflict[0], STR_ARGS(source_arn), STR_ARGS(function->row.name), source->conflict[1],
         STR_ARGS(same.uuid));
    return false;
}

static void store_new(const struct call *call, struct lambda_mapping_row *mapping)
{
    mapping->id = lambda_add_mapping(call->txn, mapping);
    begin(call, mapping);
}

enum outcome lambda_create_event_source_mapping(const struct call *call,
                                                const struct lambda_create_event_source_mapping_request *in,
                                                struct lambda_event_source_mapping_configuration *out)
{
    struct function function;

    if (!source_check(call, in) || !find_function(call, in->function_name, &function))
        return FAILED;
    const struct event_source *source = lambda_event_source_of(in->event_source_arn);
    struct lambda_mapping_row mapping = {
        .uuid = random_uuid(call->arena),
        .account = call->account,
        .region = call->region,
        .function_name = function.row.name,
        .qualifier = function.qualifier,
        .source_arn = in->event_source_arn,
        .batch_size = source->default_batch_size,
        .enabled = 1,
        .reason = str_of(source->user_reason),
        .settings = lambda_mapping_settings_new(call, source, in->starting_position),
        .result = source->is_stream ? S("No records processed") : (str){0},
        .modified_ms = call->now_ms,
    };
    if (!lambda_mapping_settings_apply(call, &in->mapping_settings, &mapping) ||
        !source_accepts(call, &function, &mapping) || !check_new(call, &function, in->event_source_arn) ||
        !lambda_resource_tags_put(call, mapping_arn(call, &mapping), &in->tags))
        return FAILED;
    store_new(call, &mapping);
    describe(call, &mapping, mapping.enabled ? S("Creating") : state_of(&mapping), out);
    return DONE;
}

/* ---- other operations ---- */

enum outcome lambda_get_event_source_mapping(const struct call *call,
                                             const struct lambda_get_event_source_mapping_request *in,
                                             struct lambda_event_source_mapping_configuration *out)
{
    const struct lambda_mapping_row *mapping = mapping_of(call);

    (void)in;
    if (!mapping)
        return FAILED;
    describe(call, mapping, state_of(mapping), out);
    return DONE;
}

enum outcome lambda_list_event_source_mappings(const struct call *call,
                                               const struct lambda_list_event_source_mappings_request *in,
                                               struct lambda_list_event_source_mappings_response *out)
{
    struct function_name name = lambda_function_name_of(call, in->function_name);
    struct lambda_mapping_row mapping;
    struct page page;

    if (!lambda_page_open(call, in->marker, in->max_items, MAX_PAGE, &page))
        return FAILED;
    struct lambda_list_mappings_rows rows =
        lambda_list_mappings(call->txn, &(struct lambda_list_mappings_params){
                                            .account = call->account,
                                            .region = call->region,
                                            .after = page.after,
                                            .name = name.name,
                                            .qualifier = name.qualifier,
                                            .source = in->event_source_arn,
                                            .limit = page_rows(&page),
                                        });
    list_make_empty(call->arena, &out->event_source_mappings);
    for (size_t i = 0; i < rows.count && page_takes(&page, rows.items[i].uuid); i++)
        if (lambda_find_mapping(call->txn, &(struct lambda_find_mapping_params){.id = &rows.items[i].id},
                                &mapping))
            describe(call, &mapping, state_of(&mapping), list_add(call->arena, &out->event_source_mappings));
    out->next_marker = page_end(call, &page);
    return DONE;
}

/*
 * The function and the source of an updated mapping.  What a disabled one names may be gone: it is checked
 * when the mapping is enabled.
 */
static bool set_target(const struct call *call, str function_name, struct lambda_mapping_row *mapping)
{
    struct function_name target = lambda_mapping_target(mapping);
    str name = str_present(function_name) ? function_name : lambda_function_arn(call->arena, &target);
    struct function function;

    if (!mapping->enabled && !str_present(function_name))
        return true;
    if (!find_function(call, name, &function) || !source_accepts(call, &function, mapping))
        return false;
    bool moves = !str_equal(function.row.name, mapping->function_name) ||
                 !str_equal(qualifier_or_latest(function.qualifier), qualifier_or_latest(mapping->qualifier));
    if (moves && !check_new(call, &function, mapping->source_arn))
        return false;
    mapping->function_name = function.row.name;
    mapping->qualifier = function.qualifier;
    return true;
}

enum outcome lambda_update_event_source_mapping(const struct call *call,
                                                const struct lambda_update_event_source_mapping_request *in,
                                                struct lambda_event_source_mapping_configuration *out)
{
    const struct lambda_mapping_row *located = mapping_of(call);

    if (!located)
        return FAILED;
    struct lambda_mapping_row mapping = *located;
    if (!lambda_mapping_settings_apply(call, &in->mapping_settings, &mapping) ||
        !set_target(call, in->function_name, &mapping))
        return FAILED;
    mapping.modified_ms = call->now_ms;
    mapping.reason = str_of(lambda_event_source_of(mapping.source_arn)->user_reason);
    lambda_update_mapping(call->txn, &mapping);
    lambda_poller_end(call, &mapping);
    begin(call, &mapping);
    describe(call, &mapping, state_of_update(located, &mapping), out);
    return DONE;
}

enum outcome lambda_delete_event_source_mapping(const struct call *call,
                                                const struct lambda_delete_event_source_mapping_request *in,
                                                struct lambda_event_source_mapping_configuration *out)
{
    const struct lambda_mapping_row *mapping = mapping_of(call);

    (void)in;
    if (!mapping)
        return FAILED;
    lambda_poller_end(call, mapping);
    lambda_event_source_of(mapping->source_arn)->forget(call, mapping);
    lambda_remove_mapping(call->txn, &(struct lambda_remove_mapping_params){.id = mapping->id});
    tags_remove_all(call, mapping_arn(call, mapping));
    describe(call, mapping, S("Deleting"), out);
    return DONE;
}
