/** The attributes of delivery status logging: a protocol's prefix and a part. */
export const LOGGED_PROTOCOLS: [string, string][] = [
  ['SQS', 'Amazon SQS'],
  ['Lambda', 'AWS Lambda'],
  ['HTTP', 'HTTP/S'],
  ['Application', 'Platform application endpoint'],
  ['Firehose', 'Amazon Data Firehose'],
];

export const LOGGING_PARTS: [string, string][] = [
  ['SuccessFeedbackRoleArn', 'IAM role for successful deliveries'],
  ['SuccessFeedbackSampleRate', 'Success sample rate'],
  ['FailureFeedbackRoleArn', 'IAM role for failed deliveries'],
];
