/** CloudWatch › All alarms. */
import { changed } from '../../api/events';
import { deleteAlarms, describeAlarms, type Alarm } from '../../api/cloudwatch';
import { Link, link, navigate } from '../../router';
import { Confirm } from '../../ui/dialog';
import { attempt } from '../../ui/flash';
import { Time } from '../../ui/format';
import { Badge, Page } from '../../ui/layout';
import { ListPanel, pagesListed } from '../../ui/list_panel';
import { usePages } from '../../ui/pages';

const nameOf = (alarm: Alarm) => alarm.AlarmName;

export default function Alarms() {
  const alarms = usePages('cloudwatch/alarms', (token, signal) => describeAlarms(undefined, token, signal), {
    on: changed('cloudwatch'),
  });
  return (
    <Page title="Alarms" crumbs={[['CloudWatch', 'cloudwatch']]}>
      <ListPanel
        title="Alarms"
        list={pagesListed(alarms)}
        nameOf={nameOf}
        filterText={nameOf}
        columns={[
          {
            id: 'name',
            title: 'Name',
            sort: alarm => alarm.AlarmName,
            cell: alarm => <Link to={link`cloudwatch/alarms/${alarm.AlarmName}`}>{alarm.AlarmName}</Link>,
          },
          {
            id: 'state',
            title: 'State',
            sort: alarm => alarm.StateValue,
            cell: alarm => <AlarmState alarm={alarm} />,
          },
          {
            id: 'updated',
            title: 'Last state update',
            cell: alarm => <Time at={alarm.StateUpdatedTimestamp} />,
          },
          { id: 'condition', title: 'Conditions', cell: alarm => conditionOf(alarm) },
          {
            id: 'actions',
            title: 'Actions',
            cell: alarm => (alarm.ActionsEnabled ? 'Actions enabled' : 'Actions disabled'),
          },
        ]}
        create={{ label: 'Create alarm', onClick: () => navigate('cloudwatch/create-alarm') }}
        empty="No alarms"
        removal={(rows, dialog) => (
          <Confirm
            title="Delete alarms"
            action="Delete"
            typed="delete"
            onConfirm={async () => {
              await attempt(() => deleteAlarms(rows.map(nameOf)), 'Deleted');
              await dialog.onRemoved();
            }}
            onClose={dialog.onClose}
          >
            <p>{rows.map(nameOf).join(', ')}</p>
          </Confirm>
        )}
      />
    </Page>
  );
}

const STATES = {
  OK: { tone: 'good', text: 'OK' },
  ALARM: { tone: 'bad', text: 'In alarm' },
  INSUFFICIENT_DATA: { tone: 'plain', text: 'Insufficient data' },
} as const;

export function AlarmState({ alarm }: { alarm: Alarm }) {
  const state = STATES[alarm.StateValue];
  return <Badge tone={state.tone}>{state.text}</Badge>;
}

const SIGNS: Record<string, string> = {
  GreaterThanThreshold: '>',
  GreaterThanOrEqualToThreshold: '>=',
  LessThanThreshold: '<',
  LessThanOrEqualToThreshold: '<=',
};

/** "NumberOfMessages >= 1 for 2 datapoints within 3 minutes", as AWS's console says it. */
export function conditionOf(alarm: Alarm): string {
  if (alarm.AlarmRule) return alarm.AlarmRule;
  const points = alarm.DatapointsToAlarm ?? alarm.EvaluationPeriods ?? 1;
  const minutes = ((alarm.EvaluationPeriods ?? 1) * (alarm.Period ?? 60)) / 60;
  const sign = SIGNS[alarm.ComparisonOperator ?? ''] ?? alarm.ComparisonOperator;
  return `${alarm.MetricName ?? 'Math'} ${sign} ${alarm.Threshold ?? 'band'} for ${points} datapoints within ${minutes} minutes`;
}
