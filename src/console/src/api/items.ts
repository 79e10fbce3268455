/** DynamoDB's operations on items as the console uses them. */
import type { Item } from './attribute_values';
import { json } from './client';

export interface ItemPage {
  items: Item[];
  /** The key after which the next page begins, as JSON. */
  next?: string;
  scanned: number;
  units: number;
}

interface ReadOutput {
  Items: Item[];
  ScannedCount: number;
  LastEvaluatedKey?: Item;
  ConsumedCapacity?: { CapacityUnits: number };
}

export async function readItems(
  operation: 'Scan' | 'Query',
  input: object,
  token?: string,
  signal?: AbortSignal,
): Promise<ItemPage> {
  const output = await json<ReadOutput>(
    'dynamodb',
    operation,
    {
      ...input,
      ReturnConsumedCapacity: 'TOTAL',
      ...(token && { ExclusiveStartKey: JSON.parse(token) as Item }),
    },
    { signal },
  );
  return {
    items: output.Items,
    next: output.LastEvaluatedKey && JSON.stringify(output.LastEvaluatedKey),
    scanned: output.ScannedCount,
    units: output.ConsumedCapacity?.CapacityUnits ?? 0,
  };
}

export async function getItem(table: string, key: Item, signal?: AbortSignal): Promise<Item | undefined> {
  const { Item } = await json<{ Item?: Item }>(
    'dynamodb',
    'GetItem',
    { TableName: table, Key: key, ConsistentRead: true },
    { signal, quiet: true },
  );
  return Item;
}

/** Fails when an item with this key exists. */
export async function createItem(table: string, item: Item, partition: string): Promise<void> {
  await json('dynamodb', 'PutItem', { TableName: table, Item: item, ...condition('not_exists', partition) });
}

/** Fails when the item does not exist any more. */
async function replaceItem(table: string, item: Item, partition: string): Promise<void> {
  await json('dynamodb', 'PutItem', { TableName: table, Item: item, ...condition('exists', partition) });
}

const MOST_CHANGES = 100;

/**
 * Write the attributes that differ from `before`, and leave the others as they are by now.  Fails when one that is written has
 * been changed since, or the item deleted.
 */
export async function changeItem(table: string, keys: string[], before: Item, item: Item): Promise<void> {
  const changed = [...new Set([...Object.keys(before), ...Object.keys(item)])].filter(
    name => JSON.stringify(before[name]) !== JSON.stringify(item[name]),
  );
  if (changed.length > MOST_CHANGES) return replaceItem(table, item, keys[0]!);
  const names: Record<string, string> = { '#key': keys[0]! };
  const values: Item = {};
  const sets: string[] = [];
  const removes: string[] = [];
  const conditions = ['attribute_exists(#key)'];
  changed.forEach((name, i) => {
    names[`#${i}`] = name;
    if (item[name]) {
      values[`:${i}`] = item[name];
      sets.push(`#${i} = :${i}`);
    } else removes.push(`#${i}`);
    if (before[name]) {
      values[`:old${i}`] = before[name];
      conditions.push(`#${i} = :old${i}`);
    } else conditions.push(`attribute_not_exists(#${i})`);
  });
  const update = [
    sets.length > 0 ? `SET ${sets.join(', ')}` : '',
    removes.length > 0 ? `REMOVE ${removes.join(', ')}` : '',
  ];
  await json('dynamodb', 'UpdateItem', {
    TableName: table,
    Key: Object.fromEntries(keys.map(name => [name, item[name]!])),
    ...(changed.length > 0 && { UpdateExpression: update.filter(Boolean).join(' ') }),
    ConditionExpression: conditions.join(' AND '),
    ExpressionAttributeNames: names,
    ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
  });
}

/** An item whose key has changed is another item: it is created, and the old one deleted, together or not at all. */
export async function moveItem(table: string, from: Item, item: Item, partition: string): Promise<void> {
  await json('dynamodb', 'TransactWriteItems', {
    TransactItems: [
      { Put: { TableName: table, Item: item, ...condition('not_exists', partition) } },
      { Delete: { TableName: table, Key: from, ...condition('exists', partition) } },
    ],
  });
}

function condition(is: 'exists' | 'not_exists', partition: string) {
  return {
    ConditionExpression: `attribute_${is}(#key)`,
    ExpressionAttributeNames: { '#key': partition },
  };
}

type WriteRequest = { PutRequest: { Item: Item } } | { DeleteRequest: { Key: Item } };

const BATCH = 25;
const PAUSE_MILLISECONDS = 200;

/** Write in batches, with a pause when the table's throughput is exceeded; `done` hears how many have been written so far. */
async function writeAll(
  table: string,
  requests: WriteRequest[],
  done: (count: number) => void,
): Promise<void> {
  let written = 0;
  let waiting = requests;
  while (waiting.length > 0) {
    const batch = waiting.slice(0, BATCH);
    const { UnprocessedItems } = await json<{ UnprocessedItems?: Record<string, WriteRequest[]> }>(
      'dynamodb',
      'BatchWriteItem',
      { RequestItems: { [table]: batch } },
    );
    const again = UnprocessedItems?.[table] ?? [];
    waiting = [...again, ...waiting.slice(BATCH)];
    written += batch.length - again.length;
    done(written);
    if (again.length > 0) await new Promise(resolve => setTimeout(resolve, PAUSE_MILLISECONDS));
  }
}

export async function putItems(table: string, items: Item[], done: (count: number) => void): Promise<void> {
  await writeAll(
    table,
    items.map(item => ({ PutRequest: { Item: item } })),
    done,
  );
}

export async function deleteItems(table: string, keys: Item[], done: (count: number) => void): Promise<void> {
  await writeAll(
    table,
    keys.map(key => ({ DeleteRequest: { Key: key } })),
    done,
  );
}

export interface StatementPage {
  items: Item[];
  next?: string;
}

export async function executeStatement(
  statement: string,
  token?: string,
  signal?: AbortSignal,
): Promise<StatementPage> {
  const { Items, NextToken } = await json<{ Items?: Item[]; NextToken?: string }>(
    'dynamodb',
    'ExecuteStatement',
    { Statement: statement, ...(token && { NextToken: token }) },
    { signal },
  );
  return { items: Items ?? [], next: NextToken };
}
