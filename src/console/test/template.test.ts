// @vitest-environment happy-dom
import { strToU8, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { identityEntry } from '../src/template/iam';
import { inlineCode, MOST_INLINE } from '../src/template/inline';
import { resourceAt } from '../src/template/pages';
import { MOST_RESOURCES } from '../src/template/template';
import { yaml } from '../src/template/yaml';
import {
  own,
  TOPIC,
  QUEUE,
  DEAD,
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

const SYSTEM = resources([
  ...topic(),
  subscription({
    RawMessageDelivery: 'true',
    FilterPolicy: '{"kind":["order"]}',
    FilterPolicyScope: 'MessageBody',
  }),
  ...queue('OrderQueue', {
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: DEAD, maxReceiveCount: 3 }),
    Policy: JSON.stringify({
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Service: 'sns.amazonaws.com' },
          Action: 'sqs:SendMessage',
          Resource: QUEUE,
          Condition: { ArnLike: { 'aws:SourceArn': TOPIC } },
        },
      ],
    }),
  }),
  ...queue('OrderDLQ', {
    RedriveAllowPolicy: JSON.stringify({ redrivePermission: 'byQueue', sourceQueueArns: [QUEUE] }),
  }),
  ...aFunction({
    details: details({
      Environment: {
        Variables: { QUEUE: 'http://localhost:4566/481665095854/OrderQueue', TABLE: 'Orders' },
      },
    }),
    code: { source: 'def lambda_handler(event, context):\n    pass\n', handler: 'index.lambda_handler' },
    mappings: [MAPPING],
  }),
  role({
    Statement: [
      { Effect: 'Allow', Action: 'dynamodb:PutItem', Resource: [TABLE, `${TABLE}/index/*`] },
      { Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: FUNCTION },
      { Effect: 'Allow', Action: 'sqs:*', Resource: own('sqs', 'Other*') },
    ],
  }),
  table(),
]);

describe('the order system', () => {
  const all = SYSTEM;

  it('has a logical id for each resource, by its name and kind', () => {
    expect(Object.keys(all)).toEqual([
      'OrderTopic',
      'OrderTopicOrderQueueSubscription',
      'OrderQueue',
      'OrderQueueQueuePolicy',
      'OrderDLQQueue',
      'ProcessOrderFunction',
      'ProcessOrderOrderQueueEventSourceMapping',
      'OrderRole',
      'OrdersTable',
    ]);
  });

  it('refers to what must exist before', () => {
    expect(all.OrderTopicOrderQueueSubscription!.Properties).toEqual({
      TopicArn: { Ref: 'OrderTopic' },
      Protocol: 'sqs',
      Endpoint: { 'Fn::GetAtt': ['OrderQueue', 'Arn'] },
      RawMessageDelivery: true,
      FilterPolicy: { kind: ['order'] },
      FilterPolicyScope: 'MessageBody',
    });
    expect(all.OrderQueue!.Properties.RedrivePolicy).toEqual({
      deadLetterTargetArn: { 'Fn::GetAtt': ['OrderDLQQueue', 'Arn'] },
      maxReceiveCount: 3,
    });
    expect(all.ProcessOrderFunction!.Properties.Role).toEqual({ 'Fn::GetAtt': ['OrderRole', 'Arn'] });
    expect(all.ProcessOrderOrderQueueEventSourceMapping!.Properties).toEqual({
      FunctionName: { 'Fn::GetAtt': ['ProcessOrderFunction', 'Arn'] },
      EventSourceArn: { 'Fn::GetAtt': ['OrderQueue', 'Arn'] },
      Enabled: true,
      BatchSize: 10,
    });
  });

  it('closes no circle: the dead-letter queue names its sources by what they will be called', () => {
    expect(all.OrderDLQQueue!.Properties.RedriveAllowPolicy).toEqual({
      redrivePermission: 'byQueue',
      sourceQueueArns: [
        { 'Fn::Sub': 'arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:OrderQueue' },
      ],
    });
  });

  it('names a queue by its policy, and the topic in its condition', () => {
    const { Queues, PolicyDocument } = all.OrderQueueQueuePolicy!.Properties;
    expect(Queues).toEqual([{ Ref: 'OrderQueue' }]);
    expect(PolicyDocument).toMatchObject({
      Statement: [
        {
          Resource: { 'Fn::GetAtt': ['OrderQueue', 'Arn'] },
          Condition: { ArnLike: { 'aws:SourceArn': { Ref: 'OrderTopic' } } },
        },
      ],
    });
  });

  it('refers from a policy where the role need not exist before', () => {
    expect(all.OrderRole!.Properties.Policies).toEqual([
      {
        PolicyName: 'Orders',
        PolicyDocument: {
          Statement: [
            {
              Effect: 'Allow',
              Action: 'dynamodb:PutItem',
              Resource: [
                { 'Fn::GetAtt': ['OrdersTable', 'Arn'] },
                { 'Fn::Sub': '${OrdersTable.Arn}/index/*' },
              ],
            },
            {
              Effect: 'Allow',
              Action: 'lambda:InvokeFunction',
              Resource: {
                'Fn::Sub':
                  'arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:ProcessOrder',
              },
            },
            {
              Effect: 'Allow',
              Action: 'sqs:*',
              Resource: { 'Fn::Sub': 'arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:Other*' },
            },
          ],
        },
      },
    ]);
    expect(all.OrderRole!.Properties.ManagedPolicyArns).toEqual([
      'arn:aws:iam::aws:policy/AmazonSQSFullAccess',
    ]);
  });

  it('knows the URL of a queue by any name of the server, and leaves other texts', () => {
    expect(all.ProcessOrderFunction!.Properties.Environment).toEqual({
      Variables: { QUEUE: { Ref: 'OrderQueue' }, TABLE: 'Orders' },
    });
  });
});

