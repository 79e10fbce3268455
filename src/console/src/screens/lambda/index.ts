import { functionsPage } from '../../api/lambda';
import { layersPage } from '../../api/layers';
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
  { path: 'lambda/layers', title: 'Layers', load: () => import('./layer_list') },
  { path: 'lambda/create-layer', title: 'Create layer', load: () => import('./create_layer') },
  {
    path: 'lambda/layers/:name',
    title: ({ name }) => `${name} | Layers`,
    load: () => import('./layer_page'),
  },
  {
    path: 'lambda/layers/:name/create-version',
    title: ({ name }) => `Create version | ${name}`,
    load: () => import('./create_layer'),
  },
];

export const finds: Find[] = [
  (marker, signal) =>
    foundIn(functionsPage(marker, signal), ({ FunctionName: name }) => ({
      name,
      kind: 'Function',
      to: link`lambda/functions/${name}`,
    })),
  (marker, signal) =>
    foundIn(layersPage(marker, signal), ({ LayerName: name }) => ({
      name,
      kind: 'Layer',
      to: link`lambda/layers/${name}`,
    })),
];
