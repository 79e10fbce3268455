import { expect, it } from 'vitest';
import type { Alarm } from '../src/api/cloudwatch';
import { alarmEntry, dashboardEntry } from '../src/template/cloudwatch';
import { policyEntry } from '../src/template/iam';
import { layerEntries } from '../src/template/lambda';
import { logGroupEntries } from '../src/template/logs';
import { type Entry } from '../src/template/template';
import {
  own,
  TOPIC,
  TABLE,
  FUNCTION,
  ROLE,
  written,
  resources,
  topic,
  queue,
  subscription,
  details,
  aFunction,
  MAPPING,
  role,
  table,
} from './template_facts';

it('a topic: its own policy, its logging, and what it has as a FIFO topic', () => {
  const standard = '{"Statement":[{"Sid":"__default_statement_ID"}]}';
  expect(Object.keys(resources(topic({ Policy: standard })))).toEqual(['OrderTopic']);
  const all = resources(
    topic({
      Policy: '{"Statement":[{"Sid":"mine","Resource":"*"}]}',
      FifoTopic: 'true',
      ContentBasedDeduplication: 'true',
      FifoThroughputScope: 'Topic',
      SQSFailureFeedbackRoleArn: ROLE,
      SQSSuccessFeedbackSampleRate: '50',
    }),
  );
  expect(all.OrderTopic!.Properties).toEqual({
    TopicName: 'OrderTopic',
    FifoTopic: true,
    ContentBasedDeduplication: true,
    FifoThroughputScope: 'Topic',
    DeliveryStatusLogging: [
      {
        Protocol: 'sqs',
        FailureFeedbackRoleArn: {
          'Fn::Sub': 'arn:${AWS::Partition}:iam::${AWS::AccountId}:role/service-role/OrderRole',
        },
        SuccessFeedbackSampleRate: '50',
      },
    ],
  });
  expect(all.OrderTopicTopicPolicy!.Properties.Topics).toEqual([{ Ref: 'OrderTopic' }]);
});

it('a queue: numbers, and either kind of encryption', () => {
  expect(resources(queue('a', { SqsManagedSseEnabled: 'true' })).AQueue!.Properties).toEqual({
    QueueName: 'a',
    VisibilityTimeout: 30,
    SqsManagedSseEnabled: true,
  });
  expect(
    resources(queue('a', { KmsMasterKeyId: 'k', KmsDataKeyReusePeriodSeconds: '300' })).AQueue!.Properties,
  ).toMatchObject({ KmsMasterKeyId: 'k', KmsDataKeyReusePeriodSeconds: 300 });
});

it('a table: keys, indexes with their capacity, stream, time to live', () => {
  const index = {
    IndexName: 'by-day',
    IndexArn: '',
    KeySchema: [{ AttributeName: 'day', KeyType: 'HASH' as const }],
    Projection: { ProjectionType: 'INCLUDE' as const, NonKeyAttributes: ['total'] },
    ItemCount: 0,
    IndexSizeBytes: 0,
    ProvisionedThroughput: { ReadCapacityUnits: 3, WriteCapacityUnits: 4 },
  };
  const its = resources([
    table(
      {
        BillingModeSummary: undefined,
        ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 6 },
        GlobalSecondaryIndexes: [index],
        LocalSecondaryIndexes: [index],
        StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
        LatestStreamArn: `${TABLE}/stream/1`,
      },
      { timeToLive: { TimeToLiveStatus: 'ENABLED', AttributeName: 'expires' } },
    ),
    ...aFunction({
      mappings: [{ ...MAPPING, EventSourceArn: `${TABLE}/stream/1`, StartingPosition: 'LATEST' }],
    }),
  ]);
  expect(its.OrdersTable!.Properties).toEqual({
    TableName: 'Orders',
    AttributeDefinitions: [{ AttributeName: 'orderId', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'orderId', KeyType: 'HASH' }],
    BillingMode: 'PROVISIONED',
    ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 6 },
    LocalSecondaryIndexes: [
      {
        IndexName: 'by-day',
        KeySchema: [{ AttributeName: 'day', KeyType: 'HASH' }],
        Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['total'] },
      },
    ],
    GlobalSecondaryIndexes: [
      {
        IndexName: 'by-day',
        KeySchema: [{ AttributeName: 'day', KeyType: 'HASH' }],
        Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['total'] },
        ProvisionedThroughput: { ReadCapacityUnits: 3, WriteCapacityUnits: 4 },
      },
    ],
    StreamSpecification: { StreamViewType: 'NEW_IMAGE' },
    TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true },
  });
  expect(its.ProcessOrderOrdersEventSourceMapping!.Properties.EventSourceArn).toEqual({
    'Fn::GetAtt': ['OrdersTable', 'StreamArn'],
  });
});

