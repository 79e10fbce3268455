#include "services/iam/iam.h"

#include "engine/doors.h"
#include "iam_model.h"
#include "iam_sql.h"
#include "services/iam/iam_internal.h"
#include "sts_model.h"

static const struct door doors[] = {
    {.method = "GET", .path = "/_orderly/iam/explain", .answer = iam_explain_door, .flags = DOOR_ON_WORKER},
    {.method = "GET",
     .path = "/_orderly/iam/last-accessed",
     .answer = iam_last_accessed,
     .flags = DOOR_ON_WORKER},
    {0},
};

const struct module IAM_MODULE = {.service = &IAM_SERVICE,
                                  .usage = "IAM",
                                  .schema = &IAM_SCHEMA,
                                  .start = iam_uses_start,
                                  .doors = doors,
                                  .locate_arn = iam_locate_arn};
const struct module STS_MODULE = {.service = &STS_SERVICE, .usage = "STS"};
