/** The way to IAM's lists, above each of them. */
import { Sections } from '../../ui/layout';

import './iam.css';

const LISTS: [string, string][] = [
  ['Roles', 'iam/roles'],
  ['Users', 'iam/users'],
  ['Policies', 'iam/policies'],
];

export function IamLists() {
  return <Sections label="Access management" links={LISTS} />;
}

export function crumbsOf(
  list: 'Roles' | 'Users' | 'Policies',
  ...more: [string, string][]
): [string, string][] {
  return [['IAM', 'iam/roles'], [list, `iam/${list.toLowerCase()}`], ...more];
}
