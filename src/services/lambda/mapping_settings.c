/*
 * mapping_settings.c: what event source mappings can be set to, checked, stored and described.
 *
 * What every poll needs is columns; the other settings are JSON of EventSourceMappingConfiguration.
 */
#include "sources.h"

enum {
    BATCH_SIZE_WITHOUT_WINDOW = 10,
    MIN_POLLERS = 2,
    DEFAULT_MAX_POLLERS = 200,
    CONCURRENCY_OF_POLLER = 10,
    MIN_RECORD_AGE_SECONDS = 60,
};

static bool refuse(const struct call *call, const char *sentence)
{
    fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "%s", sentence);
    return false;
}

void lambda_mapping_settings_read(const struct call *call, const struct lambda_mapping_row *mapping,
                                  struct lambda_event_source_mapping_configuration *settings)
{
    *settings = (struct lambda_event_source_mapping_configuration){0};
    check(model_from_json(call->arena, &LAMBDA_EVENT_SOURCE_MAPPING_CONFIGURATION, mapping->settings,
                          settings));
}

int64_t lambda_mapping_concurrency(const struct lambda_mapping_row *mapping,
                                   const struct lambda_event_source_mapping_configuration *settings,
                                   int64_t otherwise)
{
    const struct lambda_provisioned_poller_config *pollers = settings->provisioned_poller_config;

    if (mapping->maximum_concurrency)
        return *mapping->maximum_concurrency;
    if (pollers)
        return *pollers->maximum_pollers * CONCURRENCY_OF_POLLER;
    return otherwise;
}

/* ---- checks ---- */

/* Does the source have all settings of the request? */
static bool kind_check(const struct call *call, const struct event_source *source,
                       const struct lambda_mapping_settings *in)
{
    const struct {
        const char *name;
        bool given, is_of_streams;
    } limited[] = {
        {"ScalingConfig", in->scaling_config, false},
        {"ProvisionedPollerConfig", in->provisioned_poller_config, false},
        {"ParallelizationFactor", in->parallelization_factor, true},
        {"DestinationConfig", in->destination_config, true},
        {"MaximumRecordAgeInSeconds", in->maximum_record_age_in_seconds, true},
        {"BisectBatchOnFunctionError", in->bisect_batch_on_function_error, true},
        {"MaximumRetryAttempts", in->maximum_retry_attempts, true},
        {"TumblingWindowInSeconds", in->tumbling_window_in_seconds, true},
    };

    for (size_t i = 0; i < sizeof limited / sizeof *limited; i++) {
        if (!limited[i].given || limited[i].is_of_streams == source->is_stream)
            continue;
        fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
             "Unsupported %s parameter for given event source mapping type.", limited[i].name);
        return false;
    }
    return true;
}

/* A source's records have no destination when all went well. */
static bool destination_check(const struct call *call, const struct lambda_destination_config *in)
{
    return !in || !in->on_success ||
           refuse(call, "Unsupported DestinationConfig parameter for given event source mapping type.");
}

static bool age_check(const struct call *call, const int64_t *seconds)
{
    return !seconds || *seconds < 0 || *seconds >= MIN_RECORD_AGE_SECONDS ||
           refuse(call, "MaximumRecordAgeInSeconds must be -1, or at least 60.");
}

/* The other metrics are Kafka's. */
static bool metrics_check(const struct call *call,
                          const struct lambda_event_source_mapping_metrics_config *in)
{
    for (size_t i = 0; in && i < in->metrics.count; i++)
        if (lambda_event_source_mapping_metric_of(in->metrics.items[i]) !=
            LAMBDA_EVENT_SOURCE_MAPPING_METRIC_EVENT_COUNT)
            return refuse(call, "Unsupported MetricsConfig parameter for given event source mapping type.");
    return true;
}

/* A large batch of messages would wait, and a group of a FIFO queue does not. */
static bool window_check(const struct call *call, const struct event_source *source,
                         const struct lambda_mapping_row *mapping)
{
    if (source->is_stream)
        return true;
    if (mapping->window_seconds > 0 && str_ends_with(mapping->source_arn, S(".fifo")))
        return refuse(call, "Batching window is not supported for FIFO queues");
    return mapping->batch_size <= BATCH_SIZE_WITHOUT_WINDOW || mapping->window_seconds > 0 ||
           refuse(call, "Maximum batch window in seconds must be greater than 0 if maximum batch size is "
                        "greater than 10");
}

static bool pollers_check(const struct call *call, const struct lambda_mapping_row *mapping,
                          const struct lambda_provisioned_poller_config *pollers)
{
    if (!pollers)
        return true;
    if (mapping->maximum_concurrency)
        return refuse(call, "ScalingConfig and ProvisionedPollerConfig cannot be used together.");
    if (*pollers->minimum_pollers < MIN_POLLERS || *pollers->maximum_pollers < MIN_POLLERS)
        return refuse(call, "MinimumPollers and MaximumPollers must be at least 2 for SQS event sources.");
    return *pollers->minimum_pollers <= *pollers->maximum_pollers ||
           refuse(call, "MinimumPollers must be less than or equal to MaximumPollers.");
}

/* ---- applying ---- */

/* NULL when neither number is given: that ends the provisioned mode. */
static const struct lambda_provisioned_poller_config *
pollers_of(const struct call *call, const struct lambda_provisioned_poller_config *in)
{
    struct lambda_provisioned_poller_config *pollers =
        arena_new(call->arena, struct lambda_provisioned_poller_config);

    if (!in->minimum_pollers && !in->maximum_pollers)
        return NULL;
    *pollers = *in;
    if (!pollers->minimum_pollers)
        pollers->minimum_pollers = arena_i64(call->arena, MIN_POLLERS);
    if (!pollers->maximum_pollers)
        pollers->maximum_pollers =
            arena_i64(call->arena, *pollers->minimum_pollers > DEFAULT_MAX_POLLERS ? *pollers->minimum_pollers
                                                                                   : DEFAULT_MAX_POLLERS);
    return pollers;
}

