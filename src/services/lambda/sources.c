/*
 * sources.c: the kinds of event sources that mappings know.
 */
#include "sources.h"

#include "aws/arn.h"
#include "engine/count.h"

static const struct event_source *const SOURCES[] = {&LAMBDA_QUEUE_SOURCE, &LAMBDA_STREAM_SOURCE};

const struct event_source *lambda_event_source_of(str source_arn)
{
    struct arn arn;

    arn_parse(source_arn, &arn);
    if (!str_equal(arn.partition, S("aws")))
        return NULL;
    for (size_t i = 0; i < sizeof SOURCES / sizeof *SOURCES; i++)
        if (str_equal(arn.service, str_of(SOURCES[i]->service)))
            return !SOURCES[i]->is_stream || str_find(arn.resource, S("/stream/")) >= 0 ? SOURCES[i] : NULL;
    return NULL;
}

/* Does MetricsConfig ask for EventCount? */
static bool counts_events(const struct lambda_event_source_mapping_configuration *settings)
{
    return settings->metrics_config &&
           str_is_one_of(
               lambda_event_source_mapping_metric_text(LAMBDA_EVENT_SOURCE_MAPPING_METRIC_EVENT_COUNT),
               settings->metrics_config->metrics.items, settings->metrics_config->metrics.count);
}

void lambda_events_count(const struct call *call, const struct lambda_mapping_row *mapping,
                         const struct lambda_event_source_mapping_configuration *settings,
                         enum event_count what, size_t number)
{
    static const struct metric metrics[] = {
        [EVENTS_POLLED] = {"AWS/Lambda", "PolledEventCount", "EventSourceMappingUUID", "Count"},
        [EVENTS_FILTERED_OUT] = {"AWS/Lambda", "FilteredOutEventCount", "EventSourceMappingUUID", "Count"},
        [EVENTS_INVOKED] = {"AWS/Lambda", "InvokedEventCount", "EventSourceMappingUUID", "Count"},
        [EVENTS_FAILED] = {"AWS/Lambda", "FailedInvokeEventCount", "EventSourceMappingUUID", "Count"},
        [EVENTS_DROPPED] = {"AWS/Lambda", "DroppedEventCount", "EventSourceMappingUUID", "Count"},
        [EVENTS_SENT_ON] = {"AWS/Lambda", "OnFailureDestinationDeliveredEventCount", "EventSourceMappingUUID",
                            "Count"},
        [EVENTS_DELETED] = {"AWS/Lambda", "DeletedEventCount", "EventSourceMappingUUID", "Count"},
    };

    if (number > 0 && counts_events(settings))
        count(call, &metrics[what], mapping->uuid, (double)number);
}
