import type { Route } from '../../router';

export const routes: Route[] = [
  { path: 'traces', title: 'Orders and traces', load: () => import('./traces') },
  { path: 'traces/:id', title: ({ id }) => `Trace ${id}`, load: () => import('./trace') },
];
