/** Queues in a template. */
import type { Queue } from '../api/sqs';
import type { References } from './references';
import { tagsOfMap } from './tags';
import type { Entry, Properties } from './template';

export interface QueueFacts {
  queue: Queue;
  tags: Record<string, string>;
}

const NUMBERS = [
  'DelaySeconds',
  'MaximumMessageSize',
  'MessageRetentionPeriod',
  'ReceiveMessageWaitTimeSeconds',
  'VisibilityTimeout',
];

export function queueEntries({ queue, tags }: QueueFacts): Entry[] {
  const { attributes: its, name, url } = queue;
  const all: Entry[] = [
    {
      type: 'AWS::SQS::Queue',
      name,
      known: { [its.QueueArn!]: 'Arn' },
      properties: refer => ({
        QueueName: name,
        ...(its.FifoQueue === 'true' && {
          FifoQueue: true,
          ContentBasedDeduplication: its.ContentBasedDeduplication === 'true',
          DeduplicationScope: its.DeduplicationScope,
          FifoThroughputLimit: its.FifoThroughputLimit,
        }),
        ...Object.fromEntries(NUMBERS.map(member => [member, numberOf(its[member])])),
        ...encryptionOf(its),
        ...redriveOf(its, refer),
        Tags: tagsOfMap(tags),
      }),
    },
  ];
  const { Policy } = its;
  if (Policy)
    all.push({
      type: 'AWS::SQS::QueuePolicy',
      name,
      properties: refer => ({ Queues: [refer.to(url)], PolicyDocument: refer.parsed(Policy) }),
    });
  return all;
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}

function encryptionOf(its: Record<string, string>): Properties {
  if (its.KmsMasterKeyId)
    return {
      KmsMasterKeyId: its.KmsMasterKeyId,
      KmsDataKeyReusePeriodSeconds: numberOf(its.KmsDataKeyReusePeriodSeconds),
    };
  return its.SqsManagedSseEnabled ? { SqsManagedSseEnabled: its.SqsManagedSseEnabled === 'true' } : {};
}

/** The dead-letter queue comes first, so it names its sources without a reference. */
function redriveOf(its: Record<string, string>, refer: References): Properties {
  return {
    ...(its.RedrivePolicy && { RedrivePolicy: refer.parsed(its.RedrivePolicy, text => refer.to(text)) }),
    ...(its.RedriveAllowPolicy && {
      RedriveAllowPolicy: refer.parsed(its.RedriveAllowPolicy, text => refer.plain(text)),
    }),
  };
}
