import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { calmly } from '../src/ui/calm';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** Work that takes so long, and how often it has begun and ended. */
function work(milliseconds: number) {
  const seen = { began: 0, ended: 0 };
  const run = async () => {
    seen.began++;
    await new Promise(resolve => setTimeout(resolve, milliseconds));
    seen.ended++;
  };
  return { seen, run };
}

test('many that ask at once are served together, after a moment', async () => {
  const { seen, run } = work(0);
  const calm = calmly(run);
  for (let i = 0; i < 5; i++) calm.ask();
  await vi.advanceTimersByTimeAsync(149);
  expect(seen.began).toBe(0);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(seen).toEqual({ began: 1, ended: 1 });
});

test('what is asked for during the work is done after it, once, and not at once', async () => {
  const { seen, run } = work(1000);
  const calm = calmly(run);
  calm.ask();
  await vi.advanceTimersByTimeAsync(150);
  for (let i = 0; i < 100; i++) {
    calm.ask();
    await vi.advanceTimersByTimeAsync(9);
  }
  expect(seen).toEqual({ began: 1, ended: 0 });
  await vi.advanceTimersByTimeAsync(100 + 8999);
  expect(seen).toEqual({ began: 1, ended: 1 });
  await vi.advanceTimersByTimeAsync(1);
  expect(seen.began).toBe(2);
  await vi.advanceTimersByTimeAsync(100_000);
  expect(seen).toEqual({ began: 2, ended: 2 });
});

test('nothing begins after the end', async () => {
  const { seen, run } = work(10);
  const calm = calmly(run);
  calm.ask();
  calm.stop();
  calm.ask();
  await vi.advanceTimersByTimeAsync(1000);
  expect(seen.began).toBe(0);
});

test('work that is to be done seldom waits from its beginning on', async () => {
  const { seen, run } = work(100);
  const calm = calmly(run, 5000);
  calm.ask();
  await vi.advanceTimersByTimeAsync(150 + 100);
  expect(seen).toEqual({ began: 1, ended: 1 });
  calm.ask();
  await vi.advanceTimersByTimeAsync(5000 - 100 - 1);
  expect(seen.began).toBe(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(seen.began).toBe(2);
});
