/** DynamoDB › Tables. */
import { useState } from 'preact/hooks';

import { deleteTable, listTables } from '../../api/dynamodb';
import { Link, link, navigate } from '../../router';
import { Button } from '../../ui/controls';
import { Confirm } from '../../ui/dialog';
import { attempt } from '../../ui/flash';
import { Empty, Page, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { useResource } from '../../ui/resource';
import { Table } from '../../ui/table';

export default function Tables() {
  const tables = useResource('dynamodb/tables', signal => listTables(signal), {
    on: ({ event, data }) => event === 'change' && data.service === 'dynamodb',
  });
  const [selected, setSelected] = useState<Set<string>>(new Set());
  const [deleting, setDeleting] = useState(false);
  const names = [...selected];
  const remove = async () => {
    await attempt(
      async () => {
        for (const name of names) await deleteTable(name);
      },
      `Deleted ${names.join(', ')}`,
    );
    setSelected(new Set());
    await tables.reload();
  };
  return (
    <Page title="Tables" crumbs={[['DynamoDB', 'dynamodb/tables']]}>
      <Problem error={tables.error} retry={tables.reload} />
      <Panel
        title="Tables"
        count={tables.data?.length}
        actions={
          <>
            <Button kind="danger" disabled={names.length === 0} onClick={() => setDeleting(true)}>
              Delete
            </Button>
            <Button kind="primary" onClick={() => navigate('dynamodb/create-table')}>
              Create table
            </Button>
          </>
        }
      >
        <Table
          label="Tables"
          rows={tables.data ?? []}
          rowKey={name => name}
          filterText={name => name}
          selection={{ keys: selected, onChange: setSelected, label: name => name }}
          initialSort={{ id: 'name' }}
          columns={[
            {
              id: 'name',
              title: 'Name',
              sort: name => name,
              cell: name => <Link to={link`dynamodb/tables/${name}`}>{name}</Link>,
            },
            {
              id: 'items',
              title: '',
              cell: name => <Link to={link`dynamodb/tables/${name}/items`}>Explore table items</Link>,
            },
          ]}
          empty={
            <Empty title={tables.loading ? 'Loading…' : 'You have no tables in this account in this Region'}>
              <Button onClick={() => navigate('dynamodb/create-table')}>Create table</Button>
            </Empty>
          }
        />
      </Panel>
      {deleting && (
        <Confirm
          title={`Delete ${names.length} tables`}
          action="Delete"
          typed="confirm"
          onConfirm={remove}
          onClose={() => setDeleting(false)}
        >
          <p>All items of {names.join(', ')} are lost.</p>
        </Confirm>
      )}
    </Page>
  );
}
