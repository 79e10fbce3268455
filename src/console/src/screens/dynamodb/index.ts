import { listTables } from '../../api/dynamodb';
import { link, type Route } from '../../router';
import type { Found } from '..';

export const routes: Route[] = [
  { path: 'dynamodb/tables', title: 'Tables', load: () => import('./tables') },
  { path: 'dynamodb/create-table', title: 'Create table', load: () => import('./create_table') },
];

export async function find(): Promise<Found[]> {
  return (await listTables()).map(name => ({ name, kind: 'Table', to: link`dynamodb/tables/${name}` }));
}
