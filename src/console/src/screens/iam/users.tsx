/** IAM › Users. */
import { changed } from '../../api/events';
import { deleteIdentity, usersPage } from '../../api/iam';
import { Link, link, navigate } from '../../router';
import { Time } from '../../ui/format';
import { Page } from '../../ui/layout';
import { ListPanel, pagesListed } from '../../ui/list_panel';
import { usePages } from '../../ui/pages';
import { DeleteChosen } from './delete_chosen';
import { crumbsOf, IamLists } from './nav';

const nameOfRow = (row: { UserName: string }) => row.UserName;

export default function Users() {
  const users = usePages('iam/users', usersPage, { on: changed('iam') });
  return (
    <Page title="Users" crumbs={crumbsOf('Users')}>
      <IamLists />
      <ListPanel
        title="Users"
        description="A user has long-term credentials: access keys."
        list={pagesListed(users)}
        nameOf={nameOfRow}
        filterText={row => `${row.UserName} ${row.Path}`}
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
        create={{ label: 'Create user', onClick: () => navigate('iam/create-user') }}
        empty="No users"
        createHere
        removal={(rows, dialog) => (
          <DeleteChosen
            rows={rows}
            nameOf={nameOfRow}
            many="users"
            remove={row => deleteIdentity('User', row.UserName)}
            {...dialog}
          >
            <p>Access keys and inline policies are deleted, too.</p>
          </DeleteChosen>
        )}
      />
    </Page>
  );
}
