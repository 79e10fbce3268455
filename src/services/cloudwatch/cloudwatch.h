#pragma once

/*
 * cloudwatch.h: metrics, those of programs and those that the services count themselves.
 */
#include "engine/call.h"

extern const struct module CLOUDWATCH_MODULE;
