/** What "Scan or query items" asks for: its place in the address, and the request that it becomes. */
import type { Table } from '../../api/dynamodb';
import { valueOf, type AttributeValue, type Type } from '../../api/attribute_values';

export interface Condition {
  operator: string;
  value: string;
  /** The upper bound of "Between". */
  upper: string;
}

export interface Filter extends Condition {
  name: string;
  type: Type;
}

export interface Search {
  mode: 'scan' | 'query';
  /** The index, or '' for the table. */
  index: string;
  partition: string;
  sort: Condition;
  descending: boolean;
  filters: Filter[];
}

/** How an operator's expression is written; %n is the attribute, %v and %u its values. */
interface Operator {
  label: string;
  write: string;
  /** It has no value, two, a list of them, or the name of a type. */
  takes?: 'nothing' | 'two' | 'list' | 'type' | 'number';
}

export const KEY_OPERATORS: Record<string, Operator> = {
  eq: { label: 'Equal to', write: '%n = %v' },
  le: { label: 'Less than or equal to', write: '%n <= %v' },
  lt: { label: 'Less than', write: '%n < %v' },
  ge: { label: 'Greater than or equal to', write: '%n >= %v' },
  gt: { label: 'Greater than', write: '%n > %v' },
  between: { label: 'Between', write: '%n BETWEEN %v AND %u', takes: 'two' },
  begins: { label: 'Begins with', write: 'begins_with(%n, %v)' },
};

export const FILTER_OPERATORS: Record<string, Operator> = {
  eq: KEY_OPERATORS.eq!,
  ne: { label: 'Not equal to', write: '%n <> %v' },
  le: KEY_OPERATORS.le!,
  lt: KEY_OPERATORS.lt!,
  ge: KEY_OPERATORS.ge!,
  gt: KEY_OPERATORS.gt!,
  between: KEY_OPERATORS.between!,
  in: { label: 'In', write: '%n IN (%v)', takes: 'list' },
  exists: { label: 'Exists', write: 'attribute_exists(%n)', takes: 'nothing' },
  absent: { label: 'Not exists', write: 'attribute_not_exists(%n)', takes: 'nothing' },
  contains: { label: 'Contains', write: 'contains(%n, %v)' },
  lacks: { label: 'Not contains', write: 'NOT contains(%n, %v)' },
  begins: KEY_OPERATORS.begins!,
  type: { label: 'Attribute type', write: 'attribute_type(%n, %v)', takes: 'type' },
  size: { label: 'Size equal to', write: 'size(%n) = %v', takes: 'number' },
  smaller: { label: 'Size less than', write: 'size(%n) < %v', takes: 'number' },
  larger: { label: 'Size greater than', write: 'size(%n) > %v', takes: 'number' },
};

export function operatorOptions(operators: Record<string, Operator>) {
  return Object.entries(operators).map(([value, { label }]) => ({ value, label }));
}

export const NO_CONDITION: Condition = { operator: 'eq', value: '', upper: '' };

export function emptySearch(): Search {
  return { mode: 'scan', index: '', partition: '', sort: NO_CONDITION, descending: false, filters: [] };
}

/** The search in an address, and back. */
export function searchOf(params: URLSearchParams): Search {
  try {
    return { ...emptySearch(), ...(JSON.parse(params.get('search') ?? '{}') as Partial<Search>) };
  } catch {
    return emptySearch();
  }
}

export function searchText(search: Search): string {
  return JSON.stringify(search);
}

export interface KeyNames {
  partition: string;
  sort?: string;
}

/** The key of the table or of one of its indexes. */
export function keysOf(table: Table, index = ''): KeyNames {
  const indexes = [...(table.GlobalSecondaryIndexes ?? []), ...(table.LocalSecondaryIndexes ?? [])];
  const schema = indexes.find(one => one.IndexName === index)?.KeySchema ?? table.KeySchema;
  const named = (type: string) => schema.find(key => key.KeyType === type)?.AttributeName;
  return { partition: named('HASH') ?? '', sort: named('RANGE') };
}

export function keyTypeOf(table: Table, attribute: string): Type {
  return (
    table.AttributeDefinitions.find(definition => definition.AttributeName === attribute)?.AttributeType ??
    'S'
  );
}

/** Collects the names and values that expressions refer to. */
class Expressions {
  readonly names: Record<string, string> = {};
  readonly values: Record<string, AttributeValue> = {};

  name(attribute: string): string {
    const placeholder = `#n${Object.keys(this.names).length}`;
    this.names[placeholder] = attribute;
    return placeholder;
  }

  value(value: AttributeValue): string {
    const placeholder = `:v${Object.keys(this.values).length}`;
    this.values[placeholder] = value;
    return placeholder;
  }

  write(operator: Operator, attribute: string, type: Type, { value, upper }: Condition): string {
    const name = this.name(attribute);
    const text = operator.write.replace('%n', name);
    if (operator.takes === 'nothing') return text;
    if (operator.takes === 'type') return text.replace('%v', this.value({ S: value }));
    if (operator.takes === 'number') return text.replace('%v', this.value({ N: value }));
    if (operator.takes === 'list') {
      const places = listParts(value).map(part => this.value(valueOf(type, part)));
      return text.replace('%v', places.join(', '));
    }
    const first = text.replace('%v', this.value(valueOf(type, value)));
    return operator.takes === 'two' ? first.replace('%u', this.value(valueOf(type, upper))) : first;
  }
}

/** The values of "In": separated by commas, or, to have commas in them, a JSON list. */
function listParts(text: string): string[] {
  if (!text.trim().startsWith('[')) return text.split(',').map(part => part.trim());
  const list = JSON.parse(text) as unknown[];
  return list.map(one => (typeof one === 'string' ? one : JSON.stringify(one)));
}

export interface ReadRequest {
  operation: 'Scan' | 'Query';
  input: Record<string, unknown>;
}

/** Throws when a value cannot be of its type. */
export function requestOf(table: Table, search: Search): ReadRequest {
  const expressions = new Expressions();
  const input: Record<string, unknown> = {
    TableName: table.TableName,
    ...(search.index && { IndexName: search.index }),
  };
  if (search.mode === 'query') {
    input.KeyConditionExpression = keyCondition(table, search, expressions);
    if (search.descending) input.ScanIndexForward = false;
  }
  const filters = search.filters
    .filter(filter => filter.name)
    .map(filter => expressions.write(FILTER_OPERATORS[filter.operator]!, filter.name, filter.type, filter));
  if (filters.length > 0) input.FilterExpression = filters.join(' AND ');
  if (Object.keys(expressions.names).length > 0) input.ExpressionAttributeNames = expressions.names;
  if (Object.keys(expressions.values).length > 0) input.ExpressionAttributeValues = expressions.values;
  return { operation: search.mode === 'query' ? 'Query' : 'Scan', input };
}

function keyCondition(table: Table, search: Search, expressions: Expressions): string {
  const keys = keysOf(table, search.index);
  const partition = expressions.write(KEY_OPERATORS.eq!, keys.partition, keyTypeOf(table, keys.partition), {
    ...NO_CONDITION,
    value: search.partition,
  });
  if (!keys.sort || search.sort.value === '') return partition;
  const operator = KEY_OPERATORS[search.sort.operator]!;
  return `${partition} AND ${expressions.write(operator, keys.sort, keyTypeOf(table, keys.sort), search.sort)}`;
}
