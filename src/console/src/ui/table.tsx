/** Tables of any length: only the rows that can be seen are in the document. */
import { elementScroll, observeElementOffset, observeElementRect, Virtualizer } from '@tanstack/virtual-core';
import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useReducer, useRef, useState } from 'preact/hooks';

import { Button, TextField } from './controls';
import { count } from './format';
import { Empty } from './layout';
import type { More } from './pages';

export interface Column<T> {
  id: string;
  title: string;
  cell: (row: T) => ComponentChildren;
  /** What the column is sorted by; without it, it is not sorted. */
  sort?: (row: T) => string | number;
  /** Numbers are at the right. */
  number?: boolean;
  /** It has the room that the others leave. */
  wide?: boolean;
  /** Long texts are cut early. */
  narrow?: boolean;
}

function classOf<T>({ number, wide, narrow }: Column<T>): string | undefined {
  return number ? 'number' : wide ? 'wide' : narrow ? 'narrow' : undefined;
}

/** A column with a link in each row that does something with what the row shows. */
export function actionColumn<T>(
  action: string,
  label: (row: T) => string,
  onClick: (row: T) => unknown,
): Column<T> {
  return {
    id: 'actions',
    title: 'Actions',
    cell: row => (
      <Button kind="link" label={label(row)} onClick={() => onClick(row)}>
        {action}
      </Button>
    ),
  };
}

interface TableProps<T> {
  label: string;
  rows: T[];
  columns: Column<T>[];
  rowKey: (row: T) => string;
  /** The text in which the filter searches; without it there is no filter. */
  filterText?: (row: T) => string;
  filterLabel?: string;
  empty: ComponentChildren;
  selection?: { keys: ReadonlySet<string>; onChange: (keys: Set<string>) => void; label: (row: T) => string };
  initialSort?: { id: string; descending?: boolean };
  /** There are more rows: see usePages(). */
  more?: More;
  /** Which rows can be seen, and by which column they are sorted. */
  onView?: (rows: T[], sort: string | undefined) => void;
}

const ROW_PIXELS = 40;
const OVERSCAN = 12;
const COLLATOR = new Intl.Collator(undefined, { numeric: true });
/** Short tables are whole in the document. */
const VIRTUAL_FROM = 100;

export function Table<T>(props: TableProps<T>) {
  const { label, rows, columns, rowKey, filterText, empty, selection, initialSort } = props;
  const [sort, setSort] = useState(initialSort);
  const [filter, setFilter] = useState('');
  const shown = useMemo(
    () => sorted(filtered(rows, filter, filterText), columns, sort),
    [rows, filter, filterText, columns, sort],
  );
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtual(shown.length, scroller);
  const visible = virtual ? shown.slice(virtual.first, virtual.last + 1) : shown;
  const width = columns.length + (selection ? 1 : 0);

  const seen = visible.map(rowKey).join('\n');
  useEffect(() => {
    props.onView?.(visible, sort?.id);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the rows are those of these keys
  }, [seen, sort?.id, rows.length]);

  const toggle = (key: string) => {
    const next = new Set(selection?.keys);
    if (!next.delete(key)) next.add(key);
    selection?.onChange(next);
  };
  const all = selection && shown.length > 0 && shown.every(row => selection.keys.has(rowKey(row)));

  return (
    <div class="table">
      {filterText && (
        <div class="table-filter">
          <TextField
            label={props.filterLabel ?? `Find in ${label.toLowerCase()}`}
            type="search"
            value={filter}
            onInput={setFilter}
            placeholder={props.filterLabel ?? 'Find'}
          />
          <span class="hint" aria-live="polite">
            {filter ? `${shown.length} of ${rows.length}` : ''}
          </span>
        </div>
      )}
      <div
        class={virtual ? 'table-scroll tall' : 'table-scroll'}
        ref={scroller}
        tabIndex={0}
        role="region"
        aria-label={label}
      >
        <table aria-label={label} aria-rowcount={shown.length + 1}>
          <thead>
            <tr>
              {selection && (
                <th class="select" scope="col">
                  <input
                    type="checkbox"
                    aria-label="Select all"
                    checked={all}
                    onChange={() => selection.onChange(all ? new Set() : new Set(shown.map(rowKey)))}
                  />
                </th>
              )}
              {columns.map(column => (
                <HeaderCell
                  key={column.id}
                  column={column}
                  sort={sort}
                  onSort={setSort}
                  loaded={props.more && rows.length}
                />
              ))}
            </tr>
          </thead>
          <tbody>
            {virtual && virtual.before > 0 && <Gap width={width} pixels={virtual.before} />}
            {visible.map((row, i) => {
              const key = rowKey(row);
              return (
                <tr
                  key={key}
                  aria-rowindex={(virtual?.first ?? 0) + i + 2}
                  aria-selected={selection ? selection.keys.has(key) : undefined}
                >
                  {selection && (
                    <td class="select">
                      <input
                        type="checkbox"
                        aria-label={`Select ${selection.label(row)}`}
                        checked={selection.keys.has(key)}
                        onChange={() => toggle(key)}
                      />
                    </td>
                  )}
                  {columns.map(column => (
                    <td key={column.id} class={classOf(column)}>
                      {column.cell(row)}
                    </td>
                  ))}
                </tr>
              );
            })}
            {virtual && virtual.after > 0 && <Gap width={width} pixels={virtual.after} />}
          </tbody>
        </table>
        {rows.length === 0 && empty}
        {rows.length > 0 && shown.length === 0 && <Empty title="No matches" />}
        {props.more && <LoadMore {...props.more} />}
      </div>
    </div>
  );
}

