/** The items that a scan or query has returned, and what can be done with them. */
import { useMemo, useRef, useState } from 'preact/hooks';

import { textOf, typeOf, TYPES, type Item } from '../../api/attribute_values';
import type { Table as Described } from '../../api/dynamodb';
import { deleteItems, putItems, readItems } from '../../api/items';
import { Link, link, navigate, search as address, setSearch } from '../../router';
import { Button, Checkbox } from '../../ui/controls';
import { Confirm, Dialog } from '../../ui/dialog';
import { download } from '../../ui/download';
import { attempt, flash } from '../../ui/flash';
import { count } from '../../ui/format';
import { Empty, Panel } from '../../ui/layout';
import { Menu } from '../../ui/menu';
import { usePages } from '../../ui/pages';
import { Problem } from '../../ui/problem';
import { Table, type Column } from '../../ui/table';
import { csv, jsonLines, parseLines } from './lines';
import { keysOf, requestOf, searchText, type Search } from './search';

/** Without a filter, a page has so many items; with one, it is what DynamoDB reads at once: 1 MB. */
const PAGE_ITEMS = 100;

interface ResultsProps {
  table: Described;
  search: Search;
  /** Another number reads anew. */
  run: number;
  onChanged: () => void;
}

/** The key of an item, as DynamoDB's JSON: its address, and its name among those that are selected. */
function keyText(table: Described, item: Item): string {
  return JSON.stringify(
    Object.fromEntries(table.KeySchema.map(({ AttributeName }) => [AttributeName, item[AttributeName]])),
  );
}

/** All attributes of the items, those of the keys first. */
function attributesOf(table: Described, index: string, items: Item[]): string[] {
  const keys = [keysOf(table), keysOf(table, index)].flatMap(({ partition, sort }) => [partition, sort]);
  const names = new Set(keys.filter((key): key is string => key !== undefined));
  for (const item of items) for (const name of Object.keys(item)) names.add(name);
  return [...names];
}

function useItems(table: Described, search: Search, run: number) {
  const costs = useRef(new Map<string, { scanned: number; units: number }>());
  const pages = usePages(
    `dynamodb/items/${table.TableName}/${searchText(search)}/${run}`,
    async (token, signal) => {
      const { operation, input } = requestOf(table, search);
      const limit = search.filters.length > 0 ? {} : { Limit: PAGE_ITEMS };
      const page = await readItems(operation, { ...input, ...limit }, token, signal);
      if (!token) costs.current.clear();
      costs.current.set(token ?? '', page);
      return page;
    },
  );
  const all = [...costs.current.values()];
  return {
    ...pages,
    more: pages.more && { ...pages.more, waits: search.filters.length > 0 || pages.more.waits },
    scanned: all.reduce((sum, { scanned }) => sum + scanned, 0),
    units: all.reduce((sum, { units }) => sum + units, 0),
  };
}

function columnsOf(table: Described, names: string[]): Column<Item>[] {
  const [key] = table.KeySchema;
  return names.map(name => ({
    id: name,
    title: name,
    sort: item => (item[name] && 'N' in item[name] ? Number(item[name].N) : textOf(item[name])),
    cell: item =>
      name === key?.AttributeName ? (
        <Link to={itemAddress(table, 'key', item)}>{textOf(item[name])}</Link>
      ) : (
        item[name] && <span title={TYPES[typeOf(item[name])]}>{textOf(item[name])}</span>
      ),
  }));
}

function itemAddress(table: Described, parameter: 'key' | 'copy', item: Item): string {
  return `${link`dynamodb/tables/${table.TableName}/item`}?${parameter}=${encodeURIComponent(keyText(table, item))}`;
}

type Asked = 'delete' | 'columns' | 'import' | undefined;

export function Results({ table, search, run, onChanged }: ResultsProps) {
  const items = useItems(table, search, run);
  const [selected, setSelected] = useState<Set<string>>(new Set());
  const [asked, setAsked] = useState<Asked>();
  const names = useMemo(
    () => attributesOf(table, search.index, items.rows),
    [table, search.index, items.rows],
  );
  const shown = shownColumns(names);
  const columns = useMemo(() => columnsOf(table, shown), [table, shown.join('\n')]); // eslint-disable-line react-hooks/exhaustive-deps
  const chosen = items.rows.filter(item => selected.has(keyText(table, item)));
  const [one] = chosen;
  const exported = chosen.length > 0 ? chosen : items.rows;
  const what = chosen.length > 0 ? 'selected items' : 'results';

  return (
    <Panel
      title="Items returned"
      count={`${count(items.rows.length)}${items.more ? '+' : ''}`}
      description={
        items.loading
          ? 'Reading…'
          : `Items scanned: ${count(items.scanned)} · Read request units consumed: ${items.units}`
      }
      actions={
        <>
          <Button onClick={() => setAsked('columns')}>Columns</Button>
          <Menu
            label="Actions"
            items={[
              {
                label: 'Edit item',
                disabled: chosen.length !== 1,
                onChoose: () => one && navigate(itemAddress(table, 'key', one)),
              },
              {
                label: 'Duplicate item',
                disabled: chosen.length !== 1,
                onChoose: () => one && navigate(itemAddress(table, 'copy', one)),
              },
              { label: 'Delete items', disabled: chosen.length === 0, onChoose: () => setAsked('delete') },
              {
                label: `Download ${what} to CSV`,
                disabled: exported.length === 0,
                onChoose: () => download(`${table.TableName}.csv`, 'text/csv', csv(exported, shown)),
              },
              {
                label: `Download ${what} as JSON lines`,
                disabled: exported.length === 0,
                onChoose: () =>
                  download(`${table.TableName}.jsonl`, 'application/x-ndjson', jsonLines(exported)),
              },
              { label: 'Import JSON lines', onChoose: () => setAsked('import') },
            ]}
          />
        </>
      }
    >
      <Problem error={items.error} retry={items.reload} />
      <Table
        label="Items returned"
        rows={items.rows}
        rowKey={item => keyText(table, item)}
        selection={{
          keys: selected,
          onChange: setSelected,
          label: item => textOf(item[table.KeySchema[0]!.AttributeName]),
        }}
        columns={columns}
        more={items.more}
        empty={<NoItems loading={items.loading} error={items.error} />}
      />
      {asked === 'columns' && <Columns names={names} shown={shown} onClose={() => setAsked(undefined)} />}
      {asked === 'import' && (
        <Import table={table.TableName} onClose={() => setAsked(undefined)} onDone={onChanged} />
      )}
      {asked === 'delete' && (
        <DeleteItems
          table={table}
          items={chosen}
          onClose={() => setAsked(undefined)}
          onDone={() => {
            setSelected(new Set());
            onChanged();
          }}
        />
      )}
    </Panel>
  );
}

