/** DynamoDB's operations as the console uses them. */
import { allPages } from '../ui/resource';
import { json } from './client';

export type KeyType = 'S' | 'N' | 'B';

export interface Table {
  TableName: string;
  TableArn: string;
  TableStatus: string;
  CreationDateTime: number;
  ItemCount: number;
  TableSizeBytes: number;
  KeySchema: { AttributeName: string; KeyType: 'HASH' | 'RANGE' }[];
  AttributeDefinitions: { AttributeName: string; AttributeType: KeyType }[];
  BillingModeSummary?: { BillingMode: string };
}

export async function listTables(signal?: AbortSignal): Promise<string[]> {
  return allPages(async token => {
    const page = await json<{ TableNames: string[]; LastEvaluatedTableName?: string }>(
      'dynamodb',
      'ListTables',
      token ? { ExclusiveStartTableName: token } : {},
      { signal, quiet: true },
    );
    return { items: page.TableNames, next: page.LastEvaluatedTableName };
  });
}

export async function describeTable(name: string, signal?: AbortSignal): Promise<Table> {
  const { Table } = await json<{ Table: Table }>(
    'dynamodb',
    'DescribeTable',
    { TableName: name },
    { signal, quiet: true },
  );
  return Table;
}

export async function createTable(input: object): Promise<Table> {
  const { TableDescription } = await json<{ TableDescription: Table }>('dynamodb', 'CreateTable', input);
  return TableDescription;
}

export async function deleteTable(name: string): Promise<void> {
  await json('dynamodb', 'DeleteTable', { TableName: name });
}
