/** What a template is made of, read from AWS's API: one resource with what belongs to it, or all of the account and region. */
import { describeAlarms, tagsOf, type Alarm } from '../api/cloudwatch';
import { getDashboard, listDashboards } from '../api/dashboards';
import {
  describeRecovery,
  describeTable,
  describeTimeToLive,
  listTags,
  resourcePolicy,
  tablesPage,
} from '../api/dynamodb';
import { AwsError, errorText } from '../api/errors';
import {
  attachedPolicies,
  getPolicy,
  getRole,
  getUser,
  inlinePolicies,
  listAccessKeys,
  policiesPage,
  rolesPage,
  usersPage,
  versionDocument,
  type Kind,
} from '../api/iam';
import {
  aliasesPage,
  downloadCode,
  functionsPage,
  getFunction,
  versionsPage,
  type FunctionDetails,
} from '../api/lambda';
import { eventConfig, functionPolicy, functionUrl } from '../api/lambda_settings';
import { listMappings } from '../api/lambda_triggers';
import { getLayerVersion, layersPage, layerVersionPolicy, layerVersionsPage } from '../api/layers';
import {
  logGroup,
  logGroups,
  logGroupTags,
  metricFilters,
  subscriptionFilters,
  type LogGroup,
} from '../api/logs';
import {
  dataProtectionPolicy,
  PENDING,
  subscriptionAttributes,
  subscriptionsPage,
  topicAttributes,
  topicsPage,
  topicTags,
  type Subscription,
} from '../api/sns';
import {
  describeQueue,
  findQueue,
  listQueues,
  queueName,
  queueTags,
  redriveOf,
  type Queue,
} from '../api/sqs';
import { listOf } from '../api/xml';
import { arn } from '../session';
import type { PageOf } from '../ui/pages';
import { somePages } from '../ui/resource';
import { alarmEntry, dashboardEntry } from './cloudwatch';
import { tableEntry } from './dynamodb';
import { identityEntry, policyEntry } from './iam';
import { canBeInline, inlineCode, MOST_INLINE, type Inline } from './inline';
import { functionEntries, layerEntries } from './lambda';
import { logGroupEntries } from './logs';
import type { PageKind } from './pages';
import { subscriptionEntry, topicEntries } from './sns';
import { queueEntries } from './sqs';
import { MOST_RESOURCES, type Entry } from './template';

/* ---- each resource ---- */

async function topicOf(topicArn: string, signal: AbortSignal): Promise<Entry[]> {
  const [attributes, tags, dataProtection] = await Promise.all([
    topicAttributes(topicArn, signal),
    topicTags(topicArn, signal),
    dataProtectionPolicy(topicArn, signal),
  ]);
  return topicEntries({ arn: topicArn, attributes, tags, dataProtection });
}

async function subscriptionOf(listed: Subscription, signal: AbortSignal): Promise<Entry[]> {
  const confirmed = listed.SubscriptionArn !== PENDING;
  const attributes = confirmed ? await subscriptionAttributes(listed.SubscriptionArn, signal) : undefined;
  return [subscriptionEntry({ listed, attributes })];
}

async function queueOf(queue: Queue, signal: AbortSignal): Promise<Entry[]> {
  return queueEntries({ queue, tags: await queueTags(queue.url, signal) });
}

async function tableOf(name: string, signal: AbortSignal): Promise<Entry[]> {
  const table = await describeTable(name, signal);
  const stream = table.StreamSpecification?.StreamEnabled ? table.LatestStreamArn : undefined;
  const [timeToLive, recovery, policy, streamPolicy, tags] = await Promise.all([
    describeTimeToLive(name, signal),
    describeRecovery(name, signal),
    resourcePolicy(table.TableArn, signal),
    stream ? resourcePolicy(stream, signal) : '',
    listTags(table.TableArn, signal),
  ]);
  return [tableEntry({ table, timeToLive, recovery, policy, streamPolicy, tags })];
}

