import { expect, test } from 'vitest';

import { fullestFirst, MOST_PAGES } from '../src/screens/deadletters/triage';

const queue = (name: string, Messages: number) => ({ QueueUrl: `http://h/1/${name}`, Messages });

test('of 10,000 queues the fullest come first, whichever page they are on', async () => {
  const asked: (string | undefined)[] = [];
  const { queues, more } = await fullestFirst(token => {
    asked.push(token);
    const page = Number(token ?? 0);
    const items = Array.from({ length: 1000 }, (_, i) =>
      queue(`q${page}-${i}`, i === 7 ? page + 1 : i === 8 ? 1 : 0),
    );
    return Promise.resolve({ items, next: page < 9 ? String(page + 1) : undefined });
  });
  expect(asked).toEqual([undefined, '1', '2', '3', '4', '5', '6', '7', '8', '9']);
  expect(queues.slice(0, 3).map(({ Messages }) => Messages)).toEqual([10, 9, 8]);
  expect(queues).toHaveLength(20);
  expect(queues.slice(-2).map(({ QueueUrl }) => QueueUrl)).toEqual(['http://h/1/q8-8', 'http://h/1/q9-8']);
  expect(more).toBe(false);
});

test.each([
  [MOST_PAGES, false],
  [MOST_PAGES + 1, true],
])('of %i pages more are left: %s', async (pages, left) => {
  let asked = 0;
  const { queues, more } = await fullestFirst(() => {
    asked++;
    return Promise.resolve({ items: [queue('q', 1)], next: asked < pages ? 'more' : undefined });
  });
  expect([asked, queues.length, more]).toEqual([MOST_PAGES, MOST_PAGES, left]);
});
