// @vitest-environment happy-dom
import { expect, test } from 'vitest';

import { listOf, parseXml, textOf, toValue } from '../src/api/xml';

test('members are lists, entries are maps, and the rest are structures', () => {
  const xml = parseXml(
    '<R><Topics><member><TopicArn>a</TopicArn></member><member><TopicArn>b</TopicArn></member></Topics>' +
      '<Attributes><entry><key>k</key><value>v &amp; w</value></entry></Attributes><Empty/></R>',
  );
  expect(toValue(xml)).toEqual({
    Topics: [{ TopicArn: 'a' }, { TopicArn: 'b' }],
    Attributes: { k: 'v & w' },
    Empty: '',
  });
  expect(listOf('')).toEqual([]);
});

test('the text of an element is found at any depth', () => {
  expect(textOf(parseXml('<E><Error><Code>C</Code></Error></E>'), 'Code')).toBe('C');
});
