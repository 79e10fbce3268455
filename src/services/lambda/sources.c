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

void lambda_events_count(const struct call *call, const struct lambda_mapping_row *mapping,
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
    struct lambda_event_source_mapping_configuration settings;

    if (number == 0)
        return;
    lambda_mapping_settings_read(call, mapping, &settings);
    if (lambda_mapping_counts_events(&settings))
        count(call, &metrics[what], mapping->uuid, (double)number);
}
