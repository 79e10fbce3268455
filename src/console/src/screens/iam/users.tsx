/** IAM › Users. */
import { useState } from 'preact/hooks';

import { changed } from '../../api/events';
import { deleteIdentity, listUsers } from '../../api/iam';
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

export default function Users() {
  const users = useResource('iam/users', listUsers, { on: changed('iam') });
  const [selected, setSelected] = useState<Set<string>>(new Set());
  const [deleting, setDeleting] = useState(false);
  const names = [...selected];
  const remove = async () => {
    await attempt(
      async () => {
        for (const name of names) await deleteIdentity('User', name);
      },
      `Deleted ${names.join(', ')}`,
    );
    setSelected(new Set());
    await users.reload();
  };
  return (
    <Page title="Users" crumbs={crumbsOf('Users')}>
      <IamLists />
      <Problem error={users.error} retry={users.reload} />
      <Panel
        title="Users"
        count={users.data?.length}
        description="A user has long-term credentials: access keys."
        actions={
          <>
            <Button kind="danger" disabled={names.length === 0} onClick={() => setDeleting(true)}>
              Delete
            </Button>
            <Button kind="primary" onClick={() => navigate('iam/create-user')}>
              Create user
            </Button>
          </>
        }
      >
        <Table
          label="Users"
          rows={users.data ?? []}
          rowKey={row => row.UserName}
          filterText={row => `${row.UserName} ${row.Path}`}
          selection={{ keys: selected, onChange: setSelected, label: row => row.UserName }}
          initialSort={{ id: 'name' }}
          columns={[
            {
              id: 'name',
              title: 'User name',
              sort: row => row.UserName,
              cell: row => <Link to={link`iam/users/${row.UserName}`}>{row.UserName}</Link>,
            },
            { id: 'path', title: 'Path', sort: row => row.Path, cell: row => row.Path },
            { id: 'arn', title: 'ARN', cell: row => <span class="mono">{row.Arn}</span> },
            {
              id: 'created',
              title: 'Creation time',
              sort: row => row.CreateDate,
              cell: row => <Time at={row.CreateDate} />,
            },
          ]}
          empty={
            <Empty title={users.loading ? 'Loading…' : 'No users'}>
              <Button onClick={() => navigate('iam/create-user')}>Create user</Button>
            </Empty>
          }
        />
      </Panel>
      {deleting && (
        <Confirm
          title={names.length === 1 ? `Delete ${names[0]}?` : `Delete ${names.length} users?`}
          action="Delete"
          typed={names.length === 1 ? names[0] : 'delete'}
          onConfirm={remove}
          onClose={() => setDeleting(false)}
        >
          <p>Access keys and inline policies are deleted, too.</p>
        </Confirm>
      )}
    </Page>
  );
}
