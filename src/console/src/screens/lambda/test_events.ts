/** Test events: templates as AWS's console has them, those that are kept in this browser, and events of real messages. */
import type { Message } from '../../api/sqs';
import { arn, region } from '../../session';

export interface TestEvent {
  name: string;
  body: string;
}

const STORED = 'orderly.lambda.events';

/** Kept for each function, by its ARN. */
export function keptEvents(functionArn: string): TestEvent[] {
  try {
    return JSON.parse(localStorage.getItem(`${STORED}/${functionArn}`) ?? '[]') as TestEvent[];
  } catch {
    return [];
  }
}

export function keepEvent(functionArn: string, event: TestEvent): TestEvent[] {
  return store(functionArn, [...keptEvents(functionArn).filter(one => one.name !== event.name), event]);
}

export function forgetEvent(functionArn: string, name: string): TestEvent[] {
  return store(
    functionArn,
    keptEvents(functionArn).filter(one => one.name !== name),
  );
}

function store(functionArn: string, events: TestEvent[]): TestEvent[] {
  localStorage.setItem(`${STORED}/${functionArn}`, JSON.stringify(events));
  return events;
}

const text = (value: object) => JSON.stringify(value, null, 2);

const ORDER = {
  orderId: 'O1234',
  userId: 'U123',
  itemName: 'Laptop',
  quantity: 1,
  status: 'new',
  timestamp: '2025-05-03T12:00:00Z',
};

function notification(message: string) {
  return {
    Type: 'Notification',
    MessageId: '95df01b4-ee98-5cb9-9903-4c221d41eb5e',
    TopicArn: arn('sns', 'OrderTopic'),
    Message: message,
    Timestamp: '2025-05-03T12:00:00.000Z',
  };
}

function record(body: string) {
  return {
    messageId: '19dd0b57-b21e-4ac1-bd88-01bbb068cb78',
    receiptHandle: 'MessageReceiptHandle',
    body,
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: '1523232000000',
      SenderId: '123456789012',
      ApproximateFirstReceiveTimestamp: '1523232000001',
    },
    messageAttributes: {},
    md5OfBody: '7b270e59b47ff90a553787216d55d91d',
    eventSource: 'aws:sqs',
    eventSourceARN: arn('sqs', 'OrderQueue'),
    awsRegion: region.value,
  };
}

/** Made when they are chosen: they name this account and Region. */
export const TEMPLATES: { id: string; label: string; body: () => string }[] = [
  {
    id: 'hello-world',
    label: 'Hello World',
    body: () => text({ key1: 'value1', key2: 'value2', key3: 'value3' }),
  },
  { id: 'sqs', label: 'SQS', body: () => text({ Records: [record('Hello from SQS!')] }) },
  {
    id: 'sqs-sns-order',
    label: 'SQS: an order that came through SNS',
    body: () => text({ Records: [record(JSON.stringify(notification(JSON.stringify(ORDER))))] }),
  },
  {
    id: 'sns',
    label: 'SNS',
    body: () =>
      text({
        Records: [
          {
            EventSource: 'aws:sns',
            EventVersion: '1.0',
            EventSubscriptionArn: `${arn('sns', 'ExampleTopic')}:2bcfbf39-05c3-41de-beaa-fcfcc21c8f55`,
            Sns: { ...notification('example message'), Subject: 'example subject', MessageAttributes: {} },
          },
        ],
      }),
  },
  { id: 'dynamodb', label: 'DynamoDB stream', body: () => text({ Records: [streamRecord()] }) },
];

function streamRecord() {
  return {
    eventID: 'c4ca4238a0b923820dcc509a6f75849b',
    eventName: 'INSERT',
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: region.value,
    dynamodb: {
      ApproximateCreationDateTime: 1428537600,
      Keys: { orderId: { S: 'O1234' } },
      NewImage: { orderId: { S: 'O1234' }, quantity: { N: '1' } },
      SequenceNumber: '4421584500000000017450439091',
      SizeBytes: 26,
      StreamViewType: 'NEW_AND_OLD_IMAGES',
    },
    eventSourceARN: arn('dynamodb', 'table/Orders/stream/2025-05-03T00:00:00.000'),
  };
}

/* ---- real messages ---- */

/** The event that the function would get with this message, if it were received now for the first time. */
export function eventOfMessage(message: Message, queueArn: string): string {
  const received = {
    ApproximateReceiveCount: String(Number(message.Attributes.ApproximateReceiveCount ?? 0) + 1),
    ApproximateFirstReceiveTimestamp:
      message.Attributes.ApproximateFirstReceiveTimestamp ?? message.Attributes.SentTimestamp,
  };
  return text({
    Records: [
      {
        messageId: message.MessageId,
        receiptHandle: message.ReceiptHandle,
        body: message.Body,
        attributes: { ...message.Attributes, ...received },
        messageAttributes: Object.fromEntries(
          Object.entries(message.MessageAttributes ?? {}).map(([name, value]) => [
            name,
            {
              ...(value.StringValue !== undefined && { stringValue: value.StringValue }),
              ...(value.BinaryValue !== undefined && { binaryValue: value.BinaryValue }),
              stringListValues: [],
              binaryListValues: [],
              dataType: value.DataType,
            },
          ]),
        ),
        md5OfBody: message.MD5OfBody,
        eventSource: 'aws:sqs',
        eventSourceARN: queueArn,
        awsRegion: queueArn.split(':')[3],
      },
    ],
  });
}

/* ---- the log's report ---- */

export interface Report {
  duration?: string;
  billed?: string;
  memorySize?: string;
  memoryUsed?: string;
  initDuration?: string;
}

/** "REPORT RequestId: … Duration: 2.10 ms	Billed Duration: 3 ms …", or the JSON form of it. */
export function reportOf(log: string): Report {
  const line =
    log.split('\n').find(one => one.startsWith('REPORT') || one.includes('"platform.report"')) ?? '';
  if (line.startsWith('{')) return reportOfJson(line);
  const find = (name: string) =>
    new RegExp(`(?:^|\\t)\\s*(?:REPORT.*\\t)?${name}: ([\\d.]+ \\w+)`).exec(line)?.[1];
  return {
    duration: find('Duration'),
    billed: find('Billed Duration'),
    memorySize: find('Memory Size'),
    memoryUsed: find('Max Memory Used'),
    initDuration: find('Init Duration'),
  };
}

function reportOfJson(line: string): Report {
  const { record } = JSON.parse(line) as { record: { metrics: Record<string, number> } };
  const { durationMs, billedDurationMs, memorySizeMB, maxMemoryUsedMB, initDurationMs } = record.metrics;
  const of = (value: number | undefined, unit: string) =>
    value === undefined ? undefined : `${value} ${unit}`;
  return {
    duration: of(durationMs, 'ms'),
    billed: of(billedDurationMs, 'ms'),
    memorySize: of(memorySizeMB, 'MB'),
    memoryUsed: of(maxMemoryUsedMB, 'MB'),
    initDuration: of(initDurationMs, 'ms'),
  };
}

export interface FunctionError {
  errorType?: string;
  errorMessage?: string;
  stack: string[];
}

/** What a failed function answers: {"errorMessage", "errorType", "stackTrace" or "trace"}. */
export function functionErrorOf(payload: string): FunctionError | undefined {
  try {
    const { errorType, errorMessage, stackTrace, trace } = JSON.parse(payload) as Record<string, unknown>;
    const stack = (stackTrace ?? trace ?? []) as string[];
    return { errorType: errorType as string, errorMessage: errorMessage as string, stack };
  } catch {
    return undefined;
  }
}
