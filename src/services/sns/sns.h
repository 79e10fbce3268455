#pragma once

/*
 * sns.h: Amazon SNS, as main sees it.
 */
#include "engine/call.h"

extern const struct module SNS_MODULE;
