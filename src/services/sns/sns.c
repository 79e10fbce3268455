#include "sns.h"

#include "sns_internal.h"

const struct module SNS_MODULE = {
    .service = &SNS_SERVICE, .schema = &SNS_SCHEMA, .public_file = sns_signer_public_file};
