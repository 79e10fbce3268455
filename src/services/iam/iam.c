#include "services/iam/iam.h"

#include "iam_model.h"
#include "iam_sql.h"
#include "sts_model.h"

const struct module IAM_MODULE = {.service = &IAM_SERVICE, .schema = &IAM_SCHEMA};
const struct module STS_MODULE = {.service = &STS_SERVICE};
