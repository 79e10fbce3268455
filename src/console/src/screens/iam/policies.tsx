/** IAM › Policies: AWS's and the account's own. */
import { useState } from 'preact/hooks';

import { changed } from '../../api/events';
import { deletePolicy, listPolicies, type Scope } from '../../api/iam';
import { Link, link, navigate, search, setSearch } from '../../router';
import { Button, Select } from '../../ui/controls';
import { Confirm } from '../../ui/dialog';
import { attempt } from '../../ui/flash';
import { nameOf, Time } from '../../ui/format';
import { Empty, Page, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { useResource } from '../../ui/resource';
import { Table } from '../../ui/table';
import { crumbsOf, IamLists } from './nav';
import { isAwsManaged } from './policy_choice';

const TYPES = [
  { value: 'All', label: 'All types' },
  { value: 'Local', label: 'Customer managed' },
  { value: 'AWS', label: 'AWS managed' },
];

export default function Policies() {
  const type = (search.value.get('type') ?? 'All') as Scope;
  const policies = useResource(`iam/policies/${type}`, signal => listPolicies(type, signal), {
    on: changed('iam'),
  });
  const [selected, setSelected] = useState<Set<string>>(new Set());
  const [deleting, setDeleting] = useState(false);
  const own = [...selected].filter(arn => !isAwsManaged(arn));
  const names = own.map(nameOf);
  const remove = async () => {
    await attempt(
      async () => {
        for (const arn of own) await deletePolicy(arn);
      },
      `Deleted ${names.join(', ')}`,
    );
    setSelected(new Set());
    await policies.reload();
  };
  return (
    <Page title="Policies" crumbs={crumbsOf('Policies')}>
      <IamLists />
      <Problem error={policies.error} retry={policies.reload} />
      <Panel
        title="Policies"
        count={policies.data?.length}
        actions={
          <>
            <Button kind="danger" disabled={own.length === 0} onClick={() => setDeleting(true)}>
              Delete
            </Button>
            <Button kind="primary" onClick={() => navigate('iam/create-policy')}>
              Create policy
            </Button>
          </>
        }
      >
        <Select
          label="Filter by type"
          value={type}
          options={TYPES}
          onChange={value => setSearch({ type: value === 'All' ? undefined : value })}
        />
        <Table
          label="Policies"
          rows={policies.data ?? []}
          rowKey={row => row.Arn}
          filterText={row => `${row.PolicyName} ${row.Description ?? ''}`}
          selection={{ keys: selected, onChange: setSelected, label: row => row.PolicyName }}
          initialSort={{ id: 'name' }}
          columns={[
            {
              id: 'name',
              title: 'Policy name',
              sort: row => row.PolicyName,
              cell: row => <Link to={link`iam/policies/${row.Arn}`}>{row.PolicyName}</Link>,
            },
            {
              id: 'type',
              title: 'Type',
              sort: row => Number(isAwsManaged(row.Arn)),
              cell: row => (isAwsManaged(row.Arn) ? 'AWS managed' : 'Customer managed'),
            },
            {
              id: 'used',
              title: 'Used as',
              sort: row => Number(row.AttachmentCount),
              cell: row =>
                Number(row.AttachmentCount) > 0 ? `Permissions policy (${row.AttachmentCount})` : 'None',
            },
            {
              id: 'updated',
              title: 'Last edited',
              sort: row => row.UpdateDate,
              cell: row => <Time at={row.UpdateDate} />,
            },
          ]}
          empty={<Empty title={policies.loading ? 'Loading…' : 'No policies'} />}
        />
      </Panel>
      {deleting && (
        <Confirm
          title={names.length === 1 ? `Delete ${names[0]}?` : `Delete ${names.length} policies?`}
          action="Delete"
          typed={names.length === 1 ? names[0] : 'delete'}
          onConfirm={remove}
          onClose={() => setDeleting(false)}
        >
          <p>All of its versions are deleted. A policy that is attached cannot be deleted.</p>
        </Confirm>
      )}
    </Page>
  );
}
