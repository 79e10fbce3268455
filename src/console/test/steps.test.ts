import { expect, test } from 'vitest';

import type { Hop } from '../src/api/traces';
import { scaleOf, stepsOf } from '../src/screens/traces/steps';

const hop = (id: string, kind: string, atMs: number, more: Partial<Hop> = {}): Hop => ({
  id,
  parent: null,
  kind,
  atMs,
  durationMs: 0,
  attempt: 0,
  verdict: 'ok',
  resource: 'arn:aws:sqs:us-east-1:1:Q',
  ...more,
});

test('an invocation and its return are one step, with the verdict of the return', () => {
  const steps = stepsOf(
    [
      hop('1', 'invoked', 100),
      hop('2', 'returned', 130, { parent: '1', durationMs: 20, verdict: 'failed', reason: 'no' }),
    ],
    false,
  );
  expect(steps).toHaveLength(1);
  expect(steps[0]).toMatchObject({ beganMs: 110, endedMs: 130, verdict: 'failed', reason: 'no' });
});

test('a return whose invocation is not here stays', () => {
  expect(stepsOf([hop('2', 'returned', 130, { parent: '1' })], false)).toHaveLength(1);
});

test('the compact view counts what is the same', () => {
  const hops = [hop('1', 'put', 1), hop('2', 'put', 2), hop('3', 'put', 3, { verdict: 'denied' })];
  expect(stepsOf(hops, true).map(({ times, verdict }) => [times, verdict])).toEqual([
    [2, 'ok'],
    [1, 'denied'],
  ]);
  expect(stepsOf(hops, false)).toHaveLength(3);
});

test('a long wait is left out of the scale, and a short one is not', () => {
  const steps = stepsOf(
    [hop('1', 'sent', 0), hop('2', 'received', 499), hop('3', 'received', 6499), hop('4', 'deleted', 6998)],
    false,
  );
  expect(steps.map(step => step.gapMs)).toEqual([0, 0, 6000, 0]);
  const at = scaleOf(steps);
  expect([at(0), at(499), at(6499), at(6998)]).toEqual([0, 0.5, 0.5, 1]);
});
