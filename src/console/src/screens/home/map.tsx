/** The map, drawn from left to right. */
import { useEffect, useRef, useState } from 'preact/hooks';

import type { Topology, TopologyEdge, TopologyNode } from '../../api/topology';
import { Link } from '../../router';
import { count } from '../../ui/format';
import { pageOf } from '../traces/step_details';
import type { Placed } from './placing';

const KINDS = {
  topic: 'SNS topic',
  queue: 'SQS queue',
  function: 'Lambda function',
  table: 'DynamoDB table',
  other: '',
};

export function Map({ topology }: { topology: Topology }) {
  const [placed, setPlaced] = useState<Placed>();
  const latest = useRef(topology);
  latest.current = topology;
  // Figures alone move nothing.
  const shape = JSON.stringify([topology.nodes.map(node => node.arn), topology.edges]);
  useEffect(() => {
    let gone = false;
    void import('./placing').then(({ place }) => !gone && setPlaced(place(latest.current)));
    return () => {
      gone = true;
    };
  }, [shape]);
  if (!placed) return null;
  const now = Object.fromEntries(topology.nodes.map(node => [node.arn, node]));
  return (
    <div class="map-scroll" tabIndex={0} role="region" aria-label="Map of the resources">
      <div class="map" style={{ width: placed.width, height: placed.height }}>
        <svg width={placed.width} height={placed.height} aria-hidden="true">
          {placed.edges.map(({ edge, points, at }) => (
            <Line key={`${edge.from} ${edge.to}`} edge={edge} points={points} at={at} />
          ))}
        </svg>
        {placed.nodes.map(({ node, left, top, width, height }) => (
          <div key={node.arn} class="map-node" style={{ left, top, width, height }}>
            <Node node={now[node.arn] ?? node} />
          </div>
        ))}
      </div>
    </div>
  );
}

function Node({ node }: { node: TopologyNode }) {
  const waits = node.waiting ? `${count(node.waiting)} ${node.deadLetters ? 'dead' : 'waiting'}` : '';
  return (
    <Link
      to={pageOf(node.arn) ?? ''}
      class={`map-box map-${node.kind}${node.deadLetters && node.waiting ? ' map-dead' : ''}`}
    >
      <span class="map-kind">{node.deadLetters ? 'Dead-letter queue' : KINDS[node.kind]}</span>
      <strong>{node.name}</strong>
      <span class="map-figure">{waits}</span>
    </Link>
  );
}

interface LineProps {
  edge: TopologyEdge;
  points: { x: number; y: number }[];
  at: { x: number; y: number };
}

function Line({ edge, points, at }: LineProps) {
  const [first, ...rest] = points;
  const path = `M${first!.x} ${first!.y}` + rest.map(({ x, y }) => ` L${x} ${y}`).join('');
  const end = points.at(-1)!;
  const kind = edge.failed ? ' failed' : '';
  return (
    <g class={`map-line${edge.redrive ? ' redrive' : ''}${kind}`}>
      <path d={path} />
      <path d={`M${end.x - 7} ${end.y - 4} L${end.x} ${end.y} L${end.x - 7} ${end.y + 4}`} />
      {edge.count > 0 && (
        <text x={at.x} y={at.y - 5}>
          {count(edge.count)}
          {edge.failed > 0 && ` (${count(edge.failed)} failed)`}
        </text>
      )}
    </g>
  );
}
