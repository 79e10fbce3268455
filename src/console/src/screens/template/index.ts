import type { Route } from '../../router';

export const routes: Route[] = [
  { path: 'template', title: 'Template', load: () => import('./template_page') },
];
