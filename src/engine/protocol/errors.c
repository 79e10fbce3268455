#include "engine/protocol/errors.h"

const struct error SERIALIZATION_EXCEPTION = {.name = "SerializationException",
                                              .prefix = "com.amazon.coral.service#",
                                              .message_name = "Message",
                                              .status = 400,
                                              .sender = true};

/* https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html says 404 for this one. */
const struct error MALFORMED_QUERY_STRING = {.name = "MalformedQueryString", .status = 404, .sender = true};

const struct error MALFORMED_INPUT = {.name = "MalformedInput", .status = 400, .sender = true};

const struct error UNKNOWN_OPERATION_EXCEPTION = {.name = "UnknownOperationException",
                                                  .prefix = "com.amazon.coral.service#",
                                                  .status = 400,
                                                  .sender = true};

const struct error NOTHING_HERE = {.name = "UnknownOperationException",
                                   .query_code = "UnknownOperationException",
                                   .status = 404,
                                   .sender = true};

const struct error NOTHING_OF_RESOURCE = {.name = "UnknownOperationException",
                                          .query_code = "UnknownOperationException",
                                          .status = 404,
                                          .sender = true};

const struct error INVALID_ACTION = {.name = "InvalidAction", .status = 400, .sender = true};

const struct error MISSING_ACTION = {.name = "MissingAction", .status = 400, .sender = true};

/* A client would send a request again that is answered with 501. */
const struct error NOT_IMPLEMENTED = {
    .name = "NotImplemented", .prefix = "com.amazon.coral.service#", .status = 400, .sender = true};

/* Lambda's name for it; API Gateway and other front ends use it, too. */
const struct error REQUEST_TOO_LARGE = {.name = "RequestEntityTooLargeException",
                                        .query_code = "RequestEntityTooLarge",
                                        .status = 413,
                                        .sender = true};

const struct error BODY_NOT_PACKED = {.name = "SerializationException",
                                      .prefix = "com.amazon.coral.service#",
                                      .message_name = "Message",
                                      .status = 400,
                                      .sender = true};
