import { expect, test } from 'vitest';

import { changesOf, merged } from '../src/ui/merge';

test('only what was edited is a change', () => {
  const opened = { memory: 128, role: 'r', filters: ['a'] };
  expect(changesOf(opened, { ...opened, memory: 256 })).toEqual({ memory: 256 });
  expect(changesOf(opened, { ...opened, filters: ['a', 'b'] })).toEqual({ filters: ['a', 'b'] });
  expect(changesOf(opened, { ...opened, filters: ['a'] })).toEqual({});
  expect(changesOf<Record<string, string>>({}, { added: '' })).toEqual({ added: '' });
});

test('names that somebody else has added, changed or removed stay so', () => {
  const opened = { kept: '1', mine: '1', dropped: '1', theirs: '1', gone: '1' };
  const edited = { kept: '1', mine: '2', theirs: '1', gone: '1', added: '3' };
  const now = { kept: '1', mine: '1', dropped: '1', theirs: '9', new: '4' };
  expect(merged(opened, edited, now)).toEqual({ kept: '1', mine: '2', theirs: '9', new: '4', added: '3' });
});

test('the last one to change a name wins', () => {
  expect(merged({ a: '1' }, { a: '2' }, { a: '3' })).toEqual({ a: '2' });
  expect(merged({ a: '1' }, {}, { a: '3' })).toEqual({});
});
