#pragma once

/*
 * message_attributes.h: the rules for message attributes that SQS and SNS share; each service has its own
 * sentences.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
 */
#include "base/str.h"

enum { MESSAGE_ATTRIBUTE_MAX_NAME = 256 };

/* "String", or "String.some label". */
bool message_attribute_is_type(str data_type, str base);
/* Up to 38 digits, between 10^-128 and 10^126, positive or negative. */
bool message_attribute_is_number(str text);
/* Does the name begin with "AWS." or "Amazon.", in any case? */
bool message_attribute_is_reserved(str name);
/* 1 to 128 ASCII letters, digits and punctuation marks. */
bool message_group_is_id(str id);
