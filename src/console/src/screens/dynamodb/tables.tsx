/** DynamoDB › Tables. */
import { useState } from 'preact/hooks';

import { deleteTable, describeTable, tablesPage, type Table as Described } from '../../api/dynamodb';
import { Link, link, navigate } from '../../router';
import { Button } from '../../ui/controls';
import { Confirm } from '../../ui/dialog';
import { attempt } from '../../ui/flash';
import { bytes, count } from '../../ui/format';
import { Badge, Empty, Page, Panel } from '../../ui/layout';
import { usePages } from '../../ui/pages';
import { Problem } from '../../ui/problem';
import { Table, type Column } from '../../ui/table';
import { capacityMode, DynamoSections, keyText, ofDynamo, Status, tableCrumbs } from './parts';

/** A table whose description is refused has only its name. */
type Row = Partial<Described> & { TableName: string };

async function describedPage(token: string | undefined, signal: AbortSignal) {
  const { items, next } = await tablesPage(token, signal);
  const rows = await Promise.all(
    items.map(async (name): Promise<Row> => {
      try {
        return await describeTable(name, signal);
      } catch {
        return { TableName: name };
      }
    }),
  );
  return { items: rows, next };
}

const keyOf = (row: Row, type: 'HASH' | 'RANGE') =>
  row.KeySchema ? keyText(row as Described, row.KeySchema, type) : '–';

const COLUMNS: Column<Row>[] = [
  {
    id: 'name',
    title: 'Name',
    sort: row => row.TableName,
    cell: row => <Link to={link`dynamodb/tables/${row.TableName}`}>{row.TableName}</Link>,
  },
  {
    id: 'status',
    title: 'Status',
    sort: row => row.TableStatus ?? '',
    cell: row => <Status of={row.TableStatus} />,
  },
  { id: 'partition', title: 'Partition key', cell: row => keyOf(row, 'HASH') },
  { id: 'sort', title: 'Sort key', cell: row => keyOf(row, 'RANGE') },
  {
    id: 'items',
    title: 'Items',
    number: true,
    sort: row => row.ItemCount ?? 0,
    cell: row => count(row.ItemCount),
  },
  {
    id: 'size',
    title: 'Total size',
    number: true,
    sort: row => row.TableSizeBytes ?? 0,
    cell: row => bytes(row.TableSizeBytes),
  },
  {
    id: 'explore',
    title: 'Explore',
    cell: row => (
      <Link
        to={link`dynamodb/tables/${row.TableName}/items`}
        label={`Explore table items of ${row.TableName}`}
      >
        Explore table items
      </Link>
    ),
  },
  {
    id: 'indexes',
    title: 'Indexes',
    number: true,
    sort: indexCount,
    cell: indexCount,
  },
  {
    id: 'capacity',
    title: 'Capacity mode',
    cell: row => (row.TableStatus ? capacityMode(row as Described) : '–'),
  },
  {
    id: 'protection',
    title: 'Deletion protection',
    cell: row => (row.DeletionProtectionEnabled ? <Badge tone="good">On</Badge> : 'Off'),
  },
];

function indexCount(row: Row): number {
  return (row.GlobalSecondaryIndexes?.length ?? 0) + (row.LocalSecondaryIndexes?.length ?? 0);
}

export default function Tables() {
  const tables = usePages('dynamodb/tables', describedPage, { on: ofDynamo });
  const [selected, setSelected] = useState<Set<string>>(new Set());
  const [deleting, setDeleting] = useState(false);
  const names = [...selected];
  return (
    <Page title="Tables" crumbs={tableCrumbs()}>
      <DynamoSections />
      <Problem error={tables.error} retry={tables.reload} />
      <Panel
        title="Tables"
        count={`${tables.rows.length}${tables.more ? '+' : ''}`}
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
          rows={tables.rows}
          rowKey={row => row.TableName}
          filterText={row => row.TableName}
          filterLabel="Find tables"
          selection={{ keys: selected, onChange: setSelected, label: row => row.TableName }}
          initialSort={{ id: 'name' }}
          columns={COLUMNS}
          more={tables.more}
          empty={
            <Empty title={tables.loading ? 'Loading…' : 'You have no tables in this account in this Region'}>
              <Button onClick={() => navigate('dynamodb/create-table')}>Create table</Button>
            </Empty>
          }
        />
      </Panel>
      {deleting && (
        <DeleteTables
          names={names}
          onClose={() => setDeleting(false)}
          onDeleted={() => {
            setSelected(new Set());
            void tables.reload();
          }}
        />
      )}
    </Page>
  );
}

interface DeleteProps {
  names: string[];
  onClose: () => void;
  onDeleted: () => void;
}

export function DeleteTables({ names, onClose, onDeleted }: DeleteProps) {
  const what = names.length === 1 ? `table ${names[0]}` : `${names.length} tables`;
  const remove = async () => {
    const deleted = await attempt(
      async () => {
        for (const name of names) await deleteTable(name);
      },
      names.length === 1 ? `The ${what} was deleted.` : `The ${what} were deleted.`,
    );
    if (deleted) onDeleted();
  };
  return (
    <Confirm title={`Delete ${what}`} action="Delete" typed="confirm" onConfirm={remove} onClose={onClose}>
      <p>All items of {names.join(', ')} are lost, and cannot be brought back without a backup.</p>
    </Confirm>
  );
}
