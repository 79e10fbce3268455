/** Search and choose managed policies, many at once. */
import { useMemo } from 'preact/hooks';

import { changed } from '../../api/events';
import { policiesPage } from '../../api/iam';
import { Link, link } from '../../router';
import { Empty } from '../../ui/layout';
import { usePages } from '../../ui/pages';
import { Problem } from '../../ui/problem';
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
  const policies = usePages('iam/policies/All', (marker, signal) => policiesPage('All', marker, signal), {
    on: changed('iam'),
  });
  const rows = useMemo(
    () => policies.rows.filter(policy => !without.includes(policy.Arn)),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the list is made anew by each drawing
    [policies.rows, without.join()],
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
            cell: row => (
              <Link to={link`iam/policies/${row.Arn}`} apart>
                {row.PolicyName}
              </Link>
            ),
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
        more={policies.more}
        empty={<Empty title={policies.loading ? 'Loading…' : 'No policies'} />}
      />
    </>
  );
}
