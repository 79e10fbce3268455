/** CloudWatch's dashboards: a body in JSON under a name, for the account, whatever its region. */
import type { PageOf } from '../ui/pages';
import { json } from './client';

export interface DashboardEntry {
  DashboardName: string;
  DashboardArn: string;
  LastModified: number | string;
  Size: number;
}

export async function listDashboards(token?: string, signal?: AbortSignal): Promise<PageOf<DashboardEntry>> {
  const page = await json<{ DashboardEntries?: DashboardEntry[]; NextToken?: string }>(
    'cloudwatch',
    'ListDashboards',
    { NextToken: token },
    { signal, quiet: true },
  );
  return { items: page.DashboardEntries ?? [], next: page.NextToken };
}

export async function getDashboard(name: string, signal?: AbortSignal): Promise<string> {
  const { DashboardBody } = await json<{ DashboardBody: string }>(
    'cloudwatch',
    'GetDashboard',
    { DashboardName: name },
    { signal, quiet: true },
  );
  return DashboardBody;
}

export async function putDashboard(name: string, body: string): Promise<void> {
  await json('cloudwatch', 'PutDashboard', { DashboardName: name, DashboardBody: body });
}

/** A request has so many names at most. */
const NAMES_AT_ONCE = 100;

export async function deleteDashboards(names: string[]): Promise<void> {
  for (let at = 0; at < names.length; at += NAMES_AT_ONCE)
    await json('cloudwatch', 'DeleteDashboards', { DashboardNames: names.slice(at, at + NAMES_AT_ONCE) });
}
