/** What the template of a page has: its resource, with what belongs to it. */
import { describeAlarms } from '../api/cloudwatch';
import { AwsError } from '../api/errors';
import { attachedPolicies } from '../api/iam';
import { getFunction, type FunctionDetails } from '../api/lambda';
import { layerVersionsPage } from '../api/layers';
import { logGroup } from '../api/logs';
import { subscriptionsPage } from '../api/sns';
import { findQueue, queueName, redriveOf } from '../api/sqs';
import { arn } from '../session';
import { somePages } from '../ui/resource';
import { inLots } from './lots';
import type { PageKind } from './pages';
import {
  alarmOf,
  dashboardOf,
  functionOf,
  identityOf,
  layerOf,
  logGroupOf,
  policyOf,
  queueOf,
  subscriptionOf,
  tableOf,
  topicOf,
} from './read_one';
import { MOST_RESOURCES, type Entry } from './template';

async function topicAndSubscriptions(name: string, signal: AbortSignal): Promise<Entry[]> {
  const topicArn = arn('sns', name);
  const [topic, subscriptions] = await Promise.all([
    topicOf(topicArn, signal),
    somePages(token => subscriptionsPage(topicArn, token, signal), MOST_RESOURCES / 100),
  ]);
  return [...topic, ...(await inLots(subscriptions.items, one => subscriptionOf(one, signal)))];
}

async function queueAndDeadLetters(name: string, signal: AbortSignal): Promise<Entry[]> {
  const queue = await findQueue(name, signal);
  const target = redriveOf(queue)?.deadLetterTargetArn;
  const other = target?.startsWith(arn('sqs', ''))
    ? await ifThere(findQueue(queueName(target), signal))
    : undefined;
  return [...(other ? await queueOf(other, signal) : []), ...(await queueOf(queue, signal))];
}

async function layersOf({ Configuration: it }: FunctionDetails, signal: AbortSignal): Promise<Entry[]> {
  const own = (it.Layers ?? []).filter(layer => layer.Arn.startsWith(arn('lambda', 'layer:')));
  return inLots(own, layer => layerOf(layer.Arn, signal));
}

async function functionAndRole(name: string, signal: AbortSignal): Promise<Entry[]> {
  const details = await getFunction(name, undefined, signal);
  const { Role, LoggingConfig } = details.Configuration;
  const [all, layers, role, logs] = await Promise.all([
    functionOf(details, signal),
    layersOf(details, signal),
    ifThere(identityOf('Role', Role.split('/').at(-1)!, signal)),
    ifThere(logGroupNamed(LoggingConfig?.LogGroup ?? `/aws/lambda/${name}`, signal)),
  ]);
  return [...(role ?? []), ...layers, ...all, ...(logs ?? [])];
}

async function roleAndPolicies(name: string, signal: AbortSignal): Promise<Entry[]> {
  const attached = await attachedPolicies('Role', name, signal);
  const own = attached.filter(policy => !policy.PolicyArn.startsWith('arn:aws:iam::aws:'));
  return [
    ...(await inLots(own, policy => policyOf(policy.PolicyArn, signal))),
    ...(await identityOf('Role', name, signal)),
  ];
}

async function logGroupNamed(name: string, signal: AbortSignal): Promise<Entry[]> {
  const group = await logGroup(name, signal);
  if (!group) throw new AwsError('ResourceNotFoundException', `There is no log group ${name}.`, 404, '');
  return logGroupOf(group, signal);
}

async function alarmNamed(name: string, signal: AbortSignal): Promise<Entry[]> {
  const { items } = await describeAlarms([name], undefined, signal);
  if (!items[0]) throw new AwsError('ResourceNotFound', `There is no alarm ${name}.`, 404, '');
  return alarmOf(items[0], signal);
}

async function newestLayer(name: string, signal: AbortSignal): Promise<Entry[]> {
  const { items } = await layerVersionsPage(name, undefined, signal);
  return inLots(items.slice(0, 1), one => layerOf(one.LayerVersionArn, signal));
}

export const READERS: Record<PageKind, (name: string, signal: AbortSignal) => Promise<Entry[]>> = {
  topic: topicAndSubscriptions,
  queue: queueAndDeadLetters,
  function: functionAndRole,
  layer: newestLayer,
  table: tableOf,
  role: roleAndPolicies,
  user: (name, signal) => identityOf('User', name, signal),
  policy: policyOf,
  logGroup: logGroupNamed,
  alarm: alarmNamed,
  dashboard: dashboardOf,
};

async function ifThere<T>(promise: Promise<T>): Promise<T | undefined> {
  return promise.catch(error => {
    if (error instanceof AwsError && (error.missing || error.denied)) return undefined;
    throw error;
  });
}
