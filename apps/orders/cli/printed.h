#pragma once

/*
 * printed.h: what the function itself printed about a message that it reported as failed; the reason of such
 * a hop ends with it.
 */
#include "wire/json.h"

/* The JSON object that was printed, NULL when the reason has no such object, and the reason without it. */
const struct json *printed_json(struct arena *arena, str reason, str *before);
