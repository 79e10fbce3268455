#pragma once

/*
 * errors.h: the errors that no service's model declares, because AWS's front end sends them before a service
 * sees the request.
 */
#include "engine/model.h"

extern const struct error SERIALIZATION_EXCEPTION;     /* the body does not have the input's shape */
extern const struct error MALFORMED_QUERY_STRING;      /* the form is malformed */
extern const struct error MALFORMED_INPUT;             /* a form's value of the wrong type */
extern const struct error UNKNOWN_OPERATION_EXCEPTION; /* AWS has no such operation */
extern const struct error INVALID_ACTION;              /* the same in the Query protocol */
extern const struct error MISSING_ACTION;              /* a form without Action */
extern const struct error NOTHING_HERE;                /* no service has that path */
extern const struct error NOTHING_OF_RESOURCE;         /* the path of a resource, without Action */
extern const struct error REQUEST_TOO_LARGE;           /* the body is too large, as sent or unpacked */
extern const struct error BODY_NOT_PACKED; /* Content-Encoding says gzip, and the body is not gzip */
extern const struct error NOT_IMPLEMENTED; /* an operation of AWS that Orderly does not have */
