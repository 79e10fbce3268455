import type { Route } from '../../router';

export const routes: Route[] = [
  { path: 'dead-letters', title: 'Dead letters', load: () => import('./dead_letters') },
];
