#pragma once

/*
 * insights_functions.h: the tables of functions, each up to one without a name.  Names are in lower case, and
 * found in any.
 */
#include "insights_program.h"

extern const struct insights_function logs_insights_text_functions[];
extern const struct insights_function logs_insights_time_functions[];
extern const struct insights_function logs_insights_address_functions[];
