/** CloudWatch: the ways to logs, metrics and alarms, and the alarms that ring. */
import { changed } from '../../api/events';
import { describeAlarms } from '../../api/cloudwatch';
import { Link, link } from '../../router';
import { Empty, Page, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { useResource } from '../../ui/resource';

const PLACES: [string, string, string][] = [
  [
    'Dashboards',
    'cloudwatch/dashboards',
    'Graphs, figures, alarms and logs side by side, as you arrange them',
  ],
  [
    'Log groups',
    'cloudwatch/log-groups',
    'What functions and applications have written, with search and live tail',
  ],
  ['All metrics', 'cloudwatch/metrics', 'What every service counts, in graphs'],
  ['All alarms', 'cloudwatch/alarms', 'Thresholds that are watched, and what happens when they are crossed'],
];

export default function Overview() {
  const alarms = useResource(
    'cloudwatch/ringing',
    async signal => (await describeAlarms(undefined, undefined, signal)).items,
    {
      on: changed('cloudwatch'),
    },
  );
  const ringing = alarms.data?.filter(alarm => alarm.StateValue === 'ALARM') ?? [];
  return (
    <Page title="CloudWatch">
      <div class="tiles-grid">
        {PLACES.map(([name, to, what]) => (
          <Panel key={to} title={<Link to={to}>{name}</Link>}>
            <p>{what}</p>
          </Panel>
        ))}
      </div>
      <Problem error={alarms.error} retry={alarms.reload} />
      <Panel title="In alarm" count={ringing.length}>
        {ringing.length === 0 && <Empty title="No alarm rings" />}
        {ringing.map(alarm => (
          <p key={alarm.AlarmName}>
            <Link to={link`cloudwatch/alarms/${alarm.AlarmName}`}>{alarm.AlarmName}</Link> {alarm.StateReason}
          </p>
        ))}
      </Panel>
    </Page>
  );
}
