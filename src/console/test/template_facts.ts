/** Resources as AWS's API describes them, for tests of templates. */
import type { Table } from '../src/api/dynamodb';
import type { Role } from '../src/api/iam';
import type { FunctionDetails } from '../src/api/lambda';
import type { Mapping } from '../src/api/lambda_triggers';
import { tableEntry } from '../src/template/dynamodb';
import { identityEntry } from '../src/template/iam';
import { functionEntries } from '../src/template/lambda';
import { subscriptionEntry, topicEntries } from '../src/template/sns';
import { queueEntries } from '../src/template/sqs';
import { writeTemplate, type Entry } from '../src/template/template';

const PLACE = { account: '481665095854', region: 'us-east-1' };
export const own = (service: string, rest: string) => `arn:aws:${service}:us-east-1:481665095854:${rest}`;
export const TOPIC = own('sns', 'OrderTopic');
export const QUEUE = own('sqs', 'OrderQueue');
export const DEAD = own('sqs', 'OrderDLQ');
export const TABLE = own('dynamodb', 'table/Orders');
export const FUNCTION = own('lambda', 'function:ProcessOrder');
export const ROLE = 'arn:aws:iam::481665095854:role/service-role/OrderRole';

export const written = (entries: Entry[]) => writeTemplate(entries, PLACE, 'Test', []);
export const resources = (entries: Entry[]) => written(entries).template.Resources;

export function topic(attributes: Record<string, string> = {}): Entry[] {
  return topicEntries({ arn: TOPIC, attributes, tags: [] });
}

export function queue(name: string, attributes: Record<string, string> = {}): Entry[] {
  const url = `http://127.0.0.1:4566/481665095854/${name}`;
  return queueEntries({
    queue: { name, url, attributes: { QueueArn: own('sqs', name), VisibilityTimeout: '30', ...attributes } },
    tags: {},
  });
}

export function subscription(attributes?: Record<string, string>): Entry {
  return subscriptionEntry({
    listed: {
      SubscriptionArn: attributes ? `${TOPIC}:1` : 'PendingConfirmation',
      TopicArn: TOPIC,
      Protocol: 'sqs',
      Endpoint: QUEUE,
      Owner: PLACE.account,
    },
    attributes,
  });
}

export function details(more: object = {}): FunctionDetails {
  return {
    Configuration: {
      FunctionName: 'ProcessOrder',
      FunctionArn: FUNCTION,
      Runtime: 'python3.12',
      Handler: 'index.lambda_handler',
      Role: ROLE,
      Timeout: 3,
      MemorySize: 128,
      CodeSize: 100,
      CodeSha256: '',
      LastModified: '',
      Version: '$LATEST',
      ...more,
    },
    Code: { Location: '' },
  };
}

export function aFunction(more: Partial<Parameters<typeof functionEntries>[0]> = {}): Entry[] {
  return functionEntries({ details: details(), mappings: [], aliases: [], versions: [], ...more });
}

export const MAPPING: Mapping = {
  UUID: '1',
  EventSourceArn: QUEUE,
  FunctionArn: FUNCTION,
  State: 'Enabled',
  BatchSize: 10,
};

export function role(document: object, more: Partial<Role> = {}): Entry {
  return identityEntry({
    kind: 'Role',
    identity: {
      Path: '/service-role/',
      RoleName: 'OrderRole',
      RoleId: '',
      Arn: ROLE,
      CreateDate: '',
      MaxSessionDuration: '3600',
      AssumeRolePolicyDocument: encodeURIComponent(
        '{"Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}',
      ),
      ...more,
    },
    inline: [{ name: 'Orders', document: JSON.stringify(document) }],
    attached: ['arn:aws:iam::aws:policy/AmazonSQSFullAccess'],
    tags: [],
  });
}

const TABLE_FACTS: Table = {
  TableName: 'Orders',
  TableArn: TABLE,
  TableId: '',
  TableStatus: 'ACTIVE',
  CreationDateTime: 0,
  ItemCount: 0,
  TableSizeBytes: 0,
  KeySchema: [{ AttributeName: 'orderId', KeyType: 'HASH' }],
  AttributeDefinitions: [{ AttributeName: 'orderId', AttributeType: 'S' }],
  BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
};

export function table(more: Partial<Table> = {}, facts: object = {}): Entry {
  return tableEntry({
    table: { ...TABLE_FACTS, ...more },
    timeToLive: { TimeToLiveStatus: 'DISABLED' },
    recovery: { PointInTimeRecoveryStatus: 'DISABLED' },
    policy: '',
    tags: [],
    ...facts,
  });
}
