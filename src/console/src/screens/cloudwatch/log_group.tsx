/** CloudWatch › Log groups › a group: its streams, the newest first. */
import { changed, reshaped } from '../../api/events';
import { logGroup, logStreams, setRetention } from '../../api/logs';
import { Link, link, navigate, type Params } from '../../router';
import { Absent } from '../../ui/absent';
import { Button, Select } from '../../ui/controls';
import { attempt } from '../../ui/flash';
import { bytes, Time } from '../../ui/format';
import { Copy, Empty, Facts, Page, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { usePages } from '../../ui/pages';
import { useResource } from '../../ui/resource';
import { Table } from '../../ui/table';

const RETENTIONS = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1827, 3653];

const CRUMBS: [string, string][] = [
  ['CloudWatch', 'cloudwatch'],
  ['Log groups', 'cloudwatch/log-groups'],
];

export default function LogGroupPage({ group = '' }: Params) {
  const found = useResource(`logs/group/${group}`, signal => logGroup(group, signal), {
    on: reshaped('logs'),
  });
  const streams = usePages(`logs/streams/${group}`, (token, signal) => logStreams(group, token, signal), {
    on: changed('logs'),
  });
  if (!found.data) return <Absent kind="log group" name={group} crumbs={CRUMBS} resource={found} />;
  const retain = async (days: string) => {
    await attempt(() => setRetention(group, days ? Number(days) : undefined), 'Retention saved');
    await found.reload();
  };
  return (
    <Page
      title={group}
      crumbs={CRUMBS}
      actions={
        <>
          <Button onClick={() => navigate(`${link`cloudwatch/log-groups/${group}/events`}?tail=1`)}>
            Start tailing
          </Button>
          <Button kind="primary" onClick={() => navigate(link`cloudwatch/log-groups/${group}/events`)}>
            Search log group
          </Button>
        </>
      }
    >
      <Panel title="Log group details">
        <Facts
          facts={[
            ['ARN', <Copy text={found.data.logGroupArn} />],
            ['Created', <Time at={found.data.creationTime} />],
            ['Stored bytes', bytes(found.data.storedBytes)],
            ['Metric filters', found.data.metricFilterCount],
            ['Log class', found.data.logGroupClass],
          ]}
        />
        <Select
          label="Retention"
          value={String(found.data.retentionInDays ?? '')}
          options={[
            { value: '', label: 'Never expire' },
            ...RETENTIONS.map(days => ({ value: String(days), label: `${days} days` })),
          ]}
          onChange={days => void retain(days)}
        />
      </Panel>
      <Problem error={streams.error} retry={streams.reload} />
      <Panel title="Log streams" count={`${streams.rows.length}${streams.more ? '+' : ''}`}>
        <Table
          label="Log streams"
          rows={streams.rows}
          more={streams.more}
          rowKey={stream => stream.logStreamName}
          filterText={stream => stream.logStreamName}
          columns={[
            {
              id: 'name',
              title: 'Log stream',
              cell: stream => (
                <Link
                  to={`${link`cloudwatch/log-groups/${group}/events`}?stream=${encodeURIComponent(stream.logStreamName)}`}
                >
                  {stream.logStreamName}
                </Link>
              ),
            },
            { id: 'last', title: 'Last event time', cell: stream => <Time at={stream.lastEventTimestamp} /> },
          ]}
          empty={<Empty title={streams.loading ? 'Loading…' : 'No log streams'} />}
        />
      </Panel>
    </Page>
  );
}
