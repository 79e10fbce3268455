/** IAM › Roles › one role. */
import { useState } from 'preact/hooks';

import { changed } from '../../api/events';
import {
  deleteIdentity,
  documentOf,
  getRole,
  policiesOf,
  updateRole,
  updateTrust,
  type Role,
} from '../../api/iam';
import { type Params } from '../../router';
import { listOf } from '../../api/xml';
import { Button, TextField } from '../../ui/controls';
import { Code } from '../../ui/code';
import { flash } from '../../ui/flash';
import { FormDialog } from '../../ui/form_dialog';
import { duration, pretty, Time } from '../../ui/format';
import { jsonMarks } from '../../ui/json_marks';
import { Copy, Facts, Panel, Tabs } from '../../ui/layout';
import { useResource } from '../../ui/resource';
import { LastAccessedTab } from './last_accessed';
import { MayDo } from './may_do';
import { RemovablePage } from './removable_page';
import { Permissions } from './permissions';
import { PolicyEditor } from './policy_editor';
import { Tags } from './tags';

export default function RolePage({ name = '' }: Params) {
  const role = useResource(`iam/roles/${name}`, signal => getRole(name, signal), { on: changed('iam') });
  return (
    <RemovablePage
      name={name}
      kind="Role"
      list="Roles"
      description={role.data?.Description}
      resource={role}
      remove={() => deleteIdentity('Role', name)}
      warning="Its inline policies are deleted, too. What runs with it is denied from then on."
      content={data => <Content role={data} reload={role.reload} />}
    />
  );
}

interface RoleProps {
  role: Role;
  reload: () => Promise<void>;
}

function Content({ role, reload }: RoleProps) {
  const name = role.RoleName;
  const policies = useResource(`iam/roles/${name}/policies`, signal => policiesOf('Role', name, signal), {
    on: changed('iam'),
  });
  return (
    <>
      <Summary role={role} reload={reload} />
      <Tabs
        label="Role"
        tabs={[
          {
            id: 'permissions',
            label: 'Permissions',
            content: () => <Permissions kind="Role" name={name} policies={policies} />,
          },
          {
            id: 'trust',
            label: 'Trust relationships',
            content: () => <Trust role={role} reload={reload} />,
          },
          {
            id: 'may',
            label: 'What may this role do',
            content: () => <MayDo identity={role.Arn} policies={policies.data ?? []} />,
          },
          {
            id: 'last-accessed',
            label: 'Last accessed',
            content: () => <LastAccessedTab kind="Role" name={name} arn={role.Arn} policies={policies} />,
          },
          {
            id: 'tags',
            label: 'Tags',
            content: () => <Tags kind="Role" name={name} tags={listOf(role.Tags)} reload={reload} />,
          },
        ]}
      />
    </>
  );
}

function Summary({ role, reload }: RoleProps) {
  const [editing, setEditing] = useState(false);
  return (
    <Panel
      title="Summary"
      actions={
        <Button label="Edit summary" onClick={() => setEditing(true)}>
          Edit
        </Button>
      }
    >
      <Facts
        facts={[
          ['Creation date', <Time key="c" at={role.CreateDate} />],
          ['ARN', <Copy key="a" text={role.Arn} />],
          [
            'Last activity',
            role.RoleLastUsed?.LastUsedDate ? <Time at={role.RoleLastUsed.LastUsedDate} /> : undefined,
          ],
          ['Maximum session duration', duration(Number(role.MaxSessionDuration) * 1000)],
          ...(role.PermissionsBoundary
            ? ([['Permissions boundary', role.PermissionsBoundary.PermissionsBoundaryArn]] as [
                string,
                string,
              ][])
            : []),
        ]}
      />
      {editing && <EditSummary role={role} reload={reload} onClose={() => setEditing(false)} />}
    </Panel>
  );
}

function EditSummary({ role, reload, onClose }: RoleProps & { onClose: () => void }) {
  const [description, setDescription] = useState(role.Description ?? '');
  const [seconds, setSeconds] = useState(role.MaxSessionDuration ?? '3600');
  const save = async () => {
    await updateRole(role.RoleName, description, Number(seconds));
    flash('good', `Role ${role.RoleName} updated.`);
    await reload();
  };
  return (
    <FormDialog title={`Edit ${role.RoleName}`} submit="Save changes" onSave={save} onClose={onClose}>
      <TextField label="Description" optional value={description} onInput={setDescription} />
      <TextField
        label="Maximum session duration"
        hint="Seconds: 3600 to 43200"
        type="number"
        value={seconds}
        onInput={setSeconds}
        required
      />
    </FormDialog>
  );
}

function Trust({ role, reload }: RoleProps) {
  const [editing, setEditing] = useState(false);
  const document = pretty(documentOf(role.AssumeRolePolicyDocument));
  return (
    <Panel
      title="Trusted entities"
      description="Who may assume this role, and under which conditions"
      actions={<Button onClick={() => setEditing(true)}>Edit trust policy</Button>}
    >
      <Code label="Trust policy" language="json" value={document} />
      {editing && (
        <EditTrust
          role={role.RoleName}
          document={document}
          reload={reload}
          onClose={() => setEditing(false)}
        />
      )}
    </Panel>
  );
}

interface EditTrustProps {
  role: string;
  document: string;
  reload: () => Promise<void>;
  onClose: () => void;
}

function EditTrust({ role, document: first, reload, onClose }: EditTrustProps) {
  const [document, setDocument] = useState(first);
  const save = async () => {
    await updateTrust(role, document);
    flash('good', 'Trust policy updated.');
    await reload();
  };
  return (
    <FormDialog
      title="Edit trust policy"
      submit="Update policy"
      wide
      disabled={jsonMarks(document).length > 0}
      onSave={save}
      onClose={onClose}
    >
      <PolicyEditor
        label="Trust policy editor"
        value={document}
        onChange={setDocument}
        error={undefined}
        summary={false}
      />
    </FormDialog>
  );
}