function NoItems({ loading, error }: { loading: boolean; error: unknown }) {
  if (loading) return <Empty title="Reading…" />;
  if (error) return null;
  return (
    <Empty title="No items">
      <p>The query did not return any results.</p>
    </Empty>
  );
}

/** The names in the address, or all. */
function shownColumns(names: string[]): string[] {
  const chosen = address.value.get('columns');
  if (!chosen) return names;
  const wanted = JSON.parse(chosen) as string[];
  return names.filter(name => wanted.includes(name));
}

interface ColumnsProps {
  names: string[];
  shown: string[];
  onClose: () => void;
}

function Columns({ names, shown, onClose }: ColumnsProps) {
  const choose = (next: string[]) =>
    setSearch({ columns: next.length === names.length ? undefined : JSON.stringify(next) });
  return (
    <Dialog
      title="Columns"
      onClose={onClose}
      actions={<Button onClick={() => choose(names)}>Show all</Button>}
    >
      <fieldset>
        <legend>Attributes that are shown</legend>
        {names.map(name => (
          <Checkbox
            key={name}
            label={name}
            checked={shown.includes(name)}
            disabled={shown.length === 1 && shown[0] === name}
            onChange={on => choose(names.filter(one => (one === name ? on : shown.includes(one))))}
          />
        ))}
      </fieldset>
    </Dialog>
  );
}

interface DeleteProps {
  table: Described;
  items: Item[];
  onDone: () => void;
  onClose: () => void;
}

function DeleteItems({ table, items, onDone, onClose }: DeleteProps) {
  const [done, setDone] = useState(0);
  const what = items.length === 1 ? '1 item' : `${count(items.length)} items`;
  const remove = async () => {
    const keys = items.map(item => JSON.parse(keyText(table, item)) as Item);
    if (await attempt(() => deleteItems(table.TableName, keys, setDone), `Deleted ${what}.`)) onDone();
  };
  return (
    <Confirm title={`Delete ${what}`} action="Delete" typed="delete" onConfirm={remove} onClose={onClose}>
      <p>They are lost at once. There is no way back but a backup.</p>
      {done > 0 && (
        <progress max={items.length} value={done} aria-label="Items deleted">
          {done}
        </progress>
      )}
    </Confirm>
  );
}

interface ImportProps {
  table: string;
  onDone: () => void;
  onClose: () => void;
}

function Import({ table, onDone, onClose }: ImportProps) {
  const [items, setItems] = useState<Item[]>();
  const [done, setDone] = useState(0);
  const [error, setError] = useState<unknown>();
  const read = async (file: File | undefined) => {
    if (!file) return;
    try {
      setItems(parseLines(await file.text()));
      setError(undefined);
    } catch (problem) {
      setItems(undefined);
      setError(problem);
    }
  };
  const write = async () => {
    try {
      await putItems(table, items!, setDone);
      flash('good', `Imported ${count(items!.length)} items.`);
      onDone();
      onClose();
    } catch (problem) {
      setError(problem);
    }
  };
  return (
    <Dialog
      title="Import JSON lines"
      onClose={onClose}
      actions={
        <>
          <Button kind="link" onClick={onClose}>
            Cancel
          </Button>
          <Button kind="primary" disabled={!items?.length} onClick={write}>
            {items ? `Import ${count(items.length)} items` : 'Import'}
          </Button>
        </>
      }
    >
      <p class="hint">
        An item on each line: as a download of this page or an export of DynamoDB, as DynamoDB JSON, or as
        plain JSON. An item whose key exists is replaced.
      </p>
      <label>
        File{' '}
        <input
          type="file"
          accept=".json,.jsonl,.ndjson,.txt"
          onChange={event => void read(event.currentTarget.files?.[0])}
        />
      </label>
      {done > 0 && items && (
        <progress max={items.length} value={done} aria-label="Items imported">
          {done}
        </progress>
      )}
      <Problem error={error} />
    </Dialog>
  );
}
