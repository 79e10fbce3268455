import { functionsPage } from '../../api/lambda';
import { link, type Route } from '../../router';
import { foundIn, type Find } from '../found';

export const routes: Route[] = [
  { path: 'lambda/functions', title: 'Functions', load: () => import('./functions') },
  { path: 'lambda/create-function', title: 'Create function', load: () => import('./create_function') },
  {
    path: 'lambda/functions/:name',
    title: ({ name }) => `${name} | Functions`,
    load: () => import('./function_page'),
  },
  {
    path: 'lambda/functions/:name/add-trigger',
    title: ({ name }) => `Add trigger | ${name}`,
    load: () => import('./add_trigger'),
  },
];

export const finds: Find[] = [
  (marker, signal) =>
    foundIn(functionsPage(marker, signal), ({ FunctionName: name }) => ({
      name,
      kind: 'Function',
      to: link`lambda/functions/${name}`,
    })),
];
