/** What a function may do (its role), and who may invoke it (its own policy). */
import { useState } from 'preact/hooks';

import { changed } from '../../api/events';
import { policiesOf } from '../../api/iam';
import { addPermission, functionPolicy, removePermission } from '../../api/lambda_settings';
import { link, Link } from '../../router';
import { account } from '../../session';
import { Select, TextField } from '../../ui/controls';
import { FormDialog } from '../../ui/form_dialog';
import { Facts, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { useResource } from '../../ui/resource';
import { Grants } from '../iam/grants';
import { grantsOf } from '../iam/policy_text';
import { updated, type TabProps } from './common';
import { roleName } from './execution_role';
import { PolicyStatements } from './policy_statements';

export function Permissions({ details }: TabProps) {
  const { FunctionName: name, Role: roleArn } = details.Configuration;
  const role = roleName(roleArn);
  const policies = useResource(`iam/roles/${role}/policies`, signal => policiesOf('Role', role, signal), {
    on: changed('iam'),
  });
  return (
    <>
      <Panel title="Execution role">
        <Facts
          facts={[
            [
              'Role name',
              <Link key="r" to={link`iam/roles/${role}`}>
                {role}
              </Link>,
            ],
            ['Role ARN', roleArn],
          ]}
        />
      </Panel>
      <Panel title="Resource summary" description="What the role's policies let the function do, by service">
        <Problem error={policies.error} retry={policies.reload} />
        <Grants label="Resource summary" grants={grantsOf(policies.data ?? [])} />
      </Panel>
      <ResourcePolicy name={name} />
    </>
  );
}

function ResourcePolicy({ name }: { name: string }) {
  const policy = useResource(`lambda/policy/${name}`, signal => functionPolicy(name, signal), {
    on: changed('lambda'),
  });
  return (
    <PolicyStatements
      description="Who else may use this function"
      policy={policy}
      remove={sid => removePermission(name, sid)}
      warning="Whom it let invoke the function will be refused."
      addition={close => <AddPermission name={name} onDone={policy.reload} onClose={close} />}
    />
  );
}

const SERVICES = ['sns.amazonaws.com', 'events.amazonaws.com', 'logs.amazonaws.com', 's3.amazonaws.com'];

interface AddProps {
  name: string;
  onDone: () => Promise<void>;
  onClose: () => void;
}

function AddPermission({ name, onDone, onClose }: AddProps) {
  const [kind, setKind] = useState('service');
  const [statement, setStatement] = useState('');
  const [service, setService] = useState(SERVICES[0]!);
  const [principal, setPrincipal] = useState('');
  const [source, setSource] = useState('');
  const [action, setAction] = useState('lambda:InvokeFunction');
  const save = async () => {
    await addPermission(name, {
      StatementId: statement,
      Action: action,
      Principal: kind === 'service' ? service : principal,
      ...(source && { SourceArn: source }),
    });
    updated(name);
    await onDone();
  };
  return (
    <FormDialog title="Add permissions" onSave={save} onClose={onClose}>
      <Select
        label="Principal type"
        value={kind}
        options={[
          { value: 'service', label: 'AWS service' },
          { value: 'account', label: 'AWS account' },
        ]}
        onChange={setKind}
      />
      <TextField label="Statement ID" value={statement} onInput={setStatement} required />
      {kind === 'service' ? (
        <>
          <TextField label="Service" value={service} list={SERVICES} onInput={setService} required />
          <TextField
            label="Source ARN"
            hint="Only for this resource of the service"
            optional
            value={source}
            onInput={setSource}
            mono
          />
        </>
      ) : (
        <TextField
          label="Principal"
          hint={`An account's id or an ARN: arn:aws:iam::${account.value}:root`}
          value={principal}
          onInput={setPrincipal}
          required
          mono
        />
      )}
      <Select
        label="Action"
        value={action}
        options={['lambda:InvokeFunction', 'lambda:GetFunction', 'lambda:GetPolicy', 'lambda:*']}
        onChange={setAction}
      />
    </FormDialog>
  );
}
