/** The permissions of a role or user: its policies, attached and inline. */
import { useState } from 'preact/hooks';

import { deleteInlinePolicy, detachPolicy, type Kind, type OwnPolicy } from '../../api/iam';
import { Link, link, navigate } from '../../router';
import { Button } from '../../ui/controls';
import { Code } from '../../ui/code';
import { Confirm } from '../../ui/dialog';
import { attempt } from '../../ui/flash';
import { pretty } from '../../ui/format';
import { Empty, Panel } from '../../ui/layout';
import { Menu } from '../../ui/menu';
import { Problem } from '../../ui/problem';
import type { Resource } from '../../ui/resource';
import { Table } from '../../ui/table';
import { isAwsManaged } from './policy_choice';

interface PermissionsProps {
  kind: Kind;
  name: string;
  policies: Resource<OwnPolicy[]>;
}

function typeOf(policy: OwnPolicy): string {
  if (!policy.arn) return 'Customer inline';
  return isAwsManaged(policy.arn) ? 'AWS managed' : 'Customer managed';
}

const keyOf = (policy: OwnPolicy) => policy.arn ?? policy.name;

export function Permissions({ kind, name, policies }: PermissionsProps) {
  const [selected, setSelected] = useState<Set<string>>(new Set());
  const [removing, setRemoving] = useState(false);
  const [shown, setShown] = useState<string>();
  const page = kind === 'Role' ? link`iam/roles/${name}` : link`iam/users/${name}`;
  const rows = policies.data ?? [];
  const chosen = rows.filter(row => selected.has(keyOf(row)));
  const remove = async () => {
    await attempt(
      async () => {
        for (const policy of chosen)
          if (policy.arn) await detachPolicy(kind, name, policy.arn);
          else await deleteInlinePolicy(kind, name, policy.name);
      },
      `Removed ${chosen.map(policy => policy.name).join(', ')}`,
    );
    setSelected(new Set());
    await policies.reload();
  };
  const visible = rows.find(row => keyOf(row) === shown);
  return (
    <Panel
      title="Permissions policies"
      count={policies.data?.length}
      actions={
        <>
          <Button kind="danger" disabled={chosen.length === 0} onClick={() => setRemoving(true)}>
            Remove
          </Button>
          <Menu
            label="Add permissions"
            items={[
              { label: 'Attach policies', onChoose: () => navigate(`${page}/attach-policies`) },
              { label: 'Create inline policy', onChoose: () => navigate(`${page}/inline-policy`) },
            ]}
          />
        </>
      }
    >
      <Problem error={policies.error} retry={policies.reload} />
      <Table
        label="Permissions policies"
        rows={rows}
        rowKey={keyOf}
        filterText={row => row.name}
        selection={{ keys: selected, onChange: setSelected, label: row => row.name }}
        initialSort={{ id: 'name' }}
        columns={[
          {
            id: 'name',
            title: 'Policy name',
            sort: row => row.name,
            cell: row =>
              row.arn ? (
                <Link to={link`iam/policies/${row.arn}`}>{row.name}</Link>
              ) : (
                <Link to={`${page}/inline-policy/${encodeURIComponent(row.name)}`}>{row.name}</Link>
              ),
          },
          { id: 'type', title: 'Type', sort: typeOf, cell: typeOf },
          {
            id: 'document',
            title: 'Document',
            cell: row => (
              <Button
                kind="link"
                label={`${keyOf(row) === shown ? 'Hide' : 'Show'} ${row.name}`}
                onClick={() => setShown(keyOf(row) === shown ? undefined : keyOf(row))}
              >
                {keyOf(row) === shown ? 'Hide' : 'Show'}
              </Button>
            ),
          },
        ]}
        empty={
          <Empty title={policies.loading ? 'Loading…' : 'No policies'}>
            <p>{`Nothing allows this ${kind.toLowerCase()} anything.`}</p>
          </Empty>
        }
      />
      {visible && (
        <Code
          key={keyOf(visible)}
          label={`Document of ${visible.name}`}
          language="json"
          value={pretty(visible.document)}
        />
      )}
      {removing && (
        <Confirm
          title={`Remove ${chosen.length === 1 ? chosen[0]!.name : `${chosen.length} policies`}?`}
          action="Remove"
          onConfirm={remove}
          onClose={() => setRemoving(false)}
        >
          <p>Managed policies are detached. Inline policies are deleted.</p>
        </Confirm>
      )}
    </Panel>
  );
}
