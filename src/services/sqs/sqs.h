#pragma once

/*
 * sqs.h: Amazon SQS, as main wires it in.
 */
#include "engine/call.h"

extern const struct module SQS_MODULE;
