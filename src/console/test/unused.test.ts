import { expect, test } from 'vitest';

import type { LastAccessed, OwnPolicy } from '../src/api/iam';
import { narrowed, unusedOf } from '../src/screens/iam/unused';

const statement = (Action: string | string[], more: object = {}) => ({
  Effect: 'Allow',
  Action,
  Resource: '*',
  ...more,
});

const policy = (...statements: object[]): OwnPolicy => ({
  name: 'P',
  document: JSON.stringify({ Version: '2012-10-17', Statement: statements }),
});

const found = (statements: object[], ...uses: string[]): LastAccessed => ({
  sinceMs: 0,
  partial: false,
  uses: uses.map(action => ({ action, resource: null, lastMs: 1 })),
  statements: statements.map((one, i) => ({ policy: 'P', statement: i + 1, used: true, ...one })),
});

test('a statement is unused as a whole, or some of its actions are', () => {
  const own = policy(
    statement('sqs:*', { Sid: 'Q' }),
    statement(['dynamodb:PutItem', 'dynamodb:GetItem']),
    { Effect: 'Allow', NotAction: 'iam:*', Resource: '*' },
    statement('logs:PutLogEvents'),
  );
  const uses = found([
    { used: false, sid: 'Q', actions: [false] },
    { actions: [true, false] },
    { used: false },
    { actions: [true] },
  ]);
  expect(unusedOf([own], uses).map(({ statement, actions, whole }) => [statement, actions, whole])).toEqual([
    ['1 (Q)', ['sqs:*'], true],
    ['2', ['dynamodb:GetItem'], false],
    ['3', ['all but iam:*'], true],
  ]);
});

test('a managed policy is meant by its ARN, not by its name', () => {
  const managed = { ...policy(statement('sqs:*')), arn: 'arn:aws:iam::aws:policy/P' };
  const uses = found([{ used: false, actions: [false] }]);
  expect(unusedOf([managed], uses)).toEqual([]);
});

test('a narrowed policy keeps what was used, and denials', () => {
  const own = policy(
    statement('sqs:*'),
    statement(['dynamodb:P*', 'dynamodb:GetItem'], { Resource: 'T' }),
    { Effect: 'Deny', Action: 'sns:*', Resource: '*' },
    { Effect: 'Allow', NotAction: 'iam:*', Resource: '*' },
  );
  const uses = found(
    [{ used: false, actions: [false] }, { actions: [true, false] }, {}, {}],
    'dynamodb:PutItem',
    'dynamodb:DeleteItem',
    'sqs:SendMessage',
  );
  uses.statements.splice(2, 1); // denials are not told
  expect(JSON.parse(narrowed(own, uses)!)).toEqual({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: ['dynamodb:PutItem'], Resource: 'T' },
      { Effect: 'Deny', Action: 'sns:*', Resource: '*' },
      { Effect: 'Allow', NotAction: 'iam:*', Resource: '*' },
    ],
  });
});

test('nothing is left of a policy that was never used', () => {
  expect(narrowed(policy(statement('sqs:*')), found([{ used: false, actions: [false] }]))).toBeUndefined();
});
