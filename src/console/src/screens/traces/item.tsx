/** The item that a step wrote: what the write changed, and the item as it is now. */
import type { Item } from '../../api/attribute_values';
import { json } from '../../api/client';
import type { Hop } from '../../api/traces';
import { Badge, Empty, type Tone } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { useResource } from '../../ui/resource';
import { Table, type Column } from '../../ui/table';
import { changesOf, type AttributeChange } from './item_change';

export function ItemOfStep({ hop }: { hop: Hop }) {
  if (hop.withheld)
    return (
      <Empty title={`What was written is shown to those who are allowed ${hop.withheld} on the item.`} />
    );
  return (
    <>
      <Written hop={hop} />
      <Now hop={hop} />
    </>
  );
}

const TONES: Record<AttributeChange['kind'], Tone> = {
  added: 'good',
  changed: 'warn',
  removed: 'bad',
  same: 'note',
};

const COLUMNS: Column<AttributeChange>[] = [
  { id: 'name', title: 'Attribute', cell: change => <span class="mono">{change.name}</span> },
  { id: 'before', title: 'Before', cell: change => change.before ?? '–' },
  { id: 'after', title: 'After', cell: change => change.after ?? '–' },
  { id: 'kind', title: 'Change', cell: change => <Badge tone={TONES[change.kind]}>{change.kind}</Badge> },
];

function Written({ hop: { detail } }: { hop: Hop }) {
  const before = detail?.before as Item | null | undefined;
  const after = detail?.after as Item | null | undefined;
  return (
    <>
      <h3>What was written</h3>
      {before === undefined || after === undefined ? (
        <Empty title="The item is too large for the trace" />
      ) : (
        <Table
          label="What was written"
          rows={changesOf(before, after)}
          rowKey={change => change.name}
          columns={COLUMNS}
          empty={<Empty title="Nothing" />}
        />
      )}
    </>
  );
}

function Now({ hop }: { hop: Hop }) {
  const table = hop.resource.split('/')[1]!;
  const key = hop.detail?.key;
  const item = useResource(key ? `item/${table}/${JSON.stringify(key)}` : '', async signal => {
    const input = { TableName: table, Key: key };
    return (await json<{ Item?: object }>('dynamodb', 'GetItem', input, { signal, quiet: true })).Item;
  });
  return (
    <>
      <h3>The item as it is now</h3>
      <Problem error={item.error} />
      {item.data ? (
        <pre>{JSON.stringify(item.data, null, 2)}</pre>
      ) : (
        !item.loading && <Empty title="It is gone" />
      )}
    </>
  );
}
