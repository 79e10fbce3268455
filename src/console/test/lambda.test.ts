// @vitest-environment happy-dom
import { expect, test } from 'vitest';

import { invitedTopics } from '../src/api/lambda_triggers';
import { neededPolicies, refusedSource, withRight } from '../src/screens/lambda/execution_role';
import { formOf, newForm, settingsOf } from '../src/screens/lambda/mapping_form';
import {
  packageOf,
  pathProblem,
  readZip,
  renamed,
  textOfFile,
  withFile,
  writeZip,
} from '../src/screens/lambda/package';
import { eventOfMessage, functionErrorOf, reportOf } from '../src/screens/lambda/test_events';
import { triggerAdvice } from '../src/screens/lambda/trigger_advice';

const QUEUE = 'arn:aws:sqs:us-east-1:481665095854:OrderQueue';

test('a package keeps its files and their modes through a zip', () => {
  const files = packageOf({ bootstrap: '#!/bin/sh\n', 'lib/a.py': 'x = 1\n' }, ['bootstrap']);
  const read = readZip(writeZip(files));
  expect([...read.keys()]).toEqual(['bootstrap', 'lib/a.py']);
  expect(read.get('bootstrap')!.mode).toBe(0o755);
  expect(read.get('lib/a.py')!.mode).toBe(0o644);
  expect(textOfFile(read.get('lib/a.py')!.bytes)).toBe('x = 1\n');
});

test('an edited and a renamed file keep their modes and places', () => {
  const files = packageOf({ bootstrap: 'a', b: 'b' }, ['bootstrap']);
  expect(withFile(files, 'bootstrap', 'c').get('bootstrap')!.mode).toBe(0o755);
  expect([...renamed(files, 'bootstrap', 'z').keys()]).toEqual(['z', 'b']);
  expect(renamed(files, 'bootstrap', 'z').get('z')!.mode).toBe(0o755);
});

test('a path must be new and within the package', () => {
  const files = packageOf({ 'index.py': '' });
  expect(pathProblem(files, 'lib/orders.py')).toBeUndefined();
  for (const path of ['', '/etc/passwd', '../a', 'a/../b', 'lib/', 'index.py'])
    expect(pathProblem(files, path)).toBeTruthy();
});

test('bytes that are no text are not edited', () => {
  expect(textOfFile(new Uint8Array([0xff, 0xfe]))).toBeUndefined();
  expect(textOfFile(new Uint8Array([65, 0]))).toBeUndefined();
  expect(textOfFile(new TextEncoder().encode('Grüße'))).toBe('Grüße');
});

test('the refusals of AWS tell which rights a trigger needs', () => {
  expect(
    refusedSource('The function execution role does not have permissions to call ReceiveMessage on SQS'),
  ).toBe('queue');
  expect(refusedSource('The queue does not exist.')).toBeUndefined();
  expect(neededPolicies('queue', QUEUE)).toEqual([
    { name: 'SQSDeleteMessagePolicy', action: 'sqs:DeleteMessage', resource: QUEUE },
    { name: 'SQSGetQueueAttributesPolicy', action: 'sqs:GetQueueAttributes', resource: QUEUE },
    { name: 'SQSReceiveMessagePolicy', action: 'sqs:ReceiveMessage', resource: QUEUE },
  ]);
});

test('a right is added to a policy of the same name and takes nothing away', () => {
  const needed = neededPolicies('queue', QUEUE)[0]!;
  const first = withRight(undefined, needed);
  expect(JSON.parse(first)).toEqual({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'sqs:DeleteMessage', Resource: QUEUE }],
  });
  expect(withRight(first, needed)).toBe(first);
  const second = withRight(first, { ...needed, resource: `${QUEUE}2` });
  expect(JSON.parse(second)).toEqual({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'sqs:DeleteMessage', Resource: [QUEUE, `${QUEUE}2`] }],
  });
  const denied = JSON.stringify({
    Statement: { Effect: 'Deny', Action: 'sqs:DeleteMessage', Resource: '*' },
  });
  expect(JSON.parse(withRight(denied, needed)).Statement).toHaveLength(2);
});

test('advice is given on both sides of its bounds', () => {
  const mapping = { BatchSize: 10, FunctionResponseTypes: ['ReportBatchItemFailures'] };
  expect(triggerAdvice(mapping, { visibilitySeconds: 18, maxReceiveCount: 5 }, 3)).toEqual([]);
  expect(triggerAdvice(mapping, { visibilitySeconds: 17, maxReceiveCount: 5 }, 3)).toHaveLength(1);
  expect(triggerAdvice(mapping, { visibilitySeconds: 18, maxReceiveCount: 4 }, 3)).toHaveLength(1);
  expect(triggerAdvice(mapping, { visibilitySeconds: 18 }, 3)).toHaveLength(1);
  expect(triggerAdvice({ BatchSize: 2 }, { visibilitySeconds: 18, maxReceiveCount: 5 }, 3)).toHaveLength(1);
  expect(triggerAdvice({ BatchSize: 1 }, { visibilitySeconds: 18, maxReceiveCount: 5 }, 3)).toEqual([]);
});

