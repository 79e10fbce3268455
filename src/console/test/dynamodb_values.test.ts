import { expect, test } from 'vitest';

import { itemOf, newNode, nodesOf, withType } from '../src/screens/dynamodb/item_tree';
import { csv, jsonLines, parseLines } from '../src/screens/dynamodb/lines';
import { fromPlain, textOf, toPlain, valueOf, type Item } from '../src/api/attribute_values';

const ITEM: Item = {
  orderId: { S: 'O1 "x"' },
  total: { N: '12345678901234567890123456789012345.678' },
  paid: { BOOL: true },
  note: { NULL: true },
  photo: { B: 'aGk=' },
  tags: { SS: ['a', 'b'] },
  sizes: { NS: ['1', '2.5'] },
  blobs: { BS: ['aGk='] },
  lines: { L: [{ M: { sku: { S: 's' }, colours: { SS: ['red'] } } }, { L: [] }, { M: {} }] },
};

test('an item that goes through plain JSON is the same item: digits, sets and binary are kept', () => {
  expect(fromPlain(toPlain(ITEM), ITEM)).toEqual(ITEM);
});

test('plain JSON is JSON, with numbers as numbers and sets as lists', () => {
  expect(JSON.parse(toPlain(ITEM))).toMatchObject({
    tags: ['a', 'b'],
    sizes: [1, 2.5],
    note: null,
    paid: true,
  });
});

test('a changed set stays a set, unless its new elements cannot be in one', () => {
  expect(fromPlain('{"tags": ["c"]}', ITEM)).toEqual({ tags: { SS: ['c'] } });
  expect(fromPlain('{"tags": ["c", 1]}', ITEM)).toEqual({ tags: { L: [{ S: 'c' }, { N: '1' }] } });
  expect(fromPlain('{"tags": []}', ITEM)).toEqual({ tags: { L: [] } });
  expect(fromPlain('{"new": ["c"]}', ITEM)).toEqual({ new: { L: [{ S: 'c' }] } });
});

test('numbers in texts are texts, and what is no JSON is refused', () => {
  expect(fromPlain('{"a": "1, -2e5", "b": -2E5}')).toEqual({ a: { S: '1, -2e5' }, b: { N: '-2E5' } });
  expect(() => fromPlain('{"a": 01}')).toThrow();
  expect(() => fromPlain('[1]')).toThrow('An item is a JSON object.');
});

test('an item that goes through the form is the same item', () => {
  expect(itemOf(nodesOf(ITEM))).toEqual(ITEM);
});

test('two attributes of one name are refused', () => {
  expect(() => itemOf([newNode('S', 'a'), newNode('N', 'a')])).toThrow('Two attributes have the name "a".');
});

test('another type keeps what it can', () => {
  const [tags] = nodesOf({ tags: { SS: ['1', '2'] } });
  expect(itemOf([withType(tags!, 'NS')])).toEqual({ tags: { NS: ['1', '2'] } });
  const [total] = nodesOf({ total: { N: '5' } });
  expect(itemOf([withType(total!, 'S')])).toEqual({ total: { S: '5' } });
});

test('JSON lines come back as they went, and plain lines are read, too', () => {
  expect(parseLines(jsonLines([ITEM, ITEM]))).toEqual([ITEM, ITEM]);
  expect(parseLines('{"orderId": {"S": "O2"}}\n\n{"orderId": "O3", "total": 7}')).toEqual([
    { orderId: { S: 'O2' } },
    { orderId: { S: 'O3' }, total: { N: '7' } },
  ]);
  expect(() => parseLines('{}\n{')).toThrow('Line 2: ');
});

test('CSV quotes what has commas, quotes or line ends', () => {
  expect(csv([{ a: { S: 'x,"y"\n' }, b: { L: [{ N: '1' }] } }, { a: { N: '2' } }], ['a', 'b'])).toBe(
    'a,b\r\n"x,""y""\n",[ 1 ]\r\n2,\r\n',
  );
});

test('CSV contains no formula that somebody else has stored, and negative numbers as they are', () => {
  const formulas = ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1'];
  for (const formula of formulas) expect(csv([{ a: { S: formula } }], ['a'])).toMatch(/^a\r\n"?'/);
  expect(csv([{ '=a': { N: '-1.5' } }, { '=a': { S: 'x=1' } }, {}], ['=a'])).toBe(
    "'=a\r\n-1.5\r\nx=1\r\n\r\n",
  );
});

test('a value of a form is read by its type', () => {
  expect(valueOf('N', '7')).toEqual({ N: '7' });
  expect(valueOf('SS', '["a"]')).toEqual({ SS: ['a'] });
  expect(valueOf('NS', '[1.50]')).toEqual({ NS: ['1.50'] });
  expect(valueOf('M', '{"a": [1]}')).toEqual({ M: { a: { L: [{ N: '1' }] } } });
  expect(() => valueOf('M', '[1]')).toThrow('Map');
  expect(textOf({ M: { a: { N: '1' } } })).toBe('{ "a": 1 }');
});
