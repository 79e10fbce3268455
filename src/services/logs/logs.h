#pragma once

/*
 * logs.h: Amazon CloudWatch Logs, as main wires it in.
 */
#include "engine/call.h"

extern const struct module LOGS_MODULE;
