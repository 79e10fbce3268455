// @vitest-environment happy-dom
import { expect, test } from 'vitest';

import { link, matchRoute, type Route } from '../src/router';

const route = (path: string): Route => ({ path, title: '', load: () => Promise.reject(new Error()) });

test('a route takes its parameters from the path', () => {
  expect(matchRoute(route('sqs/queues/:queue'), 'sqs/queues/a%2Fb')).toEqual({ queue: 'a/b' });
  expect(matchRoute(route('sqs/queues/:queue'), 'sqs/queues')).toBeUndefined();
  expect(matchRoute(route('sqs/queues'), 'sqs/queues/x')).toBeUndefined();
  expect(matchRoute(route(''), '')).toEqual({});
  expect(matchRoute(route('logs/*'), 'logs/a/b')).toEqual({ rest: 'a/b' });
});

test('what is put into a link is encoded', () => {
  expect(link`logs/${'/aws/lambda/F'}/events`).toBe('logs/%2Faws%2Flambda%2FF/events');
});

test('wrong percent signs in an address are taken as they are', () => {
  expect(matchRoute(route('sqs/queues/:queue'), 'sqs/queues/%E0%A4%A')).toEqual({ queue: '%E0%A4%A' });
  expect(matchRoute(route('logs/*'), 'logs/a%2Fb/%')).toEqual({ rest: 'a/b/%' });
});