static const struct lambda_destination_config *destination_of(const struct call *call,
                                                              const struct lambda_on_failure *in)
{
    struct lambda_destination_config *config = arena_new(call->arena, struct lambda_destination_config);
    struct lambda_on_failure *failure = arena_new(call->arena, struct lambda_on_failure);

    if (in && !str_empty(in->destination))
        failure->destination = in->destination;
    config->on_failure = failure;
    return config;
}

/* An empty structure, list or text takes a setting away. */
static void keep_settings(const struct call *call, const struct lambda_mapping_settings *in,
                          struct lambda_event_source_mapping_configuration *kept)
{
    if (in->filter_criteria)
        kept->filter_criteria = in->filter_criteria->filters.count > 0 ? in->filter_criteria : NULL;
    if (str_present(in->kms_key_arn))
        kept->kms_key_arn = str_empty(in->kms_key_arn) ? (str){0} : in->kms_key_arn;
    if (in->metrics_config)
        kept->metrics_config = in->metrics_config->metrics.count > 0 ? in->metrics_config : NULL;
    if (in->provisioned_poller_config)
        kept->provisioned_poller_config = pollers_of(call, in->provisioned_poller_config);
    if (in->destination_config)
        kept->destination_config = destination_of(call, in->destination_config->on_failure);
    if (in->parallelization_factor)
        kept->parallelization_factor = in->parallelization_factor;
    if (in->maximum_record_age_in_seconds)
        kept->maximum_record_age_in_seconds = in->maximum_record_age_in_seconds;
    if (in->bisect_batch_on_function_error)
        kept->bisect_batch_on_function_error = in->bisect_batch_on_function_error;
    if (in->maximum_retry_attempts)
        kept->maximum_retry_attempts = in->maximum_retry_attempts;
    if (in->tumbling_window_in_seconds)
        kept->tumbling_window_in_seconds = in->tumbling_window_in_seconds;
}

str lambda_mapping_settings_new(const struct call *call, const struct event_source *source,
                                str starting_position)
{
    struct lambda_event_source_mapping_configuration kept = {0};
    bool *bisects = arena_new(call->arena, bool);

    if (source->is_stream) {
        kept.starting_position = starting_position;
        kept.parallelization_factor = arena_i64(call->arena, 1);
        kept.destination_config = destination_of(call, NULL);
        kept.maximum_record_age_in_seconds = arena_i64(call->arena, -1);
        kept.bisect_batch_on_function_error = bisects;
        kept.maximum_retry_attempts = arena_i64(call->arena, -1);
        kept.tumbling_window_in_seconds = arena_i64(call->arena, 0);
    }
    return model_to_json(call->arena, &LAMBDA_EVENT_SOURCE_MAPPING_CONFIGURATION, &kept);
}

static void set_columns(const struct lambda_mapping_settings *in, struct lambda_mapping_row *mapping)
{
    if (in->batch_size)
        mapping->batch_size = *in->batch_size;
    if (in->maximum_batching_window_in_seconds)
        mapping->window_seconds = *in->maximum_batching_window_in_seconds;
    if (in->scaling_config)
        mapping->maximum_concurrency = in->scaling_config->maximum_concurrency;
    if (in->function_response_types.items)
        mapping->reports_failures = in->function_response_types.count > 0;
    if (in->enabled)
        mapping->enabled = *in->enabled;
}

bool lambda_mapping_settings_apply(const struct call *call, const struct lambda_mapping_settings *in,
                                   struct lambda_mapping_row *mapping)
{
    const struct event_source *source = lambda_event_source_of(mapping->source_arn);
    struct lambda_event_source_mapping_configuration kept;

    check(source);
    lambda_mapping_settings_read(call, mapping, &kept);
    set_columns(in, mapping);
    keep_settings(call, in, &kept);
    mapping->settings = model_to_json(call->arena, &LAMBDA_EVENT_SOURCE_MAPPING_CONFIGURATION, &kept);
    return kind_check(call, source, in) && destination_check(call, in->destination_config) &&
           age_check(call, in->maximum_record_age_in_seconds) && metrics_check(call, in->metrics_config) &&
           (!in->filter_criteria || lambda_filter_check(call, in->filter_criteria)) &&
           window_check(call, source, mapping) &&
           pollers_check(call, mapping, kept.provisioned_poller_config);
}

/* ---- describing ---- */

void lambda_mapping_settings_describe(const struct call *call, const struct lambda_mapping_row *mapping,
                                      struct lambda_event_source_mapping_configuration *out)
{
    lambda_mapping_settings_read(call, mapping, out);
    out->batch_size = arena_i64(call->arena, mapping->batch_size);
    out->maximum_batching_window_in_seconds = arena_i64(call->arena, mapping->window_seconds);
    list_make_empty(call->arena, &out->function_response_types);
    if (mapping->reports_failures)
        *list_add(call->arena, &out->function_response_types) =
            lambda_function_response_type_text(LAMBDA_FUNCTION_RESPONSE_TYPE_REPORT_BATCH_ITEM_FAILURES);
    if (mapping->maximum_concurrency) {
        struct lambda_scaling_config *scaling = arena_new(call->arena, struct lambda_scaling_config);
        scaling->maximum_concurrency = mapping->maximum_concurrency;
        out->scaling_config = scaling;
    }
}
