import { listFunctions } from '../../api/lambda';
import { link, type Route } from '../../router';
import type { Found } from '..';

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

export async function find(): Promise<Found[]> {
  return (await listFunctions()).map(({ FunctionName }) => ({
    name: FunctionName,
    kind: 'Function',
    to: link`lambda/functions/${FunctionName}`,
  }));
}
