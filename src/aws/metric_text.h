#pragma once

/*
 * metric_text.h: the texts that name a metric: its namespace, its name, and its dimensions.
 */
#include "base/str.h"

bool metric_text_is_ascii(str text);

/*
 * ASCII without control characters, some of it not a space.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Dimension.html
 */
bool metric_text_is_valid(str text);
/* The same, and it does not begin with a colon. */
bool metric_dimension_name_is_valid(str name);
