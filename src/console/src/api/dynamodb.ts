/** DynamoDB's operations on tables as the console uses them; those on items are in items.ts. */
import type { PageOf } from '../ui/pages';
import { allPages } from '../ui/resource';
import { json } from './client';
import type { AwsError } from './errors';

export type KeyType = 'S' | 'N' | 'B';

export interface KeyElement {
  AttributeName: string;
  KeyType: 'HASH' | 'RANGE';
}

export interface Throughput {
  ReadCapacityUnits: number;
  WriteCapacityUnits: number;
}

export interface Projection {
  ProjectionType: 'ALL' | 'KEYS_ONLY' | 'INCLUDE';
  NonKeyAttributes?: string[];
}

export interface TableIndex {
  IndexName: string;
  IndexArn: string;
  KeySchema: KeyElement[];
  Projection: Projection;
  ItemCount: number;
  IndexSizeBytes: number;
  /** Global ones only. */
  IndexStatus?: string;
  Backfilling?: boolean;
  ProvisionedThroughput?: Throughput;
}

export interface Table {
  TableName: string;
  TableArn: string;
  TableId: string;
  TableStatus: string;
  CreationDateTime: number;
  ItemCount: number;
  TableSizeBytes: number;
  KeySchema: KeyElement[];
  AttributeDefinitions: { AttributeName: string; AttributeType: KeyType }[];
  BillingModeSummary?: { BillingMode: string };
  ProvisionedThroughput?: Throughput;
  OnDemandThroughput?: { MaxReadRequestUnits?: number; MaxWriteRequestUnits?: number };
  TableClassSummary?: { TableClass: string };
  DeletionProtectionEnabled?: boolean;
  GlobalSecondaryIndexes?: TableIndex[];
  LocalSecondaryIndexes?: TableIndex[];
  StreamSpecification?: { StreamEnabled: boolean; StreamViewType?: string };
  LatestStreamArn?: string;
}

/** The rows of a page are described one by one. */
const TABLES_PAGE = 50;

