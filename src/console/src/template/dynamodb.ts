/** Tables in a template. */
import type { Recovery, Table, TableIndex, Tag, Throughput, TimeToLive } from '../api/dynamodb';
import type { References, Value } from './references';
import { tagsOf } from './tags';
import type { Entry, Properties } from './template';

export interface TableFacts {
  table: Table;
  timeToLive: TimeToLive;
  recovery: Recovery;
  /** A text; '' if the table has no policy. */
  policy: string;
  tags: Tag[];
}

export function tableEntry(facts: TableFacts): Entry {
  const { table, timeToLive, recovery, tags } = facts;
  const streams = table.StreamSpecification?.StreamEnabled;
  return {
    type: 'AWS::DynamoDB::Table',
    name: table.TableName,
    known: {
      [table.TableArn]: 'Arn',
      ...(streams && table.LatestStreamArn && { [table.LatestStreamArn]: 'StreamArn' }),
    },
    unsaid: table.ItemCount > 0 ? ['Its items.'] : undefined,
    properties: refer => ({
      TableName: table.TableName,
      AttributeDefinitions: table.AttributeDefinitions.map(({ AttributeName, AttributeType }) => ({
        AttributeName,
        AttributeType,
      })),
      KeySchema: keysOf(table.KeySchema),
      ...capacityOf(table),
      LocalSecondaryIndexes: indexesOf(table.LocalSecondaryIndexes),
      GlobalSecondaryIndexes: indexesOf(table.GlobalSecondaryIndexes, table),
      StreamSpecification: streams
        ? { StreamViewType: table.StreamSpecification!.StreamViewType! }
        : undefined,
      TimeToLiveSpecification:
        timeToLive.AttributeName && timeToLive.TimeToLiveStatus.startsWith('ENABL')
          ? { AttributeName: timeToLive.AttributeName, Enabled: true }
          : undefined,
      PointInTimeRecoverySpecification:
        recovery.PointInTimeRecoveryStatus === 'ENABLED'
          ? {
              PointInTimeRecoveryEnabled: true,
              ...(recovery.RecoveryPeriodInDays && { RecoveryPeriodInDays: recovery.RecoveryPeriodInDays }),
            }
          : undefined,
      TableClass: table.TableClassSummary?.TableClass,
      DeletionProtectionEnabled: table.DeletionProtectionEnabled,
      ResourcePolicy: policyOf(facts.policy, refer),
      Tags: tagsOf(tags),
    }),
  };
}

function keysOf(keys: Table['KeySchema']): Value {
  return keys.map(({ AttributeName, KeyType }) => ({ AttributeName, KeyType }));
}

function isOnDemand(table: Table): boolean {
  return table.BillingModeSummary?.BillingMode === 'PAY_PER_REQUEST';
}

function capacityOf(table: Table): Properties {
  if (!isOnDemand(table))
    return { BillingMode: 'PROVISIONED', ProvisionedThroughput: unitsOf(table.ProvisionedThroughput) };
  const { MaxReadRequestUnits, MaxWriteRequestUnits } = table.OnDemandThroughput ?? {};
  const most = {
    ...(MaxReadRequestUnits && { MaxReadRequestUnits }),
    ...(MaxWriteRequestUnits && { MaxWriteRequestUnits }),
  };
  return {
    BillingMode: 'PAY_PER_REQUEST',
    OnDemandThroughput: Object.keys(most).length > 0 ? most : undefined,
  };
}

function unitsOf(throughput: Throughput | undefined): Value {
  const { ReadCapacityUnits = 1, WriteCapacityUnits = 1 } = throughput ?? {};
  return { ReadCapacityUnits, WriteCapacityUnits };
}

/** `provisioning`: the table of global ones. */
function indexesOf(indexes: TableIndex[] | undefined, provisioning?: Table): Value | undefined {
  return indexes?.map(({ IndexName, KeySchema, Projection, ProvisionedThroughput }) => ({
    IndexName,
    KeySchema: keysOf(KeySchema),
    Projection: {
      ProjectionType: Projection.ProjectionType,
      ...(Projection.NonKeyAttributes && { NonKeyAttributes: Projection.NonKeyAttributes }),
    },
    ...(provisioning &&
      !isOnDemand(provisioning) && { ProvisionedThroughput: unitsOf(ProvisionedThroughput) }),
  }));
}

function policyOf(text: string, refer: References): Value | undefined {
  return text ? { PolicyDocument: refer.parsed(text) } : undefined;
}
