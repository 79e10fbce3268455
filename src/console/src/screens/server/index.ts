import type { Route } from '../../router';

export const routes: Route[] = [{ path: 'server', title: 'Clock and state', load: () => import('./server') }];
