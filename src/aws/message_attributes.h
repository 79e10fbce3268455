#pragma once

/*
 * message_attributes.h: what SQS and SNS say alike about the attributes of messages; each has its own
 * sentences.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
 */
#include "base/str.h"

enum { MESSAGE_ATTRIBUTE_MAX_NAME = 256 };

/* "String", or "String.some label". */
bool message_attribute_is_type(str data_type, str base);
/* Up to 38 digits, between 10^-128 and 10^126 on either side of zero. */
bool message_attribute_is_number(str text);
/* "AWS.…" and "Amazon.…", in any case. */
bool message_attribute_is_reserved(str name);
/* Letters, digits and punctuation of ASCII; 1 to 128 of them. */
bool message_group_is_id(str id);
