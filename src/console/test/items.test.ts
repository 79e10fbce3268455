import { beforeEach, expect, test, vi } from 'vitest';

const json = vi.hoisted(() => vi.fn());
vi.mock('../src/api/client', () => ({ json }));

import type { Item } from '../src/api/attribute_values';
import { changeItem } from '../src/api/items';

const KEYS = ['id', 'at'];
const KEY: Item = { id: { S: 'O1' }, at: { N: '7' } };

/** An item with that many attributes besides its key. */
function itemOf(count: number, value: string): Item {
  return { ...KEY, ...Object.fromEntries(Array.from({ length: count }, (_, i) => [`a${i}`, { S: value }])) };
}

async function sent(before: Item, item: Item) {
  await changeItem('orders', KEYS, before, item);
  expect(json).toHaveBeenCalledOnce();
  const [service, operation, input] = json.mock.calls[0] as [string, string, Record<string, unknown>];
  expect(service).toBe('dynamodb');
  return { operation, input };
}

beforeEach(() => {
  json.mockReset();
});

test('a change sets and removes what differs, if that is as it was', async () => {
  const before = { ...KEY, same: { S: 's' }, changed: { N: '1' }, gone: { BOOL: true } };
  const after = { ...KEY, same: { S: 's' }, changed: { N: '2' }, fresh: { S: 'f' } };
  expect(await sent(before, after)).toEqual({
    operation: 'UpdateItem',
    input: {
      TableName: 'orders',
      Key: KEY,
      UpdateExpression: 'SET #0 = :0, #2 = :2 REMOVE #1',
      ConditionExpression:
        'attribute_exists(#key) AND #0 = :old0 AND #1 = :old1 AND attribute_not_exists(#2)',
      ExpressionAttributeNames: { '#key': 'id', '#0': 'changed', '#1': 'gone', '#2': 'fresh' },
      ExpressionAttributeValues: {
        ':0': { N: '2' },
        ':old0': { N: '1' },
        ':old1': { BOOL: true },
        ':2': { S: 'f' },
      },
    },
  });
});

test('a change of nothing only asks whether the item exists', async () => {
  expect(await sent(KEY, KEY)).toEqual({
    operation: 'UpdateItem',
    input: {
      TableName: 'orders',
      Key: KEY,
      ConditionExpression: 'attribute_exists(#key)',
      ExpressionAttributeNames: { '#key': 'id' },
    },
  });
});

test('a hundred changed attributes are changed one by one', async () => {
  const { operation, input } = await sent(itemOf(100, 'x'), itemOf(100, 'y'));
  expect(operation).toBe('UpdateItem');
  expect(input.UpdateExpression).toMatch(/^SET #0 = :0, .*, #99 = :99$/);
  expect(Object.keys(input.ExpressionAttributeValues as object)).toHaveLength(200);
});

test('one more, and the whole item is replaced if it exists', async () => {
  const item = itemOf(101, 'y');
  expect(await sent(itemOf(101, 'x'), item)).toEqual({
    operation: 'PutItem',
    input: {
      TableName: 'orders',
      Item: item,
      ConditionExpression: 'attribute_exists(#key)',
      ExpressionAttributeNames: { '#key': 'id' },
    },
  });
});
