/** The choice of a function's execution role among those that exist. */
import { useMemo } from 'preact/hooks';

import { documentOf, listRoles } from '../../api/iam';
import { useResource } from '../../ui/resource';
import { trustedBy } from '../iam/policy_text';
import { ArnChoice } from './arn_choice';

/** Roles that Lambda may assume, by name; any ARN can be typed. */
export function ExistingRole({ value, onChange }: { value: string; onChange: (arn: string) => void }) {
  const roles = useResource('iam/roles', listRoles);
  const usable = useMemo(
    () =>
      (roles.data ?? []).filter(role =>
        trustedBy(documentOf(role.AssumeRolePolicyDocument)).includes('lambda'),
      ),
    [roles.data],
  );
  return (
    <ArnChoice
      label="Existing role"
      arnLabel="Role ARN"
      hint="Roles that Lambda may assume"
      value={value}
      options={usable.map(role => ({ value: role.Arn, label: `${role.Path.slice(1)}${role.RoleName}` }))}
      loaded={roles}
      onChange={onChange}
    />
  );
}
