/** IAM › Users › one user. */
import { useState } from 'preact/hooks';

import { changed } from '../../api/events';
import { deleteIdentity, getUser, policiesOf, type User } from '../../api/iam';
import { listOf } from '../../api/xml';
import { navigate, type Params } from '../../router';
import { Button } from '../../ui/controls';
import { Confirm } from '../../ui/dialog';
import { attempt } from '../../ui/flash';
import { Time } from '../../ui/format';
import { Copy, Facts, Loading, Page, Panel, Tabs } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { useResource } from '../../ui/resource';
import { AccessKeys } from './access_keys';
import { MayDo } from './may_do';
import { crumbsOf } from './nav';
import { Permissions } from './permissions';
import { Tags } from './tags';

export default function UserPage({ name = '' }: Params) {
  const user = useResource(`iam/users/${name}`, signal => getUser(name, signal), { on: changed('iam') });
  const [deleting, setDeleting] = useState(false);
  const remove = async () => {
    if (await attempt(() => deleteIdentity('User', name), `User ${name} deleted.`)) navigate('iam/users');
  };
  return (
    <Page
      title={name}
      crumbs={crumbsOf('Users')}
      actions={
        <Button kind="danger" onClick={() => setDeleting(true)}>
          Delete
        </Button>
      }
    >
      <Problem error={user.error} retry={user.reload} />
      {user.data ? <Content user={user.data} reload={user.reload} /> : user.loading && <Loading />}
      {deleting && (
        <Confirm
          title={`Delete ${name}?`}
          action="Delete"
          typed={name}
          onConfirm={remove}
          onClose={() => setDeleting(false)}
        >
          <p>Access keys and inline policies are deleted, too.</p>
        </Confirm>
      )}
    </Page>
  );
}

function Content({ user, reload }: { user: User; reload: () => Promise<void> }) {
  const name = user.UserName;
  const policies = useResource(`iam/users/${name}/policies`, signal => policiesOf('User', name, signal), {
    on: changed('iam'),
  });
  return (
    <>
      <Panel title="Summary">
        <Facts
          facts={[
            ['ARN', <Copy key="a" text={user.Arn} />],
            ['Created', <Time key="c" at={user.CreateDate} />],
            ['User ID', user.UserId],
            ...(user.PermissionsBoundary
              ? ([['Permissions boundary', user.PermissionsBoundary.PermissionsBoundaryArn]] as [
                  string,
                  string,
                ][])
              : []),
          ]}
        />
      </Panel>
      <Tabs
        label="User"
        tabs={[
          {
            id: 'permissions',
            label: 'Permissions',
            content: () => <Permissions kind="User" name={name} policies={policies} />,
          },
          {
            id: 'credentials',
            label: 'Security credentials',
            content: () => <AccessKeys user={name} />,
          },
          {
            id: 'may',
            label: 'What may this user do',
            content: () => <MayDo identity={user.Arn} policies={policies.data ?? []} />,
          },
          {
            id: 'tags',
            label: 'Tags',
            content: () => <Tags kind="User" name={name} tags={listOf(user.Tags)} reload={reload} />,
          },
        ]}
      />
    </>
  );
}
