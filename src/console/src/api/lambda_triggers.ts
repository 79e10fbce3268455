/** What invokes a function: event source mappings, and subscriptions to topics. */
import type { PageOf } from '../ui/pages';
import { somePages } from '../ui/resource';
import { json, query } from './client';
import { lambda, lambdaPage, lambdaPages } from './lambda';
import { addPermission, functionPolicy, removePermission } from './lambda_settings';
import { findQueue, queueName, redriveOf } from './sqs';
import { listOf } from './xml';

export interface MappingSettings {
  BatchSize?: number;
  MaximumBatchingWindowInSeconds?: number;
  FunctionResponseTypes?: string[];
  FilterCriteria?: { Filters?: { Pattern: string }[] };
  ScalingConfig?: { MaximumConcurrency?: number };
  ParallelizationFactor?: number;
  MaximumRetryAttempts?: number;
  MaximumRecordAgeInSeconds?: number;
  BisectBatchOnFunctionError?: boolean;
  DestinationConfig?: { OnFailure?: { Destination?: string } };
}

export interface Mapping extends MappingSettings {
  UUID: string;
  EventSourceArn: string;
  FunctionArn: string;
  State: string;
  StateTransitionReason?: string;
  LastProcessingResult?: string;
  StartingPosition?: string;
  StartingPositionTimestamp?: number;
  TumblingWindowInSeconds?: number;
  MetricsConfig?: { Metrics?: string[] };
  ProvisionedPollerConfig?: object;
}

const MAPPINGS = '/2015-03-31/event-source-mappings';

/** A page of those of all functions. */
export function mappingsPage(marker?: string, signal?: AbortSignal): Promise<PageOf<Mapping>> {
  const list = { operation: 'ListEventSourceMappings', path: MAPPINGS, member: 'EventSourceMappings' };
  return lambdaPage(list, marker, signal);
}

/** Those of a function, or of a source. */
export function listMappings(
  of: { FunctionName: string } | { EventSourceArn: string },
  signal?: AbortSignal,
): Promise<Mapping[]> {
  return lambdaPages('ListEventSourceMappings', MAPPINGS, 'EventSourceMappings', { ...of }, signal);
}

export function createMapping(input: object): Promise<Mapping> {
  return lambda('CreateEventSourceMapping', 'POST', MAPPINGS, { body: input });
}

export function updateMapping(uuid: string, changes: object): Promise<Mapping> {
  return lambda('UpdateEventSourceMapping', 'PUT', `${MAPPINGS}/${uuid}`, {
    names: { UUID: uuid },
    body: changes,
  });
}

export async function deleteMapping(uuid: string): Promise<void> {
  await lambda('DeleteEventSourceMapping', 'DELETE', `${MAPPINGS}/${uuid}`, { names: { UUID: uuid } });
}

/* ---- queues, as sources ---- */

export interface QueueFacts {
  visibilitySeconds: number;
  /** Undefined: the queue has no dead-letter queue. */
  maxReceiveCount?: number;
}

export async function queueFacts(queueArn: string, signal?: AbortSignal): Promise<QueueFacts> {
  const queue = await findQueue(queueName(queueArn), signal);
  return {
    visibilitySeconds: Number(queue.attributes.VisibilityTimeout),
    maxReceiveCount: redriveOf(queue)?.maxReceiveCount,
  };
}

/* ---- streams of tables ---- */

interface TableStream {
  StreamArn: string;
  TableName: string;
}

export async function streamsPage(token?: string, signal?: AbortSignal): Promise<PageOf<TableStream>> {
  const page = await json<{ Streams: TableStream[]; LastEvaluatedStreamArn?: string }>(
    'streams',
    'ListStreams',
    token ? { ExclusiveStartStreamArn: token } : {},
    { quiet: true, signal },
  );
  return { items: page.Streams, next: page.LastEvaluatedStreamArn };
}

/* ---- topics ---- */

/** A topic of more subscriptions is not looked through to its end. */
const SUBSCRIPTION_PAGES = 10;

export interface Subscription {
  SubscriptionArn: string;
  TopicArn: string;
  Endpoint: string;
  Protocol: string;
}

interface Statement {
  Sid: string;
  Principal?: { Service?: string } | string;
  Condition?: Record<string, Record<string, string>>;
}

/** The topics that the function's policy lets invoke it, by the statements' ids. */
export function invitedTopics(policy: string | undefined): { sid: string; topic: string }[] {
  const statements = (JSON.parse(policy ?? '{"Statement":[]}') as { Statement: Statement[] }).Statement;
  return statements.flatMap(({ Sid, Principal, Condition }) => {
    const service = typeof Principal === 'object' ? Principal.Service : undefined;
    const source = Condition?.ArnLike?.['AWS:SourceArn'];
    return service === 'sns.amazonaws.com' && source?.includes(':sns:') ? [{ sid: Sid, topic: source }] : [];
  });
}

/** A function's subscriptions: those to the topics that its policy names, as AWS's console finds them. */
export async function functionSubscriptions(
  functionName: string,
  functionArn: string,
  signal?: AbortSignal,
): Promise<Subscription[]> {
  const topics = invitedTopics(await functionPolicy(functionName, signal));
  const lists = await Promise.allSettled(
    topics.map(({ topic }) =>
      somePages(async token => {
        const page = await query<{ Subscriptions: unknown; NextToken?: string }>(
          'sns',
          'ListSubscriptionsByTopic',
          { TopicArn: topic, NextToken: token },
          { quiet: true, signal },
        );
        return { items: listOf<Subscription>(page.Subscriptions), next: page.NextToken || undefined };
      }, SUBSCRIPTION_PAGES),
    ),
  );
  const all = lists.flatMap(list => (list.status === 'fulfilled' ? list.value.items : []));
  return all.filter(one => one.Protocol === 'lambda' && one.Endpoint === functionArn);
}

/** As AWS's console: the topic may invoke the function, and then the function is subscribed. */
export async function subscribeFunction(name: string, functionArn: string, topic: string): Promise<void> {
  const invited = invitedTopics(await functionPolicy(name));
  if (!invited.some(one => one.topic === topic))
    await addPermission(name, {
      StatementId: `lambda-${crypto.randomUUID()}`,
      Action: 'lambda:InvokeFunction',
      Principal: 'sns.amazonaws.com',
      SourceArn: topic,
    });
  await query('sns', 'Subscribe', { TopicArn: topic, Protocol: 'lambda', Endpoint: functionArn });
}

export async function unsubscribeFunction(name: string, subscription: Subscription): Promise<void> {
  await query('sns', 'Unsubscribe', { SubscriptionArn: subscription.SubscriptionArn });
  const invited = invitedTopics(await functionPolicy(name));
  for (const { sid, topic } of invited)
    if (topic === subscription.TopicArn) await removePermission(name, sid);
}
