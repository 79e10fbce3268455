/** SQS's operations as the console uses them, and the peek, which changes nothing. */
import { account, region } from '../session';
import { json, orderly } from './client';

export interface Queue {
  url: string;
  name: string;
  attributes: Record<string, string>;
}

export interface MessageAttribute {
  DataType: string;
  StringValue?: string;
  BinaryValue?: string;
}

export interface Message {
  MessageId: string;
  ReceiptHandle: string;
  MD5OfBody: string;
  Body: string;
  Attributes: Record<string, string>;
  MessageAttributes?: Record<string, MessageAttribute>;
}

export interface Page<T> {
  items: T[];
  next?: string;
}

const PAGE = 1000;

export function queueName(urlOrArn: string): string {
  return urlOrArn.split(/[/:]/).at(-1) ?? urlOrArn;
}

export async function listQueues(
  token?: string,
  prefix?: string,
  signal?: AbortSignal,
): Promise<Page<string>> {
  const page = await json<{ QueueUrls?: string[]; NextToken?: string }>(
    'sqs',
    'ListQueues',
    { MaxResults: PAGE, NextToken: token, QueueNamePrefix: prefix || undefined },
    { signal, quiet: true },
  );
  return { items: page.QueueUrls ?? [], next: page.NextToken };
}

export async function queueUrl(name: string, signal?: AbortSignal): Promise<string> {
  return (
    await json<{ QueueUrl: string }>('sqs', 'GetQueueUrl', { QueueName: name }, { signal, quiet: true })
  ).QueueUrl;
}

export async function describeQueue(url: string, signal?: AbortSignal): Promise<Queue> {
  const { Attributes } = await json<{ Attributes: Record<string, string> }>(
    'sqs',
    'GetQueueAttributes',
    { QueueUrl: url, AttributeNames: ['All'] },
    { signal, quiet: true },
  );
  return { url, name: queueName(url), attributes: Attributes };
}

export async function findQueue(name: string, signal?: AbortSignal): Promise<Queue> {
  return describeQueue(await queueUrl(name, signal), signal);
}

export async function createQueue(
  name: string,
  attributes: Record<string, string>,
  tags: Record<string, string>,
): Promise<string> {
  const input = { QueueName: name, Attributes: attributes, tags };
  return (await json<{ QueueUrl: string }>('sqs', 'CreateQueue', input)).QueueUrl;
}

export async function setAttributes(url: string, attributes: Record<string, string>): Promise<void> {
  await json('sqs', 'SetQueueAttributes', { QueueUrl: url, Attributes: attributes });
}

export async function deleteQueue(url: string): Promise<void> {
  await json('sqs', 'DeleteQueue', { QueueUrl: url });
}

export async function purgeQueue(url: string): Promise<void> {
  await json('sqs', 'PurgeQueue', { QueueUrl: url });
}

export interface Outgoing {
  QueueUrl: string;
  MessageBody: string;
  DelaySeconds?: number;
  MessageAttributes?: Record<string, MessageAttribute>;
  MessageGroupId?: string;
  MessageDeduplicationId?: string;
}

export async function sendMessage(message: Outgoing): Promise<string> {
  return (await json<{ MessageId: string }>('sqs', 'SendMessage', message)).MessageId;
}

export async function receiveMessages(
  url: string,
  count: number,
  waitSeconds: number,
  signal: AbortSignal,
): Promise<Message[]> {
  const { Messages } = await json<{ Messages?: Message[] }>(
    'sqs',
    'ReceiveMessage',
    {
      QueueUrl: url,
      MaxNumberOfMessages: count,
      WaitTimeSeconds: waitSeconds,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    },
    { signal },
  );
  return Messages ?? [];
}

export async function deleteMessage(url: string, receiptHandle: string): Promise<void> {
  await json('sqs', 'DeleteMessage', { QueueUrl: url, ReceiptHandle: receiptHandle });
}

/** The messages of a queue, without receiving them: no count and no visibility changes. */
export async function peek(url: string, signal?: AbortSignal): Promise<Message[]> {
  const form = new URLSearchParams({ QueueUrl: url, ShowInvisible: 'true', ShowDelayed: 'true' });
  return (await orderly<{ Messages: Message[] }>('GET', `/_aws/sqs/messages?${form}`, undefined, { signal }))
    .Messages;
}

async function queuesOf<T>(path: string, token?: string, signal?: AbortSignal): Promise<Page<T>> {
  const form = new URLSearchParams({ accountId: account.value, region: region.value });
  if (token) form.set('next', token);
  const page = await orderly<{ Queues: T[]; Next?: string }>('GET', `${path}?${form}`, undefined, { signal });
  return { items: page.Queues, next: page.Next };
}

