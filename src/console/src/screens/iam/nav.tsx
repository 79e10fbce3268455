/** The way to IAM's lists, above each of them. */
import { Link, path } from '../../router';

import './iam.css';

const LISTS: [string, string][] = [
  ['Roles', 'iam/roles'],
  ['Users', 'iam/users'],
  ['Policies', 'iam/policies'],
];

export function IamLists() {
  return (
    <nav class="iam-lists" aria-label="Access management">
      {LISTS.map(([name, to]) => (
        <Link key={to} to={to} current={path.value === to}>
          {name}
        </Link>
      ))}
    </nav>
  );
}

export function crumbsOf(
  list: 'Roles' | 'Users' | 'Policies',
  ...more: [string, string][]
): [string, string][] {
  return [['IAM', 'iam/roles'], [list, `iam/${list.toLowerCase()}`], ...more];
}
