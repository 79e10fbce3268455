#pragma once

/*
 * sns.h: Amazon SNS, as main wires it in.
 */
#include "engine/call.h"

extern const struct module SNS_MODULE;
