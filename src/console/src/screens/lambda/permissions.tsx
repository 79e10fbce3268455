/** What a function may do (its role), and who may invoke it (its own policy). */
import { useState } from 'preact/hooks';

import { changed } from '../../api/events';
import { policiesOf } from '../../api/iam';
import { addPermission, functionPolicy, removePermission } from '../../api/lambda_settings';
import { link, Link } from '../../router';
import { account } from '../../session';
import { Button, Select, TextField } from '../../ui/controls';
import { Confirm } from '../../ui/dialog';
import { attempt } from '../../ui/flash';
import { FormDialog } from '../../ui/form_dialog';
import { Empty, Facts, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { useResource } from '../../ui/resource';
import { actionColumn, Table } from '../../ui/table';
import { Grants } from '../iam/grants';
import { grantsOf, listed, statementsOf, type Statement } from '../iam/policy_text';
import { updated, type TabProps } from './common';
import { roleName } from './execution_role';

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

function principalOf({ Principal }: Statement): string {
  if (typeof Principal === 'string') return Principal;
  return Object.values(Principal ?? {})
    .flatMap(listed)
    .join(', ');
}

function conditionOf({ Condition }: Statement): string {
  return Object.values(Condition ?? {})
    .flatMap(Object.entries)
    .map(([key, value]) => `${key} ${listed(value as string | string[]).join(', ')}`)
    .join('; ');
}

function ResourcePolicy({ name }: { name: string }) {
  const policy = useResource(`lambda/policy/${name}`, signal => functionPolicy(name, signal), {
    on: changed('lambda'),
  });
  const [adding, setAdding] = useState(false);
  const [deleting, setDeleting] = useState<string>();
  const remove = async (sid: string) => {
    await attempt(() => removePermission(name, sid), `Deleted the statement ${sid}.`);
    await policy.reload();
  };
  const rows = statementsOf(policy.data);
  return (
    <Panel
      title="Resource-based policy statements"
      count={rows.length}
      description="Who else may use this function"
      actions={<Button onClick={() => setAdding(true)}>Add permissions</Button>}
    >
      <Problem error={policy.error} retry={policy.reload} />
      <Table
        label="Resource-based policy statements"
        rows={rows}
        rowKey={row => row.Sid ?? ''}
        columns={[
          { id: 'sid', title: 'Statement ID', cell: row => row.Sid },
          { id: 'principal', title: 'Principal', cell: principalOf },
          { id: 'action', title: 'Action', cell: row => listed(row.Action).join(', ') },
          { id: 'condition', title: 'Condition', cell: row => conditionOf(row) || '–' },
          actionColumn<Statement>(
            'Delete',
            row => `Delete statement ${row.Sid}`,
            row => setDeleting(row.Sid),
          ),
        ]}
        empty={<Empty title="No policy statements" />}
      />
      {adding && <AddPermission name={name} onDone={policy.reload} onClose={() => setAdding(false)} />}
      {deleting && (
        <Confirm
          title={`Delete statement ${deleting}`}
          action="Delete"
          typed="delete"
          onConfirm={() => remove(deleting)}
          onClose={() => setDeleting(undefined)}
        >
          <p>Whom it let invoke the function will be refused.</p>
        </Confirm>
      )}
    </Panel>
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
