import { expect, test } from 'vitest';

import { changesOf } from '../src/screens/traces/item_change';

test('a change of an item names each attribute, what changed first', () => {
  const before = { id: { S: 'O1' }, a: { N: '1' }, gone: { BOOL: true } };
  const after = { id: { S: 'O1' }, a: { N: '2' }, fresh: { L: [{ S: 'x' }] } };
  expect(changesOf(before, after)).toEqual([
    { name: 'a', before: '1', after: '2', kind: 'changed' },
    { name: 'fresh', before: undefined, after: '[ "x" ]', kind: 'added' },
    { name: 'gone', before: 'true', after: undefined, kind: 'removed' },
    { name: 'id', before: 'O1', after: 'O1', kind: 'same' },
  ]);
});

test('a type that changes is a change, though the text is the same', () => {
  expect(changesOf({ a: { N: '1' } }, { a: { S: '1' } })).toMatchObject([{ kind: 'changed' }]);
});

test('an item that is new has only added attributes, and one that is deleted only removed ones', () => {
  expect(changesOf(null, { a: { S: 'x' } })).toMatchObject([{ kind: 'added', after: 'x' }]);
  expect(changesOf({ a: { S: 'x' } }, null)).toMatchObject([{ kind: 'removed', before: 'x' }]);
  expect(changesOf(null, null)).toEqual([]);
});
