/** IAM › Policies › one managed policy: its document, versions, and the roles and users that have it. */
import { useState } from 'preact/hooks';

import { changed } from '../../api/events';
import {
  attachPolicy,
  createPolicyVersion,
  deletePolicy,
  detachPolicy,
  entitiesOf,
  getPolicy,
  rolesPage,
  usersPage,
  versionDocument,
  type Attachment,
  type Kind,
  type Policy,
} from '../../api/iam';
import { Link, link, type Params } from '../../router';
import { LongSelect, useChoices } from '../../ui/choices';
import { Button, Select } from '../../ui/controls';
import { Code } from '../../ui/code';
import { attempt, flash } from '../../ui/flash';
import { FormDialog } from '../../ui/form_dialog';
import { nameOf, pretty, Time } from '../../ui/format';
import { jsonMarks } from '../../ui/json_marks';
import { Copy, Empty, Facts, Panel, Tabs } from '../../ui/layout';
import type { PageOf } from '../../ui/pages';
import { Problem } from '../../ui/problem';
import { useResource } from '../../ui/resource';
import { actionColumn, Table } from '../../ui/table';
import { Grants } from './grants';
import { RemovablePage } from './removable_page';
import { isAwsManaged } from './policy_choice';
import { PolicyEditor } from './policy_editor';
import { grantsOf } from './policy_text';
import { Versions } from './versions';

export default function PolicyPage({ arn = '' }: Params) {
  const name = nameOf(arn);
  const policy = useResource(`iam/policy/${arn}`, signal => getPolicy(arn, signal), { on: changed('iam') });
  return (
    <RemovablePage
      name={name}
      kind="Policy"
      list="Policies"
      description={policy.data?.Description}
      resource={policy}
      removable={!isAwsManaged(arn)}
      remove={() => deletePolicy(arn)}
      warning="All of its versions are deleted. A policy that is attached cannot be deleted."
      content={data => <Content policy={data} reload={policy.reload} />}
    />
  );
}

interface PolicyProps {
  policy: Policy;
  reload: () => Promise<void>;
}

function Content({ policy, reload }: PolicyProps) {
  return (
    <>
      <Panel title="Policy details">
        <Facts
          facts={[
            ['Type', isAwsManaged(policy.Arn) ? 'AWS managed' : 'Customer managed'],
            ['Creation time', <Time key="c" at={policy.CreateDate} />],
            ['Edited time', <Time key="u" at={policy.UpdateDate} />],
            ['Default version', policy.DefaultVersionId],
            ['ARN', <Copy key="a" text={policy.Arn} />],
          ]}
        />
      </Panel>
      <Tabs
        label="Policy"
        tabs={[
          {
            id: 'permissions',
            label: 'Permissions',
            content: () => <PermissionsTab policy={policy} reload={reload} />,
          },
          {
            id: 'entities',
            label: 'Entities attached',
            content: () => <Entities arn={policy.Arn} />,
          },
          {
            id: 'versions',
            label: 'Policy versions',
            content: () => <Versions arn={policy.Arn} onChange={reload} />,
          },
        ]}
      />
    </>
  );
}

function PermissionsTab({ policy, reload }: PolicyProps) {
  const { Arn: arn, DefaultVersionId: version } = policy;
  const document = useResource(`iam/policy/${arn}/${version}`, signal =>
    versionDocument(arn, version, signal),
  );
  const [editing, setEditing] = useState(false);
  const text = document.data === undefined ? undefined : pretty(document.data);
  return (
    <Panel
      title="Permissions defined in this policy"
      actions={
        !isAwsManaged(arn) && (
          <Button label="Edit policy" disabled={text === undefined} onClick={() => setEditing(true)}>
            Edit
          </Button>
        )
      }
    >
      <Problem error={document.error} retry={document.reload} />
      {text !== undefined && (
        <>
          <Grants
            label="Permissions defined in this policy"
            grants={grantsOf([{ name: policy.PolicyName, document: text }])}
          />
          <Code label="Policy document" language="json" value={text} />
        </>
      )}
      {editing && <EditPolicy arn={arn} document={text!} reload={reload} onClose={() => setEditing(false)} />}
    </Panel>
  );
}

