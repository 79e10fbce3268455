/** The pages of resources that a template can have. */
import { matchRoute } from '../router';

export const PAGES = {
  topic: 'sns/topics/:name/*',
  queue: 'sqs/queues/:name/*',
  function: 'lambda/functions/:name/*',
  layer: 'lambda/layers/:name/*',
  table: 'dynamodb/tables/:name/*',
  role: 'iam/roles/:name/*',
  user: 'iam/users/:name/*',
  policy: 'iam/policies/:name/*',
  logGroup: 'cloudwatch/log-groups/:name/*',
  alarm: 'cloudwatch/alarms/:name/*',
  dashboard: 'cloudwatch/dashboards/:name/*',
};

export type PageKind = keyof typeof PAGES;

export interface PageOfResource {
  kind: PageKind;
  name: string;
  /** The page's own address, without what is below it. */
  address: string;
}

export function resourceAt(address: string): PageOfResource | undefined {
  for (const [kind, path] of Object.entries(PAGES) as [PageKind, string][]) {
    const { name } = matchRoute({ path, title: '', load: unused }, address) ?? {};
    if (name) return { kind, name, address: address.split('/').slice(0, 3).join('/') };
  }
  return undefined;
}

function unused(): never {
  throw new Error('This is no screen.');
}
