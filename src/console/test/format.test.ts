import { expect, test } from 'vitest';

import { bytes, dateOf, duration, nameOf } from '../src/ui/format';

test('durations have at most two units', () => {
  expect(
    [0, 0.5, 999, 1000, 1500, 59_000, 60_000, 90_000, 3_600_000, 5_400_000, 345_600_000, 1_209_600_000].map(
      duration,
    ),
  ).toEqual([
    '0 s',
    '0.50 ms',
    '999 ms',
    '1 s',
    '1.5 s',
    '59 s',
    '1 min',
    '1 min 30 s',
    '1 h',
    '1 h 30 min',
    '4 d',
    '14 d',
  ]);
});

test('times are seconds, milliseconds or texts', () => {
  const expected = Date.UTC(2026, 10, 28);
  for (const time of [
    expected,
    expected / 1000,
    String(expected),
    String(expected / 1000),
    '2026-11-28T00:00:00Z',
    '2026-11-28T00:00:00.000+0000',
  ])
    expect(dateOf(time).getTime()).toBe(expected);
});

test('sizes and names are short', () => {
  expect([0, 1023, 1024, 1_048_576].map(bytes)).toEqual(['0 bytes', '1023 bytes', '1.00 KB', '1.00 MB']);
  expect(nameOf('arn:aws:sns:us-east-1:1:Topic')).toBe('Topic');
});