/** What is in a queue, by the names of its attributes and of its metric. */
export interface Figures {
  QueueUrl: string;
  ApproximateNumberOfMessages: number;
  ApproximateNumberOfMessagesNotVisible: number;
  ApproximateNumberOfMessagesDelayed: number;
  /** Seconds. */
  ApproximateAgeOfOldestMessage: number;
}

/** A page of all queues, in the order of their names, with what is in them. */
export function queueFigures(token?: string, signal?: AbortSignal): Promise<Page<Figures>> {
  return queuesOf('/_orderly/sqs/queues', token, signal);
}

/** A page of the queues that redrive policies name, with the number of their messages. */
export function deadLetterQueues(
  token?: string,
  signal?: AbortSignal,
): Promise<Page<{ QueueUrl: string; Messages: number }>> {
  return queuesOf('/_orderly/sqs/dead-letter-queues', token, signal);
}

/** Delete messages by the handles that a peek gave. */
export async function deletePeeked(url: string, messages: Message[]): Promise<void> {
  await inLots(messages, lot =>
    orderly('POST', '/_orderly/sqs/messages/delete', {
      QueueUrl: url,
      Messages: lot.map(({ ReceiptHandle }) => ({ ReceiptHandle })),
    }),
  );
}

export interface Redriven {
  ReceiptHandle: string;
  /** The corrected body, if it was edited. */
  Body?: string;
}

/** Move messages, by the handles that a peek gave, to the queue that they came from or to another one. */
export async function redrivePeeked(
  url: string,
  messages: Redriven[],
  destinationUrl?: string,
): Promise<void> {
  await inLots(messages, lot =>
    orderly('POST', '/_orderly/sqs/messages/redrive', {
      QueueUrl: url,
      Messages: lot,
      ...(destinationUrl && { DestinationUrl: destinationUrl }),
    }),
  );
}

const LOT = 100;

async function inLots<T>(all: T[], each: (lot: T[]) => Promise<unknown>): Promise<void> {
  for (let i = 0; i < all.length; i += LOT) await each(all.slice(i, i + LOT));
}

export interface MoveTask {
  TaskHandle?: string;
  Status: string;
  SourceArn: string;
  DestinationArn?: string;
  ApproximateNumberOfMessagesMoved: number;
  ApproximateNumberOfMessagesToMove?: number;
  MaxNumberOfMessagesPerSecond?: number;
  FailureReason?: string;
  StartedTimestamp: number;
}

export async function startMove(sourceArn: string, destinationArn?: string, rate?: number): Promise<void> {
  await json('sqs', 'StartMessageMoveTask', {
    SourceArn: sourceArn,
    ...(destinationArn && { DestinationArn: destinationArn }),
    ...(rate && { MaxNumberOfMessagesPerSecond: rate }),
  });
}

export async function listMoves(sourceArn: string, signal?: AbortSignal): Promise<MoveTask[]> {
  const input = { SourceArn: sourceArn, MaxResults: 10 };
  return (
    (await json<{ Results?: MoveTask[] }>('sqs', 'ListMessageMoveTasks', input, { signal, quiet: true }))
      .Results ?? []
  );
}

export async function cancelMove(handle: string): Promise<void> {
  await json('sqs', 'CancelMessageMoveTask', { TaskHandle: handle });
}

/** The queues whose dead-letter queue this is. */
export async function deadLetterSources(url: string, signal?: AbortSignal): Promise<string[]> {
  const input = { QueueUrl: url, MaxResults: PAGE };
  const page = await json<{ queueUrls?: string[] }>('sqs', 'ListDeadLetterSourceQueues', input, {
    signal,
    quiet: true,
  });
  return page.queueUrls ?? [];
}

export async function queueTags(url: string, signal?: AbortSignal): Promise<Record<string, string>> {
  return (
    (
      await json<{ Tags?: Record<string, string> }>(
        'sqs',
        'ListQueueTags',
        { QueueUrl: url },
        { signal, quiet: true },
      )
    ).Tags ?? {}
  );
}

export async function changeTags(
  url: string,
  before: Record<string, string>,
  after: Record<string, string>,
): Promise<void> {
  const gone = Object.keys(before).filter(key => !(key in after));
  if (gone.length) await json('sqs', 'UntagQueue', { QueueUrl: url, TagKeys: gone });
  if (Object.keys(after).length) await json('sqs', 'TagQueue', { QueueUrl: url, Tags: after });
}

export interface Redrive {
  deadLetterTargetArn: string;
  maxReceiveCount: number;
}

export function redriveOf(queue: Queue): Redrive | undefined {
  const text = queue.attributes.RedrivePolicy;
  return text ? (JSON.parse(text) as Redrive) : undefined;
}

export function isFifo(queue: Queue): boolean {
  return queue.attributes.FifoQueue === 'true';
}