describe('references', () => {
  it('are not made to what only begins alike, is of another account or region, or is not in the template', () => {
    const resource = (arn: string) => {
      const document = { Statement: [{ Resource: arn }] };
      const all = resources([role(document), ...queue('OrderQueue')]);
      return (all.OrderRole!.Properties.Policies as { PolicyDocument: typeof document }[])[0]!.PolicyDocument
        .Statement[0]!.Resource;
    };
    expect(resource(`${QUEUE}2`)).toEqual({
      'Fn::Sub': 'arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:OrderQueue2',
    });
    expect(resource(`${QUEUE}.fifo`)).toEqual({
      'Fn::Sub': 'arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:OrderQueue.fifo',
    });
    expect(resource(QUEUE.replace('us-east-1', 'eu-west-1'))).toBe(QUEUE.replace('us-east-1', 'eu-west-1'));
    expect(resource(QUEUE.replace('4816', '1111'))).toBe(QUEUE.replace('4816', '1111'));
    expect(resource('*')).toBe('*');
    expect(resource('481665095854')).toEqual({ Ref: 'AWS::AccountId' });
  });

  it('leave the variables of policies as they are', () => {
    const all = resources([role({ Statement: [{ Resource: `${TABLE}/\${aws:username}` }] }), table()]);
    expect(JSON.stringify(all.OrderRole)).toContain('{"Fn::Sub":"${OrdersTable.Arn}/${!aws:username}"}');
  });

  it('to two resources that need each other: the one that must exist before wins', () => {
    const trust = encodeURIComponent(
      JSON.stringify({ Statement: [{ Principal: { AWS: ROLE.replace('Order', 'Other') } }] }),
    );
    const first = role({}, { AssumeRolePolicyDocument: trust });
    const second = identityEntry({
      kind: 'Role',
      identity: {
        Path: '/',
        RoleName: 'OtherRole',
        RoleId: '',
        Arn: ROLE.replace('Order', 'Other'),
        CreateDate: '',
        AssumeRolePolicyDocument: encodeURIComponent('{}'),
      },
      inline: [{ name: 'p', document: JSON.stringify({ Resource: ROLE }) }],
      attached: [],
      tags: [],
    });
    const all = resources([second, first]);
    expect(JSON.stringify(all.OrderRole)).toContain('{"Fn::GetAtt":["OtherRole","Arn"]}');
    expect(JSON.stringify(all.OtherRole)).toContain('role/service-role/OrderRole');
  });
});

