import { tablesPage } from '../../api/dynamodb';
import { link, type Route } from '../../router';
import { foundIn, type Find } from '../found';

export const routes: Route[] = [
  { path: 'dynamodb/tables', title: 'Tables', load: () => import('./tables') },
  { path: 'dynamodb/create-table', title: 'Create table', load: () => import('./create_table') },
  { path: 'dynamodb/items', title: 'Explore items', load: () => import('./choose_table') },
  { path: 'dynamodb/partiql', title: 'PartiQL editor', load: () => import('./partiql') },
  { path: 'dynamodb/tables/:table', title: ({ table }) => table!, load: () => import('./table') },
  {
    path: 'dynamodb/tables/:table/items',
    title: ({ table }) => `Items of ${table}`,
    load: () => import('./items'),
  },
  {
    path: 'dynamodb/tables/:table/item',
    title: ({ table }) => `Item of ${table}`,
    load: () => import('./item'),
  },
];

export const finds: Find[] = [
  (token, signal) =>
    foundIn(tablesPage(token, signal), name => ({ name, kind: 'Table', to: link`dynamodb/tables/${name}` })),
];