export async function tablesPage(token?: string, signal?: AbortSignal): Promise<PageOf<string>> {
  const page = await json<{ TableNames: string[]; LastEvaluatedTableName?: string }>(
    'dynamodb',
    'ListTables',
    { Limit: TABLES_PAGE, ExclusiveStartTableName: token },
    { signal, quiet: true },
  );
  return { items: page.TableNames, next: page.LastEvaluatedTableName };
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

export async function updateTable(name: string, changes: object): Promise<void> {
  await json('dynamodb', 'UpdateTable', { TableName: name, ...changes });
}

export async function deleteTable(name: string): Promise<void> {
  await json('dynamodb', 'DeleteTable', { TableName: name });
}

export interface TimeToLive {
  TimeToLiveStatus: 'ENABLING' | 'ENABLED' | 'DISABLING' | 'DISABLED';
  AttributeName?: string;
}

export async function describeTimeToLive(name: string, signal?: AbortSignal): Promise<TimeToLive> {
  const { TimeToLiveDescription } = await json<{ TimeToLiveDescription: TimeToLive }>(
    'dynamodb',
    'DescribeTimeToLive',
    { TableName: name },
    { signal, quiet: true },
  );
  return TimeToLiveDescription;
}

export async function updateTimeToLive(name: string, attribute: string, enabled: boolean): Promise<void> {
  await json('dynamodb', 'UpdateTimeToLive', {
    TableName: name,
    TimeToLiveSpecification: { AttributeName: attribute, Enabled: enabled },
  });
}

export interface Recovery {
  PointInTimeRecoveryStatus: 'ENABLED' | 'DISABLED';
  RecoveryPeriodInDays?: number;
  EarliestRestorableDateTime?: number;
  LatestRestorableDateTime?: number;
}

export async function describeRecovery(name: string, signal?: AbortSignal): Promise<Recovery> {
  const { ContinuousBackupsDescription } = await json<{
    ContinuousBackupsDescription: { PointInTimeRecoveryDescription: Recovery };
  }>('dynamodb', 'DescribeContinuousBackups', { TableName: name }, { signal, quiet: true });
  return ContinuousBackupsDescription.PointInTimeRecoveryDescription;
}

export async function updateRecovery(name: string, enabled: boolean, days?: number): Promise<void> {
  await json('dynamodb', 'UpdateContinuousBackups', {
    TableName: name,
    PointInTimeRecoverySpecification: {
      PointInTimeRecoveryEnabled: enabled,
      ...(enabled && days && { RecoveryPeriodInDays: days }),
    },
  });
}

export async function restoreToTime(source: string, target: string, seconds?: number): Promise<void> {
  await json('dynamodb', 'RestoreTableToPointInTime', {
    SourceTableName: source,
    TargetTableName: target,
    ...(seconds === undefined ? { UseLatestRestorableTime: true } : { RestoreDateTime: seconds }),
  });
}

export interface Backup {
  BackupArn: string;
  BackupName: string;
  BackupStatus: string;
  BackupCreationDateTime: number;
  BackupSizeBytes?: number;
}

export async function backupsPage(
  table: string,
  token?: string,
  signal?: AbortSignal,
): Promise<PageOf<Backup>> {
  const page = await json<{ BackupSummaries: Backup[]; LastEvaluatedBackupArn?: string }>(
    'dynamodb',
    'ListBackups',
    { TableName: table, ExclusiveStartBackupArn: token },
    { signal, quiet: true },
  );
  return { items: page.BackupSummaries, next: page.LastEvaluatedBackupArn };
}

export async function createBackup(table: string, name: string): Promise<void> {
  await json('dynamodb', 'CreateBackup', { TableName: table, BackupName: name });
}

export async function deleteBackup(arn: string): Promise<void> {
  await json('dynamodb', 'DeleteBackup', { BackupArn: arn });
}

export async function restoreBackup(arn: string, target: string): Promise<void> {
  await json('dynamodb', 'RestoreTableFromBackup', { BackupArn: arn, TargetTableName: target });
}

/** The policy of a table or stream, '' when it has none. */
export async function resourcePolicy(arn: string, signal?: AbortSignal): Promise<string> {
  try {
    const { Policy } = await json<{ Policy: string }>(
      'dynamodb',
      'GetResourcePolicy',
      { ResourceArn: arn },
      { signal, quiet: true },
    );
    return Policy;
  } catch (error) {
    if ((error as AwsError).code === 'PolicyNotFoundException') return '';
    throw error;
  }
}

export async function putResourcePolicy(arn: string, policy: string): Promise<void> {
  await json('dynamodb', 'PutResourcePolicy', { ResourceArn: arn, Policy: policy });
}

export async function deleteResourcePolicy(arn: string): Promise<void> {
  await json('dynamodb', 'DeleteResourcePolicy', { ResourceArn: arn });
}

export interface Tag {
  Key: string;
  Value: string;
}

export async function listTags(arn: string, signal?: AbortSignal): Promise<Tag[]> {
  return allPages(async token => {
    const page = await json<{ Tags: Tag[]; NextToken?: string }>(
      'dynamodb',
      'ListTagsOfResource',
      { ResourceArn: arn, ...(token && { NextToken: token }) },
      { signal, quiet: true },
    );
    return { items: page.Tags, next: page.NextToken };
  });
}

/** Make the tags those of `wanted`. */
export async function replaceTags(arn: string, before: Tag[], wanted: Tag[]): Promise<void> {
  const gone = before.map(tag => tag.Key).filter(key => !wanted.some(tag => tag.Key === key));
  if (gone.length > 0) await json('dynamodb', 'UntagResource', { ResourceArn: arn, TagKeys: gone });
  if (wanted.length > 0) await json('dynamodb', 'TagResource', { ResourceArn: arn, Tags: wanted });
}