interface EditProps {
  arn: string;
  document: string;
  reload: () => Promise<void>;
  onClose: () => void;
}

function EditPolicy({ arn, document: first, reload, onClose }: EditProps) {
  const [document, setDocument] = useState(first);
  const save = async () => {
    await createPolicyVersion(arn, document);
    flash('good', `Policy ${nameOf(arn)} updated: its new version is the default.`);
    await reload();
  };
  return (
    <FormDialog
      title={`Edit ${nameOf(arn)}`}
      submit="Save changes"
      wide
      disabled={jsonMarks(document).length > 0}
      onSave={save}
      onClose={onClose}
    >
      <PolicyEditor value={document} onChange={setDocument} error={undefined} />
    </FormDialog>
  );
}

function Entities({ arn }: { arn: string }) {
  const entities = useResource(`iam/policy/${arn}/entities`, signal => entitiesOf(arn, signal), {
    on: changed('iam'),
  });
  const [attaching, setAttaching] = useState(false);
  const detach = async ({ kind, name }: Attachment) => {
    await attempt(() => detachPolicy(kind, name, arn), `Detached ${nameOf(arn)} from ${name}.`);
    await entities.reload();
  };
  return (
    <Panel
      title="Attached as a permissions policy"
      count={entities.data?.length}
      actions={<Button onClick={() => setAttaching(true)}>Attach</Button>}
    >
      <Problem error={entities.error} retry={entities.reload} />
      <Table
        label="Attached entities"
        rows={entities.data ?? []}
        rowKey={row => `${row.kind}/${row.name}`}
        filterText={row => row.name}
        columns={[
          {
            id: 'name',
            title: 'Entity name',
            sort: row => row.name,
            cell: row =>
              row.kind === 'Group' ? (
                row.name
              ) : (
                <Link to={row.kind === 'Role' ? link`iam/roles/${row.name}` : link`iam/users/${row.name}`}>
                  {row.name}
                </Link>
              ),
          },
          { id: 'kind', title: 'Entity type', sort: row => row.kind, cell: row => row.kind },
          actionColumn<Attachment>(
            'Detach',
            row => `Detach ${row.name}`,
            row => detach(row),
          ),
        ]}
        empty={<Empty title={entities.loading ? 'Loading…' : 'Not attached'} />}
      />
      {attaching && <Attach arn={arn} onDone={entities.reload} onClose={() => setAttaching(false)} />}
    </Panel>
  );
}

interface AttachProps {
  arn: string;
  onDone: () => Promise<void>;
  onClose: () => void;
}

async function namesPage(kind: Kind, marker?: string, signal?: AbortSignal): Promise<PageOf<string>> {
  if (kind === 'Role') {
    const { items, next } = await rolesPage(marker, signal);
    return { items: items.map(role => role.RoleName), next };
  }
  const { items, next } = await usersPage(marker, signal);
  return { items: items.map(user => user.UserName), next };
}

function Attach({ arn, onDone, onClose }: AttachProps) {
  const [kind, setKind] = useState<Kind>('Role');
  const [name, setName] = useState('');
  const names = useChoices(
    `iam/names/${kind}`,
    (marker, signal) => namesPage(kind, marker, signal),
    value => ({
      value,
    }),
  );
  const save = async () => {
    await attachPolicy(kind, name, arn);
    flash('good', `Attached ${nameOf(arn)} to ${name}.`);
    await onDone();
  };
  return (
    <FormDialog
      title="Attach as a permissions policy"
      submit="Attach policy"
      disabled={!name}
      onSave={save}
      onClose={onClose}
    >
      <Select
        label="Entity type"
        value={kind}
        options={['Role', 'User']}
        onChange={value => {
          setKind(value as Kind);
          setName('');
        }}
      />
      <LongSelect label="Entity name" value={name} choices={names} onChange={setName} />
    </FormDialog>
  );
}