it('a function whose code cannot be in the template has it as parameters, and says so', () => {
  const { template, notes } = written(aFunction({ versions: ['1', '2'] }));
  const it = template.Resources.ProcessOrderFunction!;
  expect(it.Properties.Code).toEqual({
    S3Bucket: { Ref: 'ProcessOrderFunctionCodeBucket' },
    S3Key: { Ref: 'ProcessOrderFunctionCodeKey' },
  });
  expect(Object.keys(template.Parameters!)).toEqual([
    'ProcessOrderFunctionCodeBucket',
    'ProcessOrderFunctionCodeKey',
  ]);
  expect(notes.map(note => note.resource)).toEqual(['ProcessOrderFunction', 'ProcessOrderFunction']);
  expect(it.Metadata!.Orderly.NotInTemplate).toEqual(notes.map(note => note.text));
});

it("a function's policy is a permission for each statement that one can be", () => {
  const policy = JSON.stringify({
    Statement: [
      {
        Sid: 'sns',
        Principal: { Service: 'sns.amazonaws.com' },
        Action: 'lambda:InvokeFunction',
        Condition: { ArnLike: { 'AWS:SourceArn': TOPIC } },
      },
      {
        Sid: 'odd',
        Principal: '*',
        Action: 'lambda:InvokeFunction',
        Condition: { Bool: { 'aws:SecureTransport': 'true' } },
      },
    ],
  });
  const { template, notes } = written([...topic(), ...aFunction({ policy })]);
  expect(template.Resources.ProcessOrderSnsPermission!.Properties).toEqual({
    FunctionName: { 'Fn::GetAtt': ['ProcessOrderFunction', 'Arn'] },
    Action: 'lambda:InvokeFunction',
    Principal: 'sns.amazonaws.com',
    SourceArn: { Ref: 'OrderTopic' },
  });
  expect(notes.at(-1)!.text).toContain('odd');
});

it('a layer, and the function that has it', () => {
  const arn = own('lambda', 'layer:tools:3');
  const all = resources([
    ...aFunction({ details: details({ Layers: [{ Arn: arn, CodeSize: 1 }] }) }),
    ...layerEntries(
      {
        LayerVersionArn: arn,
        Version: 3,
        CreatedDate: '',
        Content: { Location: '', CodeSha256: '', CodeSize: 1 },
      },
      JSON.stringify({
        Statement: [
          {
            Sid: 'team',
            Principal: { AWS: 'arn:aws:iam::111122223333:root' },
            Action: 'lambda:GetLayerVersion',
          },
        ],
      }),
    ),
  ]);
  expect(all.ProcessOrderFunction!.Properties.Layers).toEqual([{ Ref: 'ToolsLayerVersion' }]);
  expect(all.ToolsTeamLayerVersionPermission!.Properties).toEqual({
    LayerVersionArn: { Ref: 'ToolsLayerVersion' },
    Action: 'lambda:GetLayerVersion',
    Principal: '111122223333',
  });
});

