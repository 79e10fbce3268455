#pragma once

/*
 * services.h: the list of all services, for main.
 *
 * To add a service, see CONTRIBUTING.md.
 */
#include "engine/call.h"

/* NULL-terminated. */
extern const struct module *const services[];
