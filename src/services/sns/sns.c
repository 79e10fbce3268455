#include "sns.h"

#include "push.h"

static const struct door doors[] = {
    {.method = "GET",
     .path = "/SimpleNotificationService-*.pem",
     .answer = sns_signer_show_certificate,
     .flags = DOOR_OPEN | DOOR_ON_WORKER},
    {NULL, "GET", "/_aws/sns/sms-messages", sns_outbox_show_sms, .flags = DOOR_ON_WORKER},
    {NULL, "DELETE", "/_aws/sns/sms-messages", sns_outbox_clear_sms, .flags = DOOR_CHANGES | DOOR_ON_ENGINE},
    {NULL, "GET", "/_aws/sns/platform-endpoint-messages", sns_outbox_show_push, .flags = DOOR_ON_WORKER},
    {NULL, "DELETE", "/_aws/sns/platform-endpoint-messages", sns_outbox_clear_push,
     .flags = DOOR_CHANGES | DOOR_ON_ENGINE},
    {NULL, "POST", "/_aws/sns/phone-opt-outs", sns_outbox_opt_out, .flags = DOOR_CHANGES | DOOR_ON_ENGINE},
    {0},
};

const struct module SNS_MODULE = {.service = &SNS_SERVICE,
                                  .usage = "SNS",
                                  .schema = &SNS_SCHEMA,
                                  .doors = doors,
                                  .locate_arn = sns_locate_arn,
                                  .describe = sns_describe};
