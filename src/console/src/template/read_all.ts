/** What the template of the account and region has: the resources of the services that are asked for. */
import { describeAlarms } from '../api/cloudwatch';
import { listDashboards } from '../api/dashboards';
import { tablesPage } from '../api/dynamodb';
import { AwsError, errorText } from '../api/errors';
import { policiesPage, rolesPage, usersPage } from '../api/iam';
import { functionsPage, getFunction } from '../api/lambda';
import { layersPage } from '../api/layers';
import { logGroups } from '../api/logs';
import { subscriptionsPage, topicsPage } from '../api/sns';
import { describeQueue, listQueues, queueName } from '../api/sqs';
import type { PageOf } from '../ui/pages';
import { inLots } from './lots';
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
      await inLots(items, add, lot => {
        all.entries.push(...lot);
        told(all.entries.length);
      });
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
