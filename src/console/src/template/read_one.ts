/** What a template has of one resource, read from AWS's API. */
import { tagsOf, type Alarm } from '../api/cloudwatch';
import { getDashboard } from '../api/dashboards';
import {
  describeRecovery,
  describeTable,
  describeTimeToLive,
  listTags,
  resourcePolicy,
} from '../api/dynamodb';
import {
  attachedPolicies,
  getPolicy,
  getRole,
  getUser,
  inlinePolicies,
  listAccessKeys,
  versionDocument,
  type Kind,
} from '../api/iam';
import { aliasesPage, downloadCode, versionsPage, type FunctionDetails } from '../api/lambda';
import { eventConfig, functionPolicy, functionUrl } from '../api/lambda_settings';
import { listMappings } from '../api/lambda_triggers';
import { getLayerVersion, layerVersionPolicy } from '../api/layers';
import { logGroupTags, metricFilters, subscriptionFilters, type LogGroup } from '../api/logs';
import {
  dataProtectionPolicy,
  PENDING,
  subscriptionAttributes,
  topicAttributes,
  topicTags,
  type Subscription,
} from '../api/sns';
import { queueTags, type Queue } from '../api/sqs';
import { listOf } from '../api/xml';
import { somePages } from '../ui/resource';
import { alarmEntry, dashboardEntry } from './cloudwatch';
import { tableEntry } from './dynamodb';
import { identityEntry, policyEntry } from './iam';
import { canBeInline, inlineCode, MOST_INLINE, type Inline } from './inline';
import { functionEntries, layerEntries } from './lambda';
import { logGroupEntries } from './logs';
import { subscriptionEntry, topicEntries } from './sns';
import { queueEntries } from './sqs';
import type { Entry } from './template';

export async function topicOf(topicArn: string, signal: AbortSignal): Promise<Entry[]> {
  const [attributes, tags, dataProtection] = await Promise.all([
    topicAttributes(topicArn, signal),
    topicTags(topicArn, signal),
    dataProtectionPolicy(topicArn, signal),
  ]);
  return topicEntries({ arn: topicArn, attributes, tags, dataProtection });
}

export async function subscriptionOf(listed: Subscription, signal: AbortSignal): Promise<Entry[]> {
  const confirmed = listed.SubscriptionArn !== PENDING;
  const attributes = confirmed ? await subscriptionAttributes(listed.SubscriptionArn, signal) : undefined;
  return [subscriptionEntry({ listed, attributes })];
}

export async function queueOf(queue: Queue, signal: AbortSignal): Promise<Entry[]> {
  return queueEntries({ queue, tags: await queueTags(queue.url, signal) });
}

export async function tableOf(name: string, signal: AbortSignal): Promise<Entry[]> {
  const table = await describeTable(name, signal);
  const [timeToLive, recovery, policy, tags] = await Promise.all([
    describeTimeToLive(name, signal),
    describeRecovery(name, signal),
    resourcePolicy(table.TableArn, signal),
    listTags(table.TableArn, signal),
  ]);
  return [tableEntry({ table, timeToLive, recovery, policy, tags })];
}

export async function functionOf(details: FunctionDetails, signal: AbortSignal): Promise<Entry[]> {
  const name = details.Configuration.FunctionName;
  const [code, policy, url, events, mappings, aliases, versions] = await Promise.all([
    codeOf(details),
    functionPolicy(name, signal),
    functionUrl(name, signal),
    eventConfig(name, signal),
    listMappings({ FunctionName: name }, signal),
    somePages(marker => aliasesPage(name, marker, signal), PAGES_OF_ONE),
    somePages(marker => versionsPage(name, marker, signal), PAGES_OF_ONE),
  ]);
  return functionEntries({
    details,
    code,
    policy,
    url,
    events,
    mappings,
    aliases: aliases.items,
    versions: versions.items.map(one => one.Version).filter(version => version !== '$LATEST'),
  });
}

/** What a package of a single file of that size has at most. */
const MOST_ZIP = MOST_INLINE + 10_000;
const PAGES_OF_ONE = 4;

async function codeOf({ Configuration: it, Code }: FunctionDetails): Promise<Inline | undefined> {
  if (!canBeInline(it.Runtime) || it.CodeSize > MOST_ZIP) return undefined;
  return inlineCode(it.Runtime ?? '', it.Handler ?? '', await downloadCode(Code.Location));
}

export async function layerOf(versionArn: string, signal: AbortSignal): Promise<Entry[]> {
  const [name, version] = versionArn.split(':').slice(-2);
  const [details, policy] = await Promise.all([
    getLayerVersion(name!, Number(version), signal),
    layerVersionPolicy(name!, Number(version), signal),
  ]);
  return layerEntries(details, policy);
}

export async function identityOf(kind: Kind, name: string, signal: AbortSignal): Promise<Entry[]> {
  const [identity, inline, attached, keys] = await Promise.all([
    kind === 'Role' ? getRole(name, signal) : getUser(name, signal),
    inlinePolicies(kind, name, signal),
    attachedPolicies(kind, name, signal),
    kind === 'User' ? listAccessKeys(name, signal) : [],
  ]);
  return [
    identityEntry({
      kind,
      identity,
      inline,
      attached: attached.map(policy => policy.PolicyArn),
      tags: listOf(identity.Tags),
      keys: keys.length,
    }),
  ];
}

export async function policyOf(policyArn: string, signal: AbortSignal): Promise<Entry[]> {
  const policy = await getPolicy(policyArn, signal);
  const document = await versionDocument(policyArn, policy.DefaultVersionId, signal);
  return [policyEntry({ policy, document, tags: listOf(policy.Tags) })];
}

export async function logGroupOf(group: LogGroup, signal: AbortSignal): Promise<Entry[]> {
  const [tags, metrics, subscriptions] = await Promise.all([
    logGroupTags(group.logGroupArn, signal),
    metricFilters(group.logGroupName, signal),
    subscriptionFilters(group.logGroupName, signal),
  ]);
  return logGroupEntries({ group, tags, metricFilters: metrics, subscriptionFilters: subscriptions });
}

export async function alarmOf(alarm: Alarm, signal: AbortSignal): Promise<Entry[]> {
  return [alarmEntry({ alarm, tags: await tagsOf(alarm.AlarmArn, signal) })];
}

export async function dashboardOf(name: string, signal: AbortSignal): Promise<Entry[]> {
  return [dashboardEntry({ name, body: await getDashboard(name, signal) })];
}
