/** The policies that a user has by its groups, with their documents. */
import { useState } from 'preact/hooks';

import { changed } from '../../api/events';
import { groupPoliciesOf, type GroupPolicy } from '../../api/iam';
import { Code } from '../../ui/code';
import { Button } from '../../ui/controls';
import { pretty } from '../../ui/format';
import { Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { useResource } from '../../ui/resource';
import { Table } from '../../ui/table';

const keyOf = (policy: GroupPolicy) => `${policy.group} ${policy.arn ?? policy.name}`;

/** Nothing for a user without such policies. */
export function GroupPolicies({ user }: { user: string }) {
  const policies = useResource(`iam/users/${user}/groups`, signal => groupPoliciesOf(user, signal), {
    on: changed('iam'),
  });
  const [shown, setShown] = useState<string>();
  const rows = policies.data ?? [];
  const visible = rows.find(row => keyOf(row) === shown);
  if (rows.length === 0 && !policies.error) return null;
  return (
    <Panel title="Permissions of groups" count={policies.data?.length}>
      <Problem error={policies.error} retry={policies.reload} />
      <Table
        label="Permissions of groups"
        rows={rows}
        rowKey={keyOf}
        filterText={row => `${row.group} ${row.name}`}
        initialSort={{ id: 'group' }}
        empty={null}
        columns={[
          { id: 'group', title: 'Group', sort: row => row.group, cell: row => row.group },
          { id: 'name', title: 'Policy name', sort: row => row.name, cell: row => row.name },
          {
            id: 'document',
            title: 'Document',
            cell: row => (
              <Button
                kind="link"
                label={`${keyOf(row) === shown ? 'Hide' : 'Show'} ${row.name} of ${row.group}`}
                onClick={() => setShown(keyOf(row) === shown ? undefined : keyOf(row))}
              >
                {keyOf(row) === shown ? 'Hide' : 'Show'}
              </Button>
            ),
          },
        ]}
      />
      {visible && (
        <Code
          key={keyOf(visible)}
          label={`Document of ${visible.name} of ${visible.group}`}
          language="json"
          value={pretty(visible.document)}
        />
      )}
    </Panel>
  );
}
