// window.sdk of the page /sdk.html: the AWS SDK for JavaScript, bundled for browsers.
export * from "@aws-sdk/client-dynamodb";
export * as lambda from "@aws-sdk/client-lambda";
export * as sns from "@aws-sdk/client-sns";
export * as sqs from "@aws-sdk/client-sqs";
