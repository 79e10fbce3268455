/** SNS's operations as the console uses them. */
import type { PageOf } from '../ui/pages';
import { query } from './client';
import { MapOf } from './form';
import { listOf } from './xml';

export type Attributes = Record<string, string>;

export interface Subscription {
  /** "PendingConfirmation" until its endpoint has confirmed. */
  SubscriptionArn: string;
  TopicArn: string;
  Protocol: string;
  Endpoint: string;
  Owner: string;
}

export const PENDING = 'PendingConfirmation';

interface Listed {
  Topics?: unknown;
  Subscriptions?: unknown;
  NextToken?: string;
}

export async function topicsPage(token?: string, signal?: AbortSignal): Promise<PageOf<string>> {
  const page = await query<Listed>('sns', 'ListTopics', { NextToken: token }, { signal, quiet: true });
  return {
    items: listOf<{ TopicArn: string }>(page.Topics).map(topic => topic.TopicArn),
    next: page.NextToken,
  };
}

export async function createTopic(name: string, attributes: Attributes, tags: Tag[]): Promise<string> {
  const { TopicArn } = await query<{ TopicArn: string }>('sns', 'CreateTopic', {
    Name: name,
    Attributes: Object.keys(attributes).length > 0 ? new MapOf(attributes) : undefined,
    Tags: tags.length > 0 ? tags.map(tag => ({ ...tag })) : undefined,
  });
  return TopicArn;
}

export async function topicAttributes(arn: string, signal?: AbortSignal): Promise<Attributes> {
  const { Attributes } = await query<{ Attributes: Attributes }>(
    'sns',
    'GetTopicAttributes',
    { TopicArn: arn },
    { signal, quiet: true },
  );
  return Attributes;
}

/** Set those that differ. */
export async function changeTopic(arn: string, before: Attributes, wanted: Attributes): Promise<void> {
  for (const [name, value] of Object.entries(wanted))
    if ((before[name] ?? '') !== value)
      await query('sns', 'SetTopicAttributes', { TopicArn: arn, AttributeName: name, AttributeValue: value });
}

export async function deleteTopic(arn: string): Promise<void> {
  await query('sns', 'DeleteTopic', { TopicArn: arn });
}

/** Those of one topic, or of all. */
export async function subscriptionsPage(
  topic: string | undefined,
  token?: string,
  signal?: AbortSignal,
): Promise<PageOf<Subscription>> {
  const page = await query<Listed>(
    'sns',
    topic ? 'ListSubscriptionsByTopic' : 'ListSubscriptions',
    { TopicArn: topic, NextToken: token },
    { signal, quiet: true },
  );
  return { items: listOf<Subscription>(page.Subscriptions), next: page.NextToken };
}

export async function subscribe(
  topic: string,
  protocol: string,
  endpoint: string,
  attributes: Attributes,
): Promise<string> {
  const { SubscriptionArn } = await query<{ SubscriptionArn: string }>('sns', 'Subscribe', {
    TopicArn: topic,
    Protocol: protocol,
    Endpoint: endpoint,
    Attributes: Object.keys(attributes).length > 0 ? new MapOf(attributes) : undefined,
    ReturnSubscriptionArn: true,
  });
  return SubscriptionArn;
}

export async function subscriptionAttributes(arn: string, signal?: AbortSignal): Promise<Attributes> {
  const { Attributes } = await query<{ Attributes: Attributes }>(
    'sns',
    'GetSubscriptionAttributes',
    { SubscriptionArn: arn },
    { signal, quiet: true },
  );
  return Attributes;
}

/** Set those that differ. */
export async function changeSubscription(arn: string, before: Attributes, wanted: Attributes): Promise<void> {
  for (const [name, value] of Object.entries(wanted))
    if ((before[name] ?? '') !== value)
      await query('sns', 'SetSubscriptionAttributes', {
        SubscriptionArn: arn,
        AttributeName: name,
        AttributeValue: value,
      });
}

export async function unsubscribe(arn: string): Promise<void> {
  await query('sns', 'Unsubscribe', { SubscriptionArn: arn });
}

export async function confirmSubscription(topic: string, token: string): Promise<string> {
  const { SubscriptionArn } = await query<{ SubscriptionArn: string }>('sns', 'ConfirmSubscription', {
    TopicArn: topic,
    Token: token,
  });
  return SubscriptionArn;
}

export interface MessageAttribute {
  DataType: string;
  StringValue?: string;
  BinaryValue?: string;
}

export interface Outgoing {
  TopicArn: string;
  Subject?: string;
  Message: string;
  MessageStructure?: 'json';
  MessageAttributes: Record<string, MessageAttribute>;
  MessageGroupId?: string;
  MessageDeduplicationId?: string;
}

export async function publish({ MessageAttributes, ...message }: Outgoing): Promise<string> {
  const attributes = Object.entries(MessageAttributes).map(([name, value]) => [name, { ...value }] as const);
  const { MessageId } = await query<{ MessageId: string }>('sns', 'Publish', {
    ...message,
    MessageAttributes:
      attributes.length > 0
        ? new MapOf(Object.fromEntries(attributes), { key: 'Name', value: 'Value' })
        : undefined,
  });
  return MessageId;
}

/** A text, '' when the topic has none. */
export async function dataProtectionPolicy(arn: string, signal?: AbortSignal): Promise<string> {
  const reply = await query<{ DataProtectionPolicy?: string }>(
    'sns',
    'GetDataProtectionPolicy',
    { ResourceArn: arn },
    { signal, quiet: true },
  );
  return reply.DataProtectionPolicy ?? '';
}

export interface Tag {
  Key: string;
  Value: string;
}

export async function topicTags(arn: string, signal?: AbortSignal): Promise<Tag[]> {
  const { Tags } = await query<{ Tags: unknown }>(
    'sns',
    'ListTagsForResource',
    { ResourceArn: arn },
    { signal, quiet: true },
  );
  return listOf<Tag>(Tags);
}

/** Make the tags those of `wanted`. */
export async function replaceTopicTags(arn: string, before: Tag[], wanted: Tag[]): Promise<void> {
  const gone = before.map(tag => tag.Key).filter(key => !wanted.some(tag => tag.Key === key));
  if (gone.length > 0) await query('sns', 'UntagResource', { ResourceArn: arn, TagKeys: gone });
  if (wanted.length > 0)
    await query('sns', 'TagResource', { ResourceArn: arn, Tags: wanted.map(tag => ({ ...tag })) });
}
