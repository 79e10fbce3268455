import { expect, test } from 'vitest';

import { documentText, grantsOf, statementsOf, trustedBy } from '../src/screens/iam/policy_text';
import { jsonMarks } from '../src/ui/json_marks';

test('broken JSON is found by line and column', () => {
  expect(jsonMarks('{"a": 1}')).toEqual([]);
  expect(jsonMarks('{\n  "a": 1,\n  b\n}')).toMatchObject([{ line: 3, column: 3 }]);
  expect(jsonMarks('{"a": ')).toMatchObject([{ line: 1, column: 7 }]);
});

test('a single statement is a list of one, and a text without statements is none', () => {
  expect(statementsOf('{"Statement": {"Effect": "Deny"}}')).toEqual([{ Effect: 'Deny' }]);
  expect(statementsOf('nothing')).toEqual([]);
  expect(statementsOf(undefined)).toEqual([]);
});

test('grants stand by service, whatever the case of its name', () => {
  const document = documentText(
    { Effect: 'Allow', Action: ['sqs:SendMessage', 'SQS:ReceiveMessage', 'dynamodb:*'], Resource: 'r' },
    { Effect: 'Deny', NotAction: 'iam:*', NotResource: 'q', Condition: { Bool: { a: 'true' } } },
  );
  expect(grantsOf([{ name: 'p', document }])).toEqual([
    {
      effect: 'Deny',
      service: '*',
      actions: ['iam:*'],
      except: true,
      resources: ['all but q'],
      conditional: true,
      policy: 'p',
    },
    {
      effect: 'Allow',
      service: 'dynamodb',
      actions: ['*'],
      except: false,
      resources: ['r'],
      conditional: false,
      policy: 'p',
    },
    {
      effect: 'Allow',
      service: 'sqs',
      actions: ['SendMessage', 'ReceiveMessage'],
      except: false,
      resources: ['r'],
      conditional: false,
      policy: 'p',
    },
  ]);
});

test('whom a role trusts is said in words', () => {
  const trust = (Principal: string | Record<string, string | string[]>) =>
    trustedBy(documentText({ Effect: 'Allow', Principal, Action: 'sts:AssumeRole' }));
  expect(trust({ Service: ['lambda.amazonaws.com', 'sns.amazonaws.com'] })).toBe(
    'AWS Service: lambda, AWS Service: sns',
  );
  expect(trust({ AWS: 'arn:aws:iam::481665095854:root' })).toBe('Account: 481665095854');
  expect(trust({ AWS: '481665095854' })).toBe('Account: 481665095854');
  expect(trust('*')).toBe('*');
});
