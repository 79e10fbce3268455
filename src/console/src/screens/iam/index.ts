import { policiesPage, rolesPage, usersPage } from '../../api/iam';
import { link, type Route } from '../../router';
import { foundIn, type Find } from '../found';

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

export const finds: Find[] = [
  (marker, signal) =>
    foundIn(rolesPage(marker, signal), ({ RoleName: name }) => ({
      name,
      kind: 'Role',
      to: link`iam/roles/${name}`,
    })),
  (marker, signal) =>
    foundIn(usersPage(marker, signal), ({ UserName: name }) => ({
      name,
      kind: 'User',
      to: link`iam/users/${name}`,
    })),
  (marker, signal) =>
    foundIn(policiesPage('Local', marker, signal), ({ PolicyName: name, Arn }) => ({
      name,
      kind: 'Policy',
      to: link`iam/policies/${Arn}`,
    })),
];
