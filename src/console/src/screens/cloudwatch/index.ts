import { listDashboards } from '../../api/dashboards';
import { logGroups } from '../../api/logs';
import { link, type Route } from '../../router';
import { foundIn, type Find } from '../found';

export const routes: Route[] = [
  { path: 'cloudwatch', title: 'CloudWatch', load: () => import('./overview') },
  { path: 'cloudwatch/dashboards', title: 'Dashboards', load: () => import('./dashboards/dashboards') },
  {
    path: 'cloudwatch/dashboards/:name',
    title: ({ name }) => `${name} | Dashboards`,
    load: () => import('./dashboards/dashboard'),
  },
  { path: 'cloudwatch/log-groups', title: 'Log groups', load: () => import('./log_groups') },
  { path: 'cloudwatch/log-groups/:group', title: ({ group }) => group!, load: () => import('./log_group') },
  {
    path: 'cloudwatch/log-groups/:group/events',
    title: ({ group }) => `Log events: ${group}`,
    load: () => import('./log_events'),
  },
  { path: 'cloudwatch/metrics', title: 'Metrics', load: () => import('./metrics') },
  { path: 'cloudwatch/alarms', title: 'Alarms', load: () => import('./alarms') },
  { path: 'cloudwatch/create-alarm', title: 'Create alarm', load: () => import('./create_alarm') },
  { path: 'cloudwatch/alarms/:name', title: ({ name }) => name!, load: () => import('./alarm') },
];

export const finds: Find[] = [
  (token, signal) =>
    foundIn(listDashboards(token, signal), ({ DashboardName: name }) => ({
      name,
      kind: 'Dashboard',
      to: link`cloudwatch/dashboards/${name}`,
    })),
  (token, signal) =>
    foundIn(logGroups('', token, signal), ({ logGroupName: name }) => ({
      name,
      kind: 'Log group',
      to: link`cloudwatch/log-groups/${name}`,
    })),
];
