/** "Build the order system": the tutorials' steps, with a tick at each that is there. */
import type { NodeKind, Topology } from '../../api/topology';
import { Link } from '../../router';
import { DoneIcon } from '../../ui/icons';
import { Panel } from '../../ui/layout';

interface Step {
  text: string;
  to: string;
  done: (map: Topology) => boolean;
}

const has = (kind: NodeKind) => (map: Topology) => map.nodes.some(node => node.kind === kind);

const wired = (from: NodeKind, to: NodeKind) => (map: Topology) => {
  const kindOf = new Map(map.nodes.map(node => [node.arn, node.kind]));
  return map.edges.some(
    edge => edge.wired && !edge.redrive && kindOf.get(edge.from) === from && kindOf.get(edge.to) === to,
  );
};

const STEPS: Step[] = [
  { text: 'Create the table Orders', to: 'dynamodb/create-table', done: has('table') },
  { text: 'Create the topic OrderTopic', to: 'sns/create-topic', done: has('topic') },
  {
    text: 'Create the queue OrderDLQ, and OrderQueue with it as dead-letter queue',
    to: 'sqs/create-queue',
    done: map => map.edges.some(edge => edge.redrive),
  },
  { text: 'Subscribe OrderQueue to OrderTopic', to: 'sns/topics', done: wired('topic', 'queue') },
  { text: 'Create the role LambdaOrderProcessorRole', to: 'iam/roles', done: has('function') },
  { text: 'Create the function OrderProcessor', to: 'lambda/create-function', done: has('function') },
  { text: 'Add OrderQueue as its trigger', to: 'lambda/functions', done: wired('queue', 'function') },
  {
    text: 'Publish an order, and see it in the table',
    to: 'traces',
    done: map => {
      const tables = new Set(map.nodes.filter(node => node.kind === 'table').map(node => node.arn));
      return map.edges.some(edge => tables.has(edge.to) && edge.count > edge.failed);
    },
  },
];

export function Checklist({ map }: { map: Topology }) {
  const done = STEPS.filter(step => step.done(map)).length;
  if (done === STEPS.length) return null;
  return (
    <Panel title="Build the order system" count={`${done} of ${STEPS.length}`}>
      <ul class="checklist">
        {STEPS.map(step => (
          <li key={step.text}>
            <span class="tick">{step.done(map) && <DoneIcon />}</span>
            <Link to={step.to}>{step.text}</Link>
            {step.done(map) && <span class="visually-hidden">done</span>}
          </li>
        ))}
      </ul>
    </Panel>
  );
}
