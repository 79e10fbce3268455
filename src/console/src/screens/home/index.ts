import type { Route } from '../../router';

export const routes: Route[] = [{ path: '', title: 'Home', load: () => import('./home') }];
