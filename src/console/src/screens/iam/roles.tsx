/** IAM › Roles. */
import { useMemo } from 'preact/hooks';

import { changed } from '../../api/events';
import { deleteIdentity, documentOf, rolesPage } from '../../api/iam';
import { Link, link, navigate } from '../../router';
import { Time } from '../../ui/format';
import { Page } from '../../ui/layout';
import { ListPanel, pagesListed } from '../../ui/list_panel';
import { usePages } from '../../ui/pages';
import { DeleteChosen } from './delete_chosen';
import { crumbsOf, IamLists } from './nav';
import { trustedBy } from './policy_text';

const nameOfRow = (row: { RoleName: string }) => row.RoleName;

export default function Roles() {
  const roles = usePages('iam/roles', rolesPage, { on: changed('iam') });
  const rows = useMemo(
    () =>
      roles.rows.map(role => ({
        ...role,
        trusted: trustedBy(documentOf(role.AssumeRolePolicyDocument)),
      })),
    [roles.rows],
  );
  return (
    <Page title="Roles" crumbs={crumbsOf('Roles')}>
      <IamLists />
      <ListPanel
        title="Roles"
        description="A role has permissions of its own, and credentials that are valid for a short time, for those whom its trust policy names."
        list={{ ...pagesListed(roles), rows }}
        nameOf={nameOfRow}
        filterText={row => `${row.RoleName} ${row.Path} ${row.trusted}`}
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
        create={{ label: 'Create role', onClick: () => navigate('iam/create-role') }}
        empty="No roles"
        createHere
        removal={(rows, dialog) => (
          <DeleteChosen
            rows={rows}
            nameOf={nameOfRow}
            many="roles"
            remove={row => deleteIdentity('Role', row.RoleName)}
            {...dialog}
          >
            <p>Its inline policies are deleted, too. What runs with it is denied from then on.</p>
          </DeleteChosen>
        )}
      />
    </Page>
  );
}
