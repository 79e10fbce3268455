/** IAM › Roles. */
import { useMemo, useState } from 'preact/hooks';

import { changed } from '../../api/events';
import { deleteIdentity, documentOf, listRoles } from '../../api/iam';
import { Link, link, navigate } from '../../router';
import { Button } from '../../ui/controls';
import { Confirm } from '../../ui/dialog';
import { attempt } from '../../ui/flash';
import { Time } from '../../ui/format';
import { Empty, Page, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { useResource } from '../../ui/resource';
import { Table } from '../../ui/table';
import { crumbsOf, IamLists } from './nav';
import { trustedBy } from './policy_text';

export default function Roles() {
  const roles = useResource('iam/roles', listRoles, { on: changed('iam') });
  const [selected, setSelected] = useState<Set<string>>(new Set());
  const [deleting, setDeleting] = useState(false);
  const rows = useMemo(
    () =>
      (roles.data ?? []).map(role => ({
        ...role,
        trusted: trustedBy(documentOf(role.AssumeRolePolicyDocument)),
      })),
    [roles.data],
  );
  const names = [...selected];
  const remove = async () => {
    await attempt(
      async () => {
        for (const name of names) await deleteIdentity('Role', name);
      },
      `Deleted ${names.join(', ')}`,
    );
    setSelected(new Set());
    await roles.reload();
  };
  return (
    <Page title="Roles" crumbs={crumbsOf('Roles')}>
      <IamLists />
      <Problem error={roles.error} retry={roles.reload} />
      <Panel
        title="Roles"
        count={roles.data?.length}
        description="A role has permissions of its own, and credentials that are valid for a short time, for those whom its trust policy names."
        actions={
          <>
            <Button kind="danger" disabled={names.length === 0} onClick={() => setDeleting(true)}>
              Delete
            </Button>
            <Button kind="primary" onClick={() => navigate('iam/create-role')}>
              Create role
            </Button>
          </>
        }
      >
        <Table
          label="Roles"
          rows={rows}
          rowKey={row => row.RoleName}
          filterText={row => `${row.RoleName} ${row.Path} ${row.trusted}`}
          selection={{ keys: selected, onChange: setSelected, label: row => row.RoleName }}
          initialSort={{ id: 'name' }}
          columns={[
            {
              id: 'name',
              title: 'Role name',
              sort: row => row.RoleName,
              cell: row => <Link to={link`iam/roles/${row.RoleName}`}>{row.RoleName}</Link>,
            },
            { id: 'path', title: 'Path', sort: row => row.Path, cell: row => row.Path },
            {
              id: 'trusted',
              title: 'Trusted entities',
              sort: row => row.trusted,
              cell: row => row.trusted || '–',
            },
            {
              id: 'created',
              title: 'Creation time',
              sort: row => row.CreateDate,
              cell: row => <Time at={row.CreateDate} />,
            },
          ]}
          empty={
            <Empty title={roles.loading ? 'Loading…' : 'No roles'}>
              <Button onClick={() => navigate('iam/create-role')}>Create role</Button>
            </Empty>
          }
        />
      </Panel>
      {deleting && (
        <Confirm
          title={names.length === 1 ? `Delete ${names[0]}?` : `Delete ${names.length} roles?`}
          action="Delete"
          typed={names.length === 1 ? names[0] : 'delete'}
          onConfirm={remove}
          onClose={() => setDeleting(false)}
        >
          <p>Its inline policies are deleted, too. What runs with it is denied from then on.</p>
        </Confirm>
      )}
    </Page>
  );
}
