/** The choice of a function's execution role among those that exist. */
import { documentOf, rolesPage } from '../../api/iam';
import { useChoices } from '../../ui/choices';
import { trustedBy } from '../iam/policy_text';
import { ArnChoice } from './arn_choice';

/** Roles that Lambda may assume, by name; any ARN can be typed. */
export function ExistingRole({ value, onChange }: { value: string; onChange: (arn: string) => void }) {
  const roles = useChoices('iam/roles', rolesPage, role =>
    trustedBy(documentOf(role.AssumeRolePolicyDocument)).includes('lambda')
      ? { value: role.Arn, label: `${role.Path.slice(1)}${role.RoleName}` }
      : undefined,
  );
  return (
    <ArnChoice
      label="Existing role"
      arnLabel="Role ARN"
      hint="Roles that Lambda may assume"
      value={value}
      choices={roles}
      onChange={onChange}
    />
  );
}
