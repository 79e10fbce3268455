#include "engine/errors.h"

const struct error SERIALIZATION_EXCEPTION = {
    .name = "SerializationException", .query_code = "SerializationException", .status = 400, .sender = true};

/* https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html: this one is a 404. */
const struct error MALFORMED_QUERY_STRING = {
    .name = "MalformedQueryString", .query_code = "MalformedQueryString", .status = 404, .sender = true};

const struct error MALFORMED_INPUT = {
    .name = "MalformedInput", .query_code = "MalformedInput", .status = 400, .sender = true};

const struct error INVALID_PARAMETER_VALUE = {
    .name = "InvalidParameterValue", .query_code = "InvalidParameterValue", .status = 400, .sender = true};

const struct error UNKNOWN_OPERATION_EXCEPTION = {
    .name = "UnknownOperationException", .query_code = "UnknownOperationException", .status = 400, .sender = true};

const struct error INVALID_ACTION = {
    .name = "InvalidAction", .query_code = "InvalidAction", .status = 400, .sender = true};

const struct error MISSING_ACTION = {
    .name = "MissingAction", .query_code = "MissingAction", .status = 400, .sender = true};

const struct error NOT_IMPLEMENTED = {
    .name = "NotImplemented", .query_code = "NotImplemented", .status = 501};
