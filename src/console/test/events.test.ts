import { expect, test } from 'vitest';

import { parseEvent } from '../src/api/events';

test('an event has a name and data; a comment is none', () => {
  expect(parseEvent('event: change\ndata: {"service":"sqs"}')).toEqual({
    event: 'change',
    data: { service: 'sqs' },
  });
  expect(parseEvent(': still here')).toBeUndefined();
});