test('the settings of a trigger survive its form', () => {
  const settings = {
    BatchSize: 7,
    MaximumBatchingWindowInSeconds: 1,
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    FilterCriteria: { Filters: [{ Pattern: '{"body":["a"]}' }] },
    ScalingConfig: { MaximumConcurrency: 2 },
  };
  const mapping = { ...settings, UUID: 'u', EventSourceArn: QUEUE, FunctionArn: 'f', State: 'Enabled' };
  expect(settingsOf(formOf(mapping), 'sqs', mapping)).toEqual(settings);
  const emptied = { ...newForm('sqs'), batchSize: '7', windowSeconds: '1' };
  expect(settingsOf(emptied, 'sqs', mapping)).toEqual({
    BatchSize: 7,
    MaximumBatchingWindowInSeconds: 1,
    FunctionResponseTypes: [],
    FilterCriteria: { Filters: [] },
    ScalingConfig: { MaximumConcurrency: undefined },
  });
});

test('the topics that may invoke a function stand in its policy', () => {
  const statement = (service: string, source: string) => ({
    Sid: source,
    Principal: { Service: service },
    Condition: { ArnLike: { 'AWS:SourceArn': source } },
  });
  const topic = 'arn:aws:sns:us-east-1:481665095854:OrderTopic';
  const policy = JSON.stringify({
    Statement: [statement('sns.amazonaws.com', topic), statement('s3.amazonaws.com', 'arn:aws:s3:::b')],
  });
  expect(invitedTopics(policy)).toEqual([{ sid: topic, topic }]);
  expect(invitedTopics(undefined)).toEqual([]);
});

test('a real message becomes the event of its first receive', () => {
  const message = {
    MessageId: 'm',
    ReceiptHandle: 'r',
    Body: 'b',
    MD5OfBody: 'd',
    Attributes: { SentTimestamp: '5', SenderId: 's', ApproximateReceiveCount: '0' },
    MessageAttributes: { kind: { DataType: 'String', StringValue: 'new' } },
  };
  expect(JSON.parse(eventOfMessage(message, QUEUE))).toEqual({
    Records: [
      {
        messageId: 'm',
        receiptHandle: 'r',
        body: 'b',
        attributes: {
          SentTimestamp: '5',
          SenderId: 's',
          ApproximateReceiveCount: '1',
          ApproximateFirstReceiveTimestamp: '5',
        },
        messageAttributes: {
          kind: { stringValue: 'new', stringListValues: [], binaryListValues: [], dataType: 'String' },
        },
        md5OfBody: 'd',
        eventSource: 'aws:sqs',
        eventSourceARN: QUEUE,
        awsRegion: 'us-east-1',
      },
    ],
  });
});

test('the report of a log is read in both of its formats', () => {
  const report = {
    duration: '2.10 ms',
    billed: '3 ms',
    memorySize: '128 MB',
    memoryUsed: '21 MB',
    initDuration: '90.5 ms',
  };
  const line =
    'REPORT RequestId: a-b\tDuration: 2.10 ms\tBilled Duration: 3 ms\tMemory Size: 128 MB\t' +
    'Max Memory Used: 21 MB\tInit Duration: 90.5 ms\t\n';
  expect(reportOf(`START RequestId: a-b\n${line}`)).toEqual(report);
  const metrics = {
    durationMs: 2.1,
    billedDurationMs: 3,
    memorySizeMB: 128,
    maxMemoryUsedMB: 21,
    initDurationMs: 90.5,
  };
  expect(reportOf(JSON.stringify({ type: 'platform.report', record: { metrics } }))).toEqual({
    ...report,
    duration: '2.1 ms',
  });
  expect(reportOf('')).toEqual({});
});

test('errors of Python and of Node.js have a stack', () => {
  expect(functionErrorOf('{"errorMessage":"m","errorType":"E","stackTrace":["a"]}')).toEqual({
    errorMessage: 'm',
    errorType: 'E',
    stack: ['a'],
  });
  expect(functionErrorOf('{"errorMessage":"m","errorType":"E","trace":["b"]}')?.stack).toEqual(['b']);
  expect(functionErrorOf('no JSON')).toBeUndefined();
});
