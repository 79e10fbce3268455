/** CloudWatch › All alarms. */
import { useState } from 'preact/hooks';

import { deleteAlarms, describeAlarms, type Alarm } from '../../api/cloudwatch';
import { Link, link, navigate } from '../../router';
import { Button } from '../../ui/controls';
import { Confirm } from '../../ui/dialog';
import { attempt } from '../../ui/flash';
import { Time } from '../../ui/format';
import { Badge, Empty, Page, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { allPages, useResource } from '../../ui/resource';
import { Table } from '../../ui/table';

export default function Alarms() {
  const alarms = useResource(
    'cloudwatch/alarms',
    signal => allPages(token => describeAlarms(undefined, token, signal)),
    {
      on: ({ event, data }) => event === 'change' && data.service === 'cloudwatch',
    },
  );
  const [selected, setSelected] = useState<Set<string>>(new Set());
  const [deleting, setDeleting] = useState(false);
  const remove = async () => {
    await attempt(() => deleteAlarms([...selected]), 'Deleted');
    setSelected(new Set());
    await alarms.reload();
  };
  return (
    <Page title="Alarms" crumbs={[['CloudWatch', 'cloudwatch']]}>
      <Problem error={alarms.error} retry={alarms.reload} />
      <Panel
        title="Alarms"
        count={alarms.data?.length}
        actions={
          <>
            <Button kind="danger" disabled={selected.size === 0} onClick={() => setDeleting(true)}>
              Delete
            </Button>
            <Button kind="primary" onClick={() => navigate('cloudwatch/create-alarm')}>
              Create alarm
            </Button>
          </>
        }
      >
        <Table
          label="Alarms"
          rows={alarms.data ?? []}
          rowKey={alarm => alarm.AlarmName}
          filterText={alarm => alarm.AlarmName}
          selection={{ keys: selected, onChange: setSelected, label: alarm => alarm.AlarmName }}
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
          empty={<Empty title={alarms.loading ? 'Loading…' : 'No alarms'} />}
        />
      </Panel>
      {deleting && (
        <Confirm
          title="Delete alarms"
          action="Delete"
          typed="delete"
          onConfirm={remove}
          onClose={() => setDeleting(false)}
        >
          <p>{[...selected].join(', ')}</p>
        </Confirm>
      )}
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
