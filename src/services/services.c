#include "services/services.h"

#include "services/cloudwatch/cloudwatch.h"
#include "services/dynamodb/dynamodb.h"
#include "services/iam/iam.h"
#include "services/lambda/lambda.h"
#include "services/logs/logs.h"
#include "services/sns/sns.h"
#include "services/sqs/sqs.h"

const struct module *const services[] = {
    &SQS_MODULE,  &SNS_MODULE, &DYNAMODB_MODULE, &LAMBDA_MODULE,          &RUNTIME_MODULE,
    &LOGS_MODULE, &IAM_MODULE, &STS_MODULE,      &DYNAMODBSTREAMS_MODULE, &CLOUDWATCH_MODULE,
    NULL,
};
