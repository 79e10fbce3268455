/** Home: the map of what exists and of the work that flows through it, and the way to the order system. */
import { useEffect, useState } from 'preact/hooks';

import { changed, listen, reshaped } from '../../api/events';
import { structure, topology, trafficOf, type Topology } from '../../api/topology';
import { describeQueue } from '../../api/sqs';
import { Link, link, navigate } from '../../router';
import { Form, TextField } from '../../ui/controls';
import { useDetails } from '../../ui/details';
import { count, nameOf } from '../../ui/format';
import { Badge, Empty, Loading, Page, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { useResource } from '../../ui/resource';
import { Table } from '../../ui/table';
import { pageOf } from '../traces/step_details';
import { Checklist } from './checklist';
import './home.css';
import { Map } from './map';

const onResources = reshaped('sns', 'sqs', 'lambda', 'dynamodb');
/** A topic's messages and dead letters reach queues without an event of the queue. */
const onTraffic = changed('sns', 'sqs');

/** What is set up, its queues with the figures of now. */
function useStructure() {
  const found = useResource('home/structure', structure, { on: onResources });
  const details = useDetails(describeQueue);
  useEffect(() => {
    for (const queue of found.data?.queues ?? []) details.know(queue.url, queue);
    // Of those that nothing is wired to, the figures are as old as the map.
    const wired = new Set([...(found.data?.wired ?? []), ...(found.data?.redrives ?? [])].flat());
    details.want(
      (found.data?.queues ?? [])
        .filter(({ attributes }) => wired.has(attributes.QueueArn!))
        .map(queue => queue.url),
    );
  }, [found.data, details]);
  useEffect(
    () =>
      listen(event => {
        if (onTraffic(event) || event.event === 'lost') details.refreshAll();
      }),
    [details],
  );
  const data = found.data && {
    ...found.data,
    queues: found.data.queues.map(queue => details.of(queue.url) ?? queue),
  };
  return { ...found, data };
}

export default function Home() {
  const found = useStructure();
  const seen = useResource('home/traffic', signal => trafficOf(signal).catch(() => []), {
    on: ({ event }) => event === 'traces',
  });
  const refused = found.data?.refused;
  const map = found.data && topology(found.data, seen.data ?? []);
  const dead = map?.nodes.filter(node => node.deadLetters && node.waiting) ?? [];
  return (
    <Page title="Home" description="What exists, what gives work to what, and how it goes.">
      <FindOrder />
      <Problem error={found.error} retry={found.reload} />
      <Problem error={refused} />
      {dead.length > 0 && (
        <div class="notice notice-bad">
          {dead.map(node => (
            <span key={node.arn}>
              {count(node.waiting)} in {node.name}: <Link to="dead-letters">see why</Link>
            </span>
          ))}
        </div>
      )}
      <Panel
        title="Map"
        description="The numbers on the lines are the steps of the last hour; dashed lines lead to dead-letter queues."
      >
        {map && map.nodes.length > 0 && <Map topology={map} />}
        {map?.nodes.length === 0 && (
          <Empty title={refused ? 'Nothing that you may see' : 'Nothing exists yet'} />
        )}
        {!map && found.loading && <Loading />}
        {map && map.left > 0 && (
          <p class="hint">{`${count(map.left)}${map.more ? '+' : ''} more resources are not drawn.`}</p>
        )}
      </Panel>
      {map && map.edges.length > 0 && <Connections map={map} />}
      {map && !refused && <Checklist map={map} />}
    </Page>
  );
}

function FindOrder() {
  const [text, setText] = useState('');
  return (
    <Panel>
      <Form
        label="Find an order"
        submit="Find"
        onSubmit={() => Promise.resolve(navigate(`traces?text=${encodeURIComponent(text)}`))}
      >
        <TextField label="Where is order" type="search" placeholder="O1234" value={text} onInput={setText} />
      </Form>
    </Panel>
  );
}

/** The map in words, for those who cannot see it. */
function Connections({ map }: { map: Topology }) {
  return (
    <Panel title="Connections" count={map.edges.length}>
      <Table
        label="Connections"
        rows={map.edges}
        rowKey={edge => `${edge.from} ${edge.to}`}
        columns={[
          {
            id: 'from',
            title: 'From',
            sort: edge => nameOf(edge.from),
            cell: edge => <To arn={edge.from} />,
          },
          { id: 'to', title: 'To', sort: edge => nameOf(edge.to), cell: edge => <To arn={edge.to} /> },
          {
            id: 'how',
            title: 'How',
            cell: edge => (edge.redrive ? 'dead letters' : edge.wired ? 'set up' : 'seen in traces'),
          },
          {
            id: 'count',
            title: 'Last hour',
            number: true,
            sort: edge => edge.count,
            cell: edge => count(edge.count),
          },
          {
            id: 'failed',
            title: 'Failed',
            number: true,
            sort: edge => edge.failed,
            cell: edge => (edge.failed ? <Badge tone="bad">{count(edge.failed)}</Badge> : 0),
          },
        ]}
        empty={null}
      />
    </Panel>
  );
}

function To({ arn }: { arn: string }) {
  return <Link to={pageOf(arn) ?? link`traces?resource=${arn}`}>{nameOf(arn)}</Link>;
}
