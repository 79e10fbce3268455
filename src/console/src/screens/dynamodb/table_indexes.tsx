/** A table's indexes: what they are, creating and deleting global ones. */
import { useState } from 'preact/hooks';

import { updateTable, type TableIndex } from '../../api/dynamodb';
import { Link, link } from '../../router';
import { Button, Form } from '../../ui/controls';
import { Confirm, Dialog } from '../../ui/dialog';
import { attempt, flash } from '../../ui/flash';
import { bytes, count } from '../../ui/format';
import { Empty, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { Table, type Column } from '../../ui/table';
import { CapacityForm, throughputOf, type Capacity } from './create_settings';
import { definitionsOf, emptyIndex, IndexForm, indexInput, indexName } from './index_form';
import { capacityMode, keyText, Status } from './parts';
import { emptySearch, searchText } from './search';
import type { TabProps } from './table';

const PROJECTIONS = { ALL: 'All', KEYS_ONLY: 'Only keys', INCLUDE: 'Include' };

function projection({ Projection }: TableIndex): string {
  const names = Projection.NonKeyAttributes?.join(', ');
  return PROJECTIONS[Projection.ProjectionType] + (names ? `: ${names}` : '');
}

export function Indexes({ table, reload }: TabProps) {
  const [creating, setCreating] = useState(false);
  const [selected, setSelected] = useState<Set<string>>(new Set());
  const [deleting, setDeleting] = useState(false);
  const [name] = selected;
  const search = (index: string) =>
    `${link`dynamodb/tables/${table.TableName}/items`}?search=${encodeURIComponent(searchText({ ...emptySearch(), index }))}`;
  const columns: Column<TableIndex>[] = [
    {
      id: 'name',
      title: 'Name',
      sort: index => index.IndexName,
      cell: index => <Link to={search(index.IndexName)}>{index.IndexName}</Link>,
    },
    { id: 'partition', title: 'Partition key', cell: index => keyText(table, index.KeySchema, 'HASH') },
    { id: 'sort', title: 'Sort key', cell: index => keyText(table, index.KeySchema, 'RANGE') },
    { id: 'projection', title: 'Projected attributes', cell: projection },
    { id: 'size', title: 'Size', number: true, cell: index => bytes(index.IndexSizeBytes) },
    { id: 'items', title: 'Items', number: true, cell: index => count(index.ItemCount) },
  ];
  const status: Column<TableIndex> = {
    id: 'status',
    title: 'Status',
    cell: index => <Status of={index.IndexStatus} />,
  };
  const remove = async () => {
    await attempt(
      () => updateTable(table.TableName, { GlobalSecondaryIndexUpdates: [{ Delete: { IndexName: name } }] }),
      `The index ${name} is being deleted.`,
    );
    setSelected(new Set());
    await reload();
  };
  return (
    <>
      <Panel
        title="Global secondary indexes"
        count={table.GlobalSecondaryIndexes?.length ?? 0}
        actions={
          <>
            <Button kind="danger" disabled={selected.size !== 1} onClick={() => setDeleting(true)}>
              Delete
            </Button>
            <Button onClick={() => setCreating(true)}>Create index</Button>
          </>
        }
      >
        <Table
          label="Global secondary indexes"
          rows={table.GlobalSecondaryIndexes ?? []}
          rowKey={index => index.IndexName}
          selection={{ keys: selected, onChange: setSelected, label: index => index.IndexName }}
          columns={[columns[0]!, status, ...columns.slice(1)]}
          empty={<Empty title="No indexes" />}
        />
      </Panel>
      <Panel
        title="Local secondary indexes"
        count={table.LocalSecondaryIndexes?.length ?? 0}
        description="They are made with the table, and stay as long as the table."
      >
        <Table
          label="Local secondary indexes"
          rows={table.LocalSecondaryIndexes ?? []}
          rowKey={index => index.IndexName}
          columns={columns}
          empty={<Empty title="No local secondary indexes" />}
        />
      </Panel>
      {creating && <CreateIndex table={table} reload={reload} onClose={() => setCreating(false)} />}
      {deleting && name && (
        <Confirm
          title={`Delete index ${name}`}
          action="Delete"
          typed="delete"
          onConfirm={remove}
          onClose={() => setDeleting(false)}
        >
          <p>Queries and scans of {name} fail from now on. The items of the table stay.</p>
        </Confirm>
      )}
    </>
  );
}

function CreateIndex({ table, reload, onClose }: TabProps & { onClose: () => void }) {
  const [index, setIndex] = useState(emptyIndex);
  const [capacity, setCapacity] = useState<Capacity>({ mode: 'PROVISIONED', read: '5', write: '5' });
  const [error, setError] = useState<unknown>();
  const provisioned = capacityMode(table) === 'Provisioned';
  const create = async () => {
    try {
      await updateTable(table.TableName, {
        AttributeDefinitions: definitionsOf([index.partition, index.sort]),
        GlobalSecondaryIndexUpdates: [
          { Create: indexInput(index, provisioned ? throughputOf(capacity) : undefined) },
        ],
      });
      flash('good', `The index ${indexName(index)} is being created.`);
      onClose();
      await reload();
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <Dialog title="Create global secondary index" onClose={onClose} wide>
      <Form label="Create index" submit="Create index" cancel={onClose} onSubmit={create}>
        <IndexForm value={index} onChange={setIndex} />
        {provisioned && (
          <CapacityForm
            value={capacity}
            onChange={changed => setCapacity({ ...changed, mode: 'PROVISIONED' })}
          />
        )}
        <Problem error={error} />
      </Form>
    </Dialog>
  );
}
