#pragma once

/*
 * errors.h: the errors that no service's model declares, because AWS's front end answers them
 * before any service is asked.
 */
#include "engine/model.h"

extern const struct error SERIALIZATION_EXCEPTION;     /* a body that cannot be read as the input's shape */
extern const struct error MALFORMED_QUERY_STRING;      /* a form that is none */
extern const struct error MALFORMED_INPUT;             /* a form's value of the wrong type */
extern const struct error UNKNOWN_OPERATION_EXCEPTION; /* AWS has no such operation */
extern const struct error INVALID_ACTION;              /* the same of the Query protocol */
extern const struct error MISSING_ACTION;              /* a form without Action */
extern const struct error NOTHING_HERE;                /* no service answers that path */
extern const struct error REQUEST_TOO_LARGE;           /* its body; to us or, packed, when it is unpacked */
extern const struct error BODY_NOT_PACKED;             /* Content-Encoding says gzip, and it is not */
extern const struct error NOT_IMPLEMENTED;             /* AWS has that operation, we do not */
