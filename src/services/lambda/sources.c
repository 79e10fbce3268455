/*
 * sources.c: the kinds of event sources that mappings know.
 */
#include "lambda_internal.h"

#include "aws/arn.h"

static const struct event_source *const SOURCES[] = {&LAMBDA_QUEUE_SOURCE};

const struct event_source *lambda_event_source_of(str source_arn)
{
    struct arn arn;

    arn_parse(source_arn, &arn);
    if (!str_equal(arn.partition, S("aws")))
        return NULL;
    for (size_t i = 0; i < sizeof SOURCES / sizeof *SOURCES; i++)
        if (str_equal(arn.service, str_of(SOURCES[i]->service)))
            return SOURCES[i];
    return NULL;
}
