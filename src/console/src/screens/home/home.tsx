/** Home: the map of what exists and of the work that flows through it, and the way to the order system. */
import { useState } from 'preact/hooks';

import { changed } from '../../api/events';
import { topology, type Topology } from '../../api/topology';
import { Link, link, navigate } from '../../router';
import { Form, TextField } from '../../ui/controls';
import { count, nameOf } from '../../ui/format';
import { Badge, Empty, Page, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { useResource } from '../../ui/resource';
import { Table } from '../../ui/table';
import { pageOf } from '../traces/step_details';
import { Checklist } from './checklist';
import './home.css';
import { Map } from './map';

const onResources = changed('sns', 'sqs', 'lambda', 'dynamodb');

export default function Home() {
  const found = useResource('home/map', topology, {
    on: event => event.event === 'traces' || onResources(event),
  });
  const map = found.data;
  const dead = map?.nodes.filter(node => node.deadLetters && node.waiting) ?? [];
  return (
    <Page title="Home" description="What exists, what gives work to what, and how it goes.">
      <FindOrder />
      <Problem error={found.error} retry={found.reload} />
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
        {map && map.nodes.length > 0 ? (
          <Map topology={map} />
        ) : (
          <Empty title={map ? 'Nothing exists yet' : 'Loading…'} />
        )}
        {map && map.left > 0 && <p class="hint">{`${count(map.left)} more queues are not drawn.`}</p>}
      </Panel>
      {map && map.edges.length > 0 && <Connections map={map} />}
      {map && <Checklist map={map} />}
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