/** The end of a table that has more rows: it loads them when it comes into view, or is pressed. */
function LoadMore({ load, loading, waits }: More) {
  const end = useRef<HTMLDivElement>(null);
  const latest = useRef(load);
  latest.current = load;
  useEffect(() => {
    if (loading || waits || !end.current) return;
    const observer = new IntersectionObserver(seen => {
      if (seen.some(one => one.isIntersecting)) void latest.current();
    });
    observer.observe(end.current);
    return () => observer.disconnect();
  }, [loading, waits]);
  return (
    <div class="table-more" ref={end}>
      <Button busy={loading} onClick={() => void load()}>
        {loading ? 'Loading…' : 'Load more'}
      </Button>
    </div>
  );
}

function Gap({ width, pixels }: { width: number; pixels: number }) {
  return (
    <tr aria-hidden="true">
      <td colSpan={width} style={{ height: pixels, padding: 0 }} />
    </tr>
  );
}

interface HeaderProps<T> {
  column: Column<T>;
  sort: { id: string; descending?: boolean } | undefined;
  onSort: (sort: { id: string; descending?: boolean }) => void;
  /** There are more rows, and only so many can be sorted. */
  loaded?: number;
}

function HeaderCell<T>({ column, sort, onSort, loaded }: HeaderProps<T>) {
  const mine = sort?.id === column.id;
  if (!column.sort)
    return (
      <th scope="col" class={classOf(column)}>
        {column.title}
      </th>
    );
  return (
    <th
      scope="col"
      class={classOf(column)}
      aria-sort={mine ? (sort.descending ? 'descending' : 'ascending') : undefined}
    >
      <button
        type="button"
        class="sorter"
        title={loaded === undefined ? undefined : `Sorts the ${count(loaded)} rows that are loaded`}
        onClick={() => onSort({ id: column.id, descending: mine && !sort.descending })}
      >
        {column.title}
        <span aria-hidden="true">{mine ? (sort.descending ? ' ▾' : ' ▴') : ''}</span>
        {mine && loaded !== undefined && <small class="hint"> of {count(loaded)} loaded</small>}
      </button>
    </th>
  );
}

function filtered<T>(rows: T[], filter: string, text?: (row: T) => string): T[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  if (!text || words.length === 0) return rows;
  return rows.filter(row => {
    const haystack = text(row).toLowerCase();
    return words.every(word => haystack.includes(word));
  });
}

function sorted<T>(rows: T[], columns: Column<T>[], sort?: { id: string; descending?: boolean }): T[] {
  const by = columns.find(column => column.id === sort?.id)?.sort;
  if (!by) return rows;
  const order = sort?.descending ? -1 : 1;
  const compare = (a: string | number, b: string | number) =>
    typeof a === 'number' && typeof b === 'number' ? a - b : COLLATOR.compare(String(a), String(b));
  return [...rows].sort((a, b) => order * compare(by(a), by(b)));
}

interface Visible {
  first: number;
  last: number;
  before: number;
  after: number;
}

function useVirtual(count: number, scroller: { current: HTMLDivElement | null }): Visible | undefined {
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  const wanted = count > VIRTUAL_FROM;
  const [virtualizer] = useState(
    () =>
      new Virtualizer<HTMLDivElement, Element>({
        count,
        getScrollElement: () => scroller.current,
        estimateSize: () => ROW_PIXELS,
        overscan: OVERSCAN,
        observeElementRect,
        observeElementOffset,
        scrollToFn: elementScroll,
        onChange: () => redraw(0),
      }),
  );
  virtualizer.setOptions({ ...virtualizer.options, count, onChange: () => redraw(0) });
  useEffect(() => (wanted ? virtualizer._didMount() : undefined), [wanted, virtualizer]);
  useEffect(() => {
    if (wanted) virtualizer._willUpdate();
  });
  if (!wanted) return undefined;
  const items = virtualizer.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? Math.min(count, 30) - 1;
  return { first, last, before: first * ROW_PIXELS, after: (count - last - 1) * ROW_PIXELS };
}
