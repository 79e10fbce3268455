import { listPolicies, listRoles, listUsers } from '../../api/iam';
import { link, type Route } from '../../router';
import type { Found } from '..';

const role = ({ name }: { name?: string }) => `${name} | Roles`;
const user = ({ name }: { name?: string }) => `${name} | Users`;

export const routes: Route[] = [
  { path: 'iam/roles', title: 'Roles', load: () => import('./roles') },
  { path: 'iam/create-role', title: 'Create role', load: () => import('./create_role') },
  { path: 'iam/roles/:name', title: role, load: () => import('./role') },
  {
    path: 'iam/roles/:name/attach-policies',
    title: role,
    load: async () => ({ default: (await import('./attach_policies')).AttachToRole }),
  },
  {
    path: 'iam/roles/:name/inline-policy',
    title: role,
    load: async () => ({ default: (await import('./inline_policy')).OfRole }),
  },
  {
    path: 'iam/roles/:name/inline-policy/:policy',
    title: role,
    load: async () => ({ default: (await import('./inline_policy')).OfRole }),
  },
  { path: 'iam/users', title: 'Users', load: () => import('./users') },
  { path: 'iam/create-user', title: 'Create user', load: () => import('./create_user') },
  { path: 'iam/users/:name', title: user, load: () => import('./user') },
  {
    path: 'iam/users/:name/attach-policies',
    title: user,
    load: async () => ({ default: (await import('./attach_policies')).AttachToUser }),
  },
  {
    path: 'iam/users/:name/inline-policy',
    title: user,
    load: async () => ({ default: (await import('./inline_policy')).OfUser }),
  },
  {
    path: 'iam/users/:name/inline-policy/:policy',
    title: user,
    load: async () => ({ default: (await import('./inline_policy')).OfUser }),
  },
  { path: 'iam/policies', title: 'Policies', load: () => import('./policies') },
  { path: 'iam/create-policy', title: 'Create policy', load: () => import('./create_policy') },
  {
    path: 'iam/policies/:arn',
    title: ({ arn }) => `${arn?.split('/').at(-1)} | Policies`,
    load: () => import('./policy'),
  },
];

export async function find(): Promise<Found[]> {
  const [roles, users, policies] = await Promise.all([listRoles(), listUsers(), listPolicies('Local')]);
  return [
    ...roles.map(({ RoleName: name }) => ({ name, kind: 'Role', to: link`iam/roles/${name}` })),
    ...users.map(({ UserName: name }) => ({ name, kind: 'User', to: link`iam/users/${name}` })),
    ...policies.map(({ PolicyName: name, Arn }) => ({ name, kind: 'Policy', to: link`iam/policies/${Arn}` })),
  ];
}
