#pragma once

/*
 * sqs.h: Amazon SQS, as main sees it.
 */
#include "engine/call.h"

extern const struct module SQS_MODULE;

struct sqs_options {
    bool waits; /* AWS's minute between two purges of a queue, and before a deleted queue's name is free */
};

/* Call it before the engine starts. */
void sqs_configure(const struct sqs_options *options);
