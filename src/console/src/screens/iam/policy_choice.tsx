/** Search and choose managed policies, many at once. */
import { useMemo } from 'preact/hooks';

import { changed } from '../../api/events';
import { listPolicies } from '../../api/iam';
import { Link, link } from '../../router';
import { Empty } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { useResource } from '../../ui/resource';
import { Table } from '../../ui/table';

export function isAwsManaged(arn: string): boolean {
  return arn.startsWith('arn:aws:iam::aws:');
}

interface PolicyChoiceProps {
  /** The ARNs. */
  chosen: Set<string>;
  onChange: (chosen: Set<string>) => void;
  /** Those that are attached already. */
  without?: string[];
}

export function PolicyChoice({ chosen, onChange, without = [] }: PolicyChoiceProps) {
  const policies = useResource('iam/policies/All', signal => listPolicies('All', signal), {
    on: changed('iam'),
  });
  const rows = useMemo(
    () => (policies.data ?? []).filter(policy => !without.includes(policy.Arn)),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the list is made anew by each drawing
    [policies.data, without.join()],
  );
  return (
    <>
      <Problem error={policies.error} retry={policies.reload} />
      <Table
        label="Permissions policies"
        rows={rows}
        rowKey={row => row.Arn}
        filterText={row => `${row.PolicyName} ${row.Description ?? ''}`}
        filterLabel="Search policies"
        selection={{ keys: chosen, onChange, label: row => row.PolicyName }}
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
            sort: row => (isAwsManaged(row.Arn) ? 'AWS managed' : 'Customer managed'),
            cell: row => (isAwsManaged(row.Arn) ? 'AWS managed' : 'Customer managed'),
          },
          {
            id: 'attached',
            title: 'Attached entities',
            number: true,
            sort: row => Number(row.AttachmentCount),
            cell: row => row.AttachmentCount,
          },
        ]}
        empty={<Empty title={policies.loading ? 'Loading…' : 'No policies'} />}
      />
    </>
  );
}