it('a log group with its filters', () => {
  const all = resources(
    logGroupEntries({
      group: {
        logGroupName: '/aws/lambda/a',
        logGroupArn: own('logs', 'log-group:/aws/lambda/a'),
        arn: own('logs', 'log-group:/aws/lambda/a:*'),
        creationTime: 0,
        storedBytes: 0,
        metricFilterCount: 1,
        logGroupClass: 'STANDARD',
        retentionInDays: 7,
      },
      tags: { team: 'orders' },
      metricFilters: [
        {
          filterName: 'errors',
          filterPattern: 'ERROR',
          metricTransformations: [{ metricName: 'Errors', metricNamespace: 'Orders', metricValue: '1' }],
        },
      ],
      subscriptionFilters: [{ filterName: 'all', destinationArn: FUNCTION }],
    }),
  );
  expect(all.AwsLambdaALogGroup!.Properties).toEqual({
    LogGroupName: '/aws/lambda/a',
    RetentionInDays: 7,
    LogGroupClass: 'STANDARD',
    Tags: [{ Key: 'team', Value: 'orders' }],
  });
  expect(all.ErrorsMetricFilter!.Properties).toEqual({
    FilterName: 'errors',
    LogGroupName: { Ref: 'AwsLambdaALogGroup' },
    FilterPattern: 'ERROR',
    MetricTransformations: [{ MetricName: 'Errors', MetricNamespace: 'Orders', MetricValue: '1' }],
  });
  expect(all.AllSubscriptionFilter!.Properties.FilterPattern).toBe('');
});

it('alarms: the dimensions name resources, and a rule the alarms that it watches', () => {
  const of = (name: string, more: Partial<Alarm>): Entry =>
    alarmEntry({
      alarm: {
        AlarmName: name,
        AlarmArn: own('cloudwatch', `alarm:${name}`),
        StateValue: 'OK',
        StateReason: '',
        StateUpdatedTimestamp: 0,
        ActionsEnabled: true,
        ...more,
      },
      tags: [],
    });
  const all = resources([
    ...queue('OrderDLQ'),
    ...topic(),
    of('depth', {
      Namespace: 'AWS/SQS',
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Dimensions: [{ Name: 'QueueName', Value: 'OrderDLQ' }],
      AlarmActions: [TOPIC],
      Threshold: 0,
    }),
    of('both', {
      AlarmRule: `ALARM(depth) AND NOT OK("other one") OR ALARM("${own('cloudwatch', 'alarm:depth')}")`,
    }),
  ]);
  expect(all.DepthAlarm!.Properties).toEqual({
    AlarmName: 'depth',
    ActionsEnabled: true,
    AlarmActions: [{ Ref: 'OrderTopic' }],
    Namespace: 'AWS/SQS',
    MetricName: 'ApproximateNumberOfMessagesVisible',
    Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': ['OrderDLQQueue', 'QueueName'] } }],
    Threshold: 0,
  });
  expect(all.BothCompositeAlarm!.Properties.AlarmRule).toEqual({
    'Fn::Sub':
      'ALARM(${DepthAlarm.Arn}) AND NOT OK("arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:other one") OR ALARM("${DepthAlarm.Arn}")',
  });
});

it('a dashboard is the text that it is', () => {
  expect(resources([dashboardEntry({ name: 'orders', body: '{"widgets":[]}' })]).OrdersDashboard).toEqual({
    Type: 'AWS::CloudWatch::Dashboard',
    Properties: { DashboardName: 'orders', DashboardBody: '{"widgets":[]}' },
  });
});

it('a managed policy, and the role that has it', () => {
  const arn = 'arn:aws:iam::481665095854:policy/Mine';
  const all = resources([
    policyEntry({
      policy: {
        PolicyName: 'Mine',
        PolicyId: '',
        Arn: arn,
        Path: '/',
        DefaultVersionId: 'v1',
        AttachmentCount: '1',
        CreateDate: '',
        UpdateDate: '',
      },
      document: '{"Statement":[]}',
      tags: [],
    }),
    role({}, { PermissionsBoundary: { PermissionsBoundaryArn: arn } }),
  ]);
  expect(all.OrderRole!.Properties.PermissionsBoundary).toEqual({ Ref: 'MineManagedPolicy' });
});

it('a subscription that is not confirmed says so', () => {
  expect(written([...topic(), subscription()]).notes).toEqual([
    {
      resource: 'OrderTopicOrderQueueSubscription',
      text: expect.stringContaining('not confirmed') as string,
    },
  ]);
});
