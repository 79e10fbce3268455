/** DynamoDB › Tables. */
import { useEffect } from 'preact/hooks';

import { changed, listen, reshaped } from '../../api/events';
import { deleteTable, describeTable, tablesPage, type Table as Described } from '../../api/dynamodb';
import { Link, link, navigate } from '../../router';
import { useDetails } from '../../ui/details';
import { Confirm } from '../../ui/dialog';
import { attempt } from '../../ui/flash';
import { bytes, count, nameOf } from '../../ui/format';
import { Badge, Page } from '../../ui/layout';
import { ListPanel, pagesListed } from '../../ui/list_panel';
import { usePages } from '../../ui/pages';
import type { Column } from '../../ui/table';
import { capacityMode, DynamoSections, keyText, Status, tableCrumbs } from './parts';

/** A table that is not described yet, or may not be, has only its name. */
type Row = Partial<Described> & { TableName: string };

const onShape = reshaped('dynamodb');

/** The columns of what only a description tells: a list that is sorted by one of them needs all descriptions. */
const DESCRIBED = ['status', 'items', 'size', 'indexes'];

function useTables() {
  const names = usePages('dynamodb/tables', tablesPage, { on: onShape });
  const details = useDetails(describeTable);
  useEffect(
    () =>
      listen(event => {
        if (changed('dynamodb')(event)) details.refresh([nameOf(event.data.arn as string)]);
        else if (event.event === 'lost' || event.event === 'reset') details.refreshAll();
      }),
    [details],
  );
  const rows = names.rows.map((name): Row => details.of(name) ?? { TableName: name });
  const onView = (visible: Row[], sort: string | undefined) =>
    details.want((sort && DESCRIBED.includes(sort) ? rows : visible).map(row => row.TableName));
  return { list: { ...pagesListed(names), rows }, onView };
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
  const { list, onView } = useTables();
  return (
    <Page title="Tables" crumbs={tableCrumbs()}>
      <DynamoSections />
      <ListPanel
        title="Tables"
        list={list}
        onView={onView}
        nameOf={row => row.TableName}
        filterText={row => row.TableName}
        filterLabel="Find tables"
        initialSort={{ id: 'name' }}
        columns={COLUMNS}
        create={{ label: 'Create table', onClick: () => navigate('dynamodb/create-table') }}
        empty="You have no tables in this account in this Region"
        createHere
        removal={(rows, { onClose, onRemoved }) => (
          <DeleteTables
            names={rows.map(row => row.TableName)}
            onClose={onClose}
            onDeleted={() => void onRemoved()}
          />
        )}
      />
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
