/** Topics and subscriptions in a template. */
import type { Attributes, Subscription, Tag } from '../api/sns';
import { PENDING } from '../api/sns';
import { tagsOf } from './tags';
import type { Entry, Properties } from './template';

export interface TopicFacts {
  arn: string;
  attributes: Attributes;
  tags: Tag[];
  dataProtection?: string;
}

export interface SubscriptionFacts {
  listed: Subscription;
  /** Of those that are confirmed. */
  attributes?: Attributes;
}

/** The attributes' beginnings, and the protocols' names in templates. */
const LOGGED: [string, string][] = [
  ['HTTP', 'http/s'],
  ['SQS', 'sqs'],
  ['Lambda', 'lambda'],
  ['Firehose', 'firehose'],
  ['Application', 'application'],
];

const FEEDBACK = ['SuccessFeedbackRoleArn', 'FailureFeedbackRoleArn', 'SuccessFeedbackSampleRate'];

export function topicEntries({ arn, attributes: its, tags, dataProtection }: TopicFacts): Entry[] {
  const name = arn.split(':').at(-1)!;
  const topic: Entry = {
    type: 'AWS::SNS::Topic',
    name,
    known: { [arn]: '' },
    unsaid: its.DeliveryPolicy
      ? ['The delivery policy of the topic: set it with SetTopicAttributes, or on each subscription.']
      : undefined,
    properties: refer => ({
      TopicName: name,
      DisplayName: its.DisplayName || undefined,
      ...(its.FifoTopic === 'true' && {
        FifoTopic: true,
        ContentBasedDeduplication: its.ContentBasedDeduplication === 'true',
        FifoThroughputScope: its.FifoThroughputScope,
      }),
      KmsMasterKeyId: its.KmsMasterKeyId || undefined,
      SignatureVersion: its.SignatureVersion,
      TracingConfig: its.TracingConfig,
      ArchivePolicy: its.ArchivePolicy ? refer.parsed(its.ArchivePolicy) : undefined,
      DataProtectionPolicy: dataProtection ? refer.parsed(dataProtection) : undefined,
      DeliveryStatusLogging: loggingOf(its, role => refer.to(role)),
      Tags: tagsOf(tags),
    }),
  };
  return its.Policy && !isDefault(its.Policy) ? [topic, policyEntry(arn, name, its.Policy)] : [topic];
}

function policyEntry(arn: string, name: string, policy: string): Entry {
  return {
    type: 'AWS::SNS::TopicPolicy',
    name,
    properties: refer => ({ Topics: [refer.to(arn)], PolicyDocument: refer.parsed(policy) }),
  };
}

/** Each topic has this one if it has no other. */
function isDefault(policy: string): boolean {
  const { Statement } = JSON.parse(policy) as { Statement?: { Sid?: string }[] };
  return Statement?.length === 1 && Statement[0]?.Sid === '__default_statement_ID';
}

function loggingOf(its: Attributes, role: (arn: string) => Properties[string]): Properties[string] {
  const configs = LOGGED.flatMap(([prefix, Protocol]) => {
    const [success, failure, rate] = FEEDBACK.map(name => its[prefix + name]);
    if (!success && !failure && !rate) return [];
    return [
      {
        Protocol,
        ...(success && { SuccessFeedbackRoleArn: role(success)! }),
        ...(failure && { FailureFeedbackRoleArn: role(failure)! }),
        ...(rate && { SuccessFeedbackSampleRate: rate }),
      },
    ];
  });
  return configs.length > 0 ? configs : undefined;
}

/** "OrderTopic" and "OrderQueue" are OrderTopicOrderQueueSubscription. */
export function subscriptionEntry({ listed, attributes: its = {} }: SubscriptionFacts): Entry {
  const { TopicArn, Protocol, Endpoint } = listed;
  return {
    type: 'AWS::SNS::Subscription',
    name: `${TopicArn.split(':').at(-1)!} ${Endpoint.startsWith('arn:') ? Endpoint.split(/[:/]/).at(-1)! : Protocol}`,
    unsaid:
      listed.SubscriptionArn === PENDING
        ? [
            'It is not confirmed yet: its settings are unknown, and whoever owns the endpoint has to confirm it.',
          ]
        : undefined,
    properties: refer => ({
      TopicArn: refer.to(TopicArn),
      Protocol,
      Endpoint: refer.to(Endpoint),
      ...(its.RawMessageDelivery === 'true' && { RawMessageDelivery: true }),
      ...(its.FilterPolicy && {
        FilterPolicy: refer.parsed(its.FilterPolicy, text => text),
        FilterPolicyScope: its.FilterPolicyScope,
      }),
      RedrivePolicy: its.RedrivePolicy ? refer.parsed(its.RedrivePolicy, text => refer.to(text)) : undefined,
      DeliveryPolicy: its.DeliveryPolicy ? refer.parsed(its.DeliveryPolicy, text => text) : undefined,
      ReplayPolicy: its.ReplayPolicy ? refer.parsed(its.ReplayPolicy, text => text) : undefined,
      SubscriptionRoleArn: its.SubscriptionRoleArn ? refer.to(its.SubscriptionRoleArn) : undefined,
    }),
  };
}
