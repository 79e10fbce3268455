#include "sns.h"

#include "sns_internal.h"

static const struct door doors[] = {
    {.method = "GET",
     .path = "/SimpleNotificationService-*.pem",
     .answer = sns_signer_show_certificate,
     .flags = DOOR_OPEN | DOOR_ON_WORKER},
    {0},
};

const struct module SNS_MODULE = {
    .service = &SNS_SERVICE, .schema = &SNS_SCHEMA, .doors = doors, .locate_arn = sns_locate_arn};