describe('a template', () => {
  const many = (count: number) => Array.from({ length: count }, (_, i) => queue(`q${i}`)).flat();

  it('has as many resources as CloudFormation takes, and says what is left out', () => {
    expect(written(many(MOST_RESOURCES)).notes).toEqual([]);
    const { template, notes } = written(many(MOST_RESOURCES + 1));
    expect(Object.keys(template.Resources)).toHaveLength(MOST_RESOURCES);
    expect(notes).toEqual([{ text: 'CloudFormation takes 500 resources in one template: 1 are left out.' }]);
    expect(template.Metadata).toEqual({ Orderly: { NotInTemplate: [notes[0]!.text] } });
  });

  it('gives resources of like names ids of their own', () => {
    expect(Object.keys(resources([...queue('a-b'), ...queue('a_b'), ...queue('A.b')]))).toEqual([
      'ABQueue',
      'ABQueue2',
      'ABQueue3',
    ]);
  });
});

describe('code', () => {
  const zip = (files: Record<string, string>) =>
    zipSync(Object.fromEntries(Object.entries(files).map(([path, text]) => [path, strToU8(text)])));

  it('is in the template when the package is the one file that has the handler', () => {
    expect(inlineCode('python3.12', 'index.f', zip({ 'index.py': 'x' }))).toEqual({
      source: 'x',
      handler: 'index.f',
    });
    expect(inlineCode('nodejs22.x', 'app.f', zip({ 'app.js': 'x' }))).toEqual({
      source: 'x',
      handler: 'index.f',
      renamed: 'app.js',
    });
  });

  it('is not when it is a module of ECMAScript, has other files, or another language', () => {
    expect(inlineCode('nodejs22.x', 'index.f', zip({ 'index.mjs': 'x' }))).toBeUndefined();
    expect(inlineCode('python3.12', 'index.f', zip({ 'index.py': 'x', 'a.py': 'y' }))).toBeUndefined();
    expect(inlineCode('python3.12', 'a.b.f', zip({ 'a/b.py': 'x' }))).toBeUndefined();
    expect(inlineCode('ruby3.4', 'index.f', zip({ 'index.rb': 'x' }))).toBeUndefined();
  });

  it('is in the template up to a size', () => {
    const of = (size: number) => inlineCode('python3.12', 'index.f', zip({ 'index.py': 'x'.repeat(size) }));
    expect(of(MOST_INLINE)?.source).toHaveLength(MOST_INLINE);
    expect(of(MOST_INLINE + 1)).toBeUndefined();
  });
});

describe('YAML', () => {
  it('quotes what would be something else, and has code as a block', () => {
    expect(
      yaml({
        plain: 'arn:aws:sqs',
        spaced: 'Order queue, as it is',
        reserved: ['yes', 'null', 'On', '~', '', '12', '-x', ' x', 'a: b', 'a #b', '*', 'é'],
        code: 'def f():\n    return 1\n\n# end\n',
        bare: 'a\nb',
        odd: 'a\tb\r\nc\u0085',
        'Fn::GetAtt': ['A', 'Arn'],
        nested: [{ a: 1, b: [true, null] }, [1, 2], [], {}],
      }),
    ).toBe(
      [
        'plain: arn:aws:sqs',
        'spaced: Order queue, as it is',
        'reserved:',
        '  - "yes"',
        '  - "null"',
        '  - "On"',
        '  - "~"',
        '  - ""',
        '  - "12"',
        '  - "-x"',
        '  - " x"',
        '  - "a: b"',
        '  - "a #b"',
        '  - "*"',
        '  - "é"',
        'code: |',
        '  def f():',
        '      return 1',
        '',
        '  # end',
        'bare: |-',
        '  a',
        '  b',
        'odd: "a\\tb\\r\\nc\\u0085"',
        'Fn::GetAtt:',
        '  - A',
        '  - Arn',
        'nested:',
        '  - a: 1',
        '    b:',
        '      - true',
        '      - null',
        '  - - 1',
        '    - 2',
        '  - []',
        '  - {}',
        '',
      ].join('\n'),
    );
  });
});

describe('pages', () => {
  it('of a resource, and those below it, have its template', () => {
    expect(resourceAt('sqs/queues/OrderQueue')).toEqual({
      kind: 'queue',
      name: 'OrderQueue',
      address: 'sqs/queues/OrderQueue',
    });
    expect(resourceAt('cloudwatch/log-groups/%2Faws%2Flambda%2Fa/events')).toEqual({
      kind: 'logGroup',
      name: '/aws/lambda/a',
      address: 'cloudwatch/log-groups/%2Faws%2Flambda%2Fa',
    });
    expect(resourceAt('sqs/queues')).toBeUndefined();
    expect(resourceAt('')).toBeUndefined();
  });
});
