#pragma once

/*
 * printed.h: what the function printed about a message that it reported as failed, which is at the end of the
 * hop's reason.
 */
#include "wire/json.h"

/* The printed JSON object, or NULL; *before is the reason without it. */
const struct json *printed_json(struct arena *arena, str reason, str *before);
