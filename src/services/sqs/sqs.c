#include "sqs.h"

#include "sqs_model.h"
#include "sqs_sql.h"

const struct module SQS_MODULE = {.service = &SQS_SERVICE, .schema = &SQS_SCHEMA};
