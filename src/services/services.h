#pragma once

/*
 * services.h: every service there is, for main to wire in.
 */
#include "engine/call.h"

/* NULL-terminated. */
extern const struct module *const services[];
