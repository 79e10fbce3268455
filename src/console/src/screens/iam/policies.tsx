/** IAM › Policies: AWS's and the account's own. */
import { changed } from '../../api/events';
import { deletePolicy, policiesPage, type Scope } from '../../api/iam';
import { Link, link, navigate, search, setSearch } from '../../router';
import { Select } from '../../ui/controls';
import { Time } from '../../ui/format';
import { Page } from '../../ui/layout';
import { ListPanel, pagesListed } from '../../ui/list_panel';
import { usePages } from '../../ui/pages';
import { DeleteChosen } from './delete_chosen';
import { crumbsOf, IamLists } from './nav';
import { isAwsManaged } from './policy_choice';

const TYPES = [
  { value: 'All', label: 'All types' },
  { value: 'Local', label: 'Customer managed' },
  { value: 'AWS', label: 'AWS managed' },
];

const nameOfRow = (row: { PolicyName: string }) => row.PolicyName;

export default function Policies() {
  const type = (search.value.get('type') ?? 'All') as Scope;
  const policies = usePages(`iam/policies/${type}`, (marker, signal) => policiesPage(type, marker, signal), {
    on: changed('iam'),
  });
  return (
    <Page title="Policies" crumbs={crumbsOf('Policies')}>
      <IamLists />
      <ListPanel
        title="Policies"
        list={pagesListed(policies)}
        nameOf={nameOfRow}
        rowKey={row => row.Arn}
        removable={row => !isAwsManaged(row.Arn)}
        filterText={row => `${row.PolicyName} ${row.Description ?? ''}`}
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
        create={{ label: 'Create policy', onClick: () => navigate('iam/create-policy') }}
        empty="No policies"
        removal={(rows, dialog) => (
          <DeleteChosen
            rows={rows}
            nameOf={nameOfRow}
            many="policies"
            remove={row => deletePolicy(row.Arn)}
            {...dialog}
          >
            <p>All of its versions are deleted. A policy that is attached cannot be deleted.</p>
          </DeleteChosen>
        )}
      >
        <Select
          label="Filter by type"
          value={type}
          options={TYPES}
          onChange={value => setSearch({ type: value === 'All' ? undefined : value })}
        />
      </ListPanel>
    </Page>
  );
}
