/** Where the map's boxes and lines are: the layout library's work. */
import dagre from '@dagrejs/dagre';

import type { Topology, TopologyEdge, TopologyNode } from '../../api/topology';

export interface Placed {
  width: number;
  height: number;
  nodes: { node: TopologyNode; left: number; top: number; width: number; height: number }[];
  edges: { edge: TopologyEdge; points: { x: number; y: number }[]; at: { x: number; y: number } }[];
}

const WIDTH = 190;
const HEIGHT = 68;
/** Room for the number on a line. */
const LABEL = { width: 80, height: 16 };

export function place({ nodes, edges }: Topology): Placed {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: 'LR', nodesep: 24, ranksep: 60, marginx: 4, marginy: 4 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const node of nodes) graph.setNode(node.arn, { width: WIDTH, height: HEIGHT });
  for (const edge of edges) graph.setEdge(edge.from, edge.to, { ...LABEL, labelpos: 'c' });
  dagre.layout(graph);
  const { width = 0, height = 0 } = graph.graph();
  return {
    width,
    height,
    nodes: nodes.map(node => {
      const { x, y } = graph.node(node.arn);
      return { node, left: x - WIDTH / 2, top: y - HEIGHT / 2, width: WIDTH, height: HEIGHT };
    }),
    edges: edges.map(edge => {
      const { points, x, y } = graph.edge(edge.from, edge.to) as {
        points: { x: number; y: number }[];
        x: number;
        y: number;
      };
      return { edge, points, at: { x, y } };
    }),
  };
}
