/** IAM › Users › one user. */
import { changed } from '../../api/events';
import { deleteIdentity, getUser, policiesOf, type User } from '../../api/iam';
import { listOf } from '../../api/xml';
import { type Params } from '../../router';
import { Time } from '../../ui/format';
import { Copy, Facts, Panel, Tabs } from '../../ui/layout';
import { useResource } from '../../ui/resource';
import { AccessKeys } from './access_keys';
import { GroupPolicies } from './group_policies';
import { LastAccessedTab } from './last_accessed';
import { MayDo } from './may_do';
import { RemovablePage } from './removable_page';
import { Permissions } from './permissions';
import { Tags } from './tags';

export default function UserPage({ name = '' }: Params) {
  const user = useResource(`iam/users/${name}`, signal => getUser(name, signal), { on: changed('iam') });
  return (
    <RemovablePage
      name={name}
      kind="User"
      list="Users"
      resource={user}
      remove={() => deleteIdentity('User', name)}
      warning="Access keys and inline policies are deleted, too, and the user leaves its groups."
      content={data => <Content user={data} reload={user.reload} />}
    />
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
            content: () => (
              <>
                <Permissions kind="User" name={name} policies={policies} />
                <GroupPolicies user={name} />
              </>
            ),
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
            id: 'last-accessed',
            label: 'Last accessed',
            content: () => <LastAccessedTab kind="User" name={name} arn={user.Arn} policies={policies} />,
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