async function functionOf(details: FunctionDetails, signal: AbortSignal): Promise<Entry[]> {
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

async function layersOf({ Configuration: it }: FunctionDetails, signal: AbortSignal): Promise<Entry[]> {
  const own = (it.Layers ?? []).filter(layer => layer.Arn.startsWith(arn('lambda', 'layer:')));
  return inLots(own, layer => layerOf(layer.Arn, signal));
}

async function layerOf(versionArn: string, signal: AbortSignal): Promise<Entry[]> {
  const [name, version] = versionArn.split(':').slice(-2);
  const [details, policy] = await Promise.all([
    getLayerVersion(name!, Number(version), signal),
    layerVersionPolicy(name!, Number(version), signal),
  ]);
  return layerEntries(details, policy);
}

async function identityOf(kind: Kind, name: string, signal: AbortSignal): Promise<Entry[]> {
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

async function policyOf(policyArn: string, signal: AbortSignal): Promise<Entry[]> {
  const policy = await getPolicy(policyArn, signal);
  const document = await versionDocument(policyArn, policy.DefaultVersionId, signal);
  return [policyEntry({ policy, document, tags: listOf(policy.Tags) })];
}

async function logGroupOf(group: LogGroup, signal: AbortSignal): Promise<Entry[]> {
  const [tags, metrics, subscriptions] = await Promise.all([
    logGroupTags(group.logGroupArn, signal),
    metricFilters(group.logGroupName, signal),
    subscriptionFilters(group.logGroupName, signal),
  ]);
  return logGroupEntries({ group, tags, metricFilters: metrics, subscriptionFilters: subscriptions });
}

async function alarmOf(alarm: Alarm, signal: AbortSignal): Promise<Entry[]> {
  return [alarmEntry({ alarm, tags: await tagsOf(alarm.AlarmArn, signal) })];
}

async function dashboardOf(name: string, signal: AbortSignal): Promise<Entry[]> {
  return [dashboardEntry({ name, body: await getDashboard(name, signal) })];
}

/* ---- a page's resource, with what belongs to it ---- */

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

/* ---- all ---- */

interface List {
  label: string;
  page: (token: string | undefined, signal: AbortSignal) => Promise<PageOf<Read>>;
}

/** Reads one resource of a list. */
interface Read {
  name: string;
  entries: (signal: AbortSignal) => Promise<Entry[]>;
}

function listed<T>(
  label: string,
  page: (token: string | undefined, signal: AbortSignal) => Promise<PageOf<T>>,
  name: (row: T) => string,
  entries: (row: T, signal: AbortSignal) => Promise<Entry[]>,
): List {
  return {
    label,
    page: async (token, signal) => {
      const { items, next } = await page(token, signal);
      return {
        items: items.map(row => ({ name: name(row), entries: there => entries(row, there) })),
        next,
      };
    },
  };
}

/** In the order in which a reader wants to see them; a template's own order is free. */
export const SERVICES: Record<string, List[]> = {
  SNS: [
    listed('Topics', topicsPage, it => it, topicOf),
    listed(
      'Subscriptions',
      (token, signal) => subscriptionsPage(undefined, token, signal),
      it => `${it.TopicArn} ${it.Endpoint}`,
      subscriptionOf,
    ),
  ],
  SQS: [
    listed(
      'Queues',
      (token, signal) => listQueues(token, undefined, signal),
      queueName,
      async (url, signal) => queueOf(await describeQueue(url, signal), signal),
    ),
  ],
  Lambda: [
    listed(
      'Functions',
      functionsPage,
      it => it.FunctionName,
      async (it, signal) => functionOf(await getFunction(it.FunctionName, undefined, signal), signal),
    ),
    listed(
      'Layers',
      layersPage,
      it => it.LayerName,
      (it, signal) => layerOf(it.LatestMatchingVersion.LayerVersionArn, signal),
    ),
  ],
  DynamoDB: [listed('Tables', tablesPage, it => it, tableOf)],
  CloudWatch: [
    listed(
      'Log groups',
      (token, signal) => logGroups('', token, signal),
      it => it.logGroupName,
      logGroupOf,
    ),
    listed(
      'Alarms',
      (token, signal) => describeAlarms(undefined, token, signal),
      it => it.AlarmName,
      alarmOf,
    ),
    listed(
      'Dashboards',
      listDashboards,
      it => it.DashboardName,
      (it, signal) => dashboardOf(it.DashboardName, signal),
    ),
  ],
  IAM: [
    listed(
      'Roles',
      rolesPage,
      it => it.RoleName,
      (it, signal) => identityOf('Role', it.RoleName, signal),
    ),
    listed(
      'Users',
      usersPage,
      it => it.UserName,
      (it, signal) => identityOf('User', it.UserName, signal),
    ),
    listed(
      'Policies',
      (marker, signal) => policiesPage('Local', marker, signal),
      it => it.PolicyName,
      (it, signal) => policyOf(it.Arn, signal),
    ),
  ],
};

export interface All {
  entries: Entry[];
  /** Lists that were refused or are longer, and resources that could not be read. */
  unsaid: string[];
}

/** So many resources of these services as a template takes. */
export async function readAll(
  services: string[],
  told: (resources: number) => void,
  signal: AbortSignal,
): Promise<All> {
  const all: All = { entries: [], unsaid: [] };
  for (const list of services.flatMap(service => SERVICES[service] ?? []))
    await readList(list, all, told, signal);
  return all;
}

async function readList(
  list: List,
  all: All,
  told: (resources: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const add = async (one: Read) => {
    if (all.entries.length >= MOST_RESOURCES) return [];
    return readOne(one, all.unsaid, signal);
  };
  try {
    let next: string | undefined;
    do {
      if (all.entries.length >= MOST_RESOURCES) {
        all.unsaid.push(`${list.label}: a template has no place for all of them.`);
        return;
      }
      const { items, next: following } = await list.page(next, signal);
      for (let at = 0; at < items.length; at += AT_ONCE) {
        const lot = await Promise.all(items.slice(at, at + AT_ONCE).map(add));
        all.entries.push(...lot.flat());
        told(all.entries.length);
      }
      next = following;
    } while (next);
  } catch (error) {
    if (signal.aborted) throw error;
    all.unsaid.push(`${list.label}: ${errorText(error)}`);
  }
}

/** What has been deleted since it was listed is left out. */
async function readOne(one: Read, unsaid: string[], signal: AbortSignal): Promise<Entry[]> {
  try {
    return await one.entries(signal);
  } catch (error) {
    if (signal.aborted) throw error;
    if (!(error instanceof AwsError && error.missing)) unsaid.push(`${one.name}: ${errorText(error)}`);
    return [];
  }
}

const AT_ONCE = 6;

async function inLots<T>(rows: T[], read: (row: T) => Promise<Entry[]>): Promise<Entry[]> {
  const all: Entry[] = [];
  for (let at = 0; at < rows.length; at += AT_ONCE)
    all.push(...(await Promise.all(rows.slice(at, at + AT_ONCE).map(read))).flat());
  return all;
}
