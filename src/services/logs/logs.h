#pragma once

/*
 * logs.h: Amazon CloudWatch Logs, as main sees it.
 */
#include "engine/call.h"

extern const struct module LOGS_MODULE;
