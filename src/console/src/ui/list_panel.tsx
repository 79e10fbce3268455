/** A list of resources, as every service has one: choose some and delete them, create one, find by name. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

import { Button } from './controls';
import { Confirm } from './dialog';
import { attempt } from './flash';
import { Empty, Panel } from './layout';
import type { More, Pages } from './pages';
import { Problem } from './problem';
import { Table, type Column } from './table';

/** A list as a panel shows it: by pagesListed(). */
export interface Listed<T> {
  rows: T[];
  count: number | string | undefined;
  loading: boolean;
  error: unknown;
  reload: () => Promise<void>;
  more?: More;
}

export function pagesListed<T>(pages: Pages<T>): Listed<T> {
  return { ...pages, count: `${pages.rows.length}${pages.more ? '+' : ''}` };
}

interface ListPanelProps<T> {
  title: string;
  description?: string;
  list: Listed<T>;
  nameOf: (row: T) => string;
  /** If it is not the name. */
  rowKey?: (row: T) => string;
  columns: Column<T>[];
  initialSort?: { id: string; descending?: boolean };
  onView?: (rows: T[], sort: string | undefined) => void;
  filterText: (row: T) => string;
  filterLabel?: string;
  /** Above the table: what is listed at all. */
  children?: ComponentChildren;
  /** Between "Delete" and "Create". */
  actions?: (chosen: T[]) => ComponentChildren;
  create: { label: string; onClick: () => void };
  removeLabel?: string;
  removable?: (row: T) => boolean;
  /** The dialog that asks before: `onRemoved` forgets what was chosen, and lists anew. */
  removal: (
    chosen: T[],
    dialog: { onClose: () => void; onRemoved: () => Promise<void> },
  ) => ComponentChildren;
  /** What an empty list says; with `createHere` the button of creation is there, too. */
  empty: string;
  createHere?: boolean;
}

export function ListPanel<T>(props: ListPanelProps<T>) {
  const { title, list, nameOf, rowKey = nameOf, create, removable = () => true } = props;
  const [selected, setSelected] = useState<Set<string>>(new Set());
  const [removing, setRemoving] = useState(false);
  const chosen = list.rows.filter(row => selected.has(rowKey(row)));
  const removed = chosen.filter(removable);
  const createButton = (kind?: 'primary') => (
    <Button kind={kind} onClick={create.onClick}>
      {create.label}
    </Button>
  );
  return (
    <>
      <Problem error={list.error} retry={list.reload} />
      <Panel
        title={title}
        count={list.count}
        description={props.description}
        actions={
          <>
            <Button kind="danger" disabled={removed.length === 0} onClick={() => setRemoving(true)}>
              {props.removeLabel ?? 'Delete'}
            </Button>
            {props.actions?.(chosen)}
            {createButton('primary')}
          </>
        }
      >
        {props.children}
        <Table
          label={title}
          rows={list.rows}
          rowKey={rowKey}
          filterText={props.filterText}
          filterLabel={props.filterLabel}
          selection={{ keys: selected, onChange: setSelected, label: nameOf }}
          initialSort={props.initialSort}
          columns={props.columns}
          more={list.more}
          onView={props.onView}
          empty={
            <Empty title={list.loading ? 'Loading…' : props.empty}>
              {props.createHere && createButton()}
            </Empty>
          }
        />
      </Panel>
      {removing &&
        props.removal(removed, {
          onClose: () => setRemoving(false),
          onRemoved: () => {
            setSelected(new Set());
            return list.reload();
          },
        })}
    </>
  );
}

interface RemoveProps<T> {
  rows: T[];
  nameOf: (row: T) => string;
  title: string;
  typed?: string;
  remove: (row: T) => Promise<unknown>;
  onClose: () => void;
  onRemoved: () => Promise<void>;
  children: ComponentChildren;
}

/** Asks, then removes one after the other; those after one that cannot be removed stay. */
export function RemoveEach<T>({
  rows,
  nameOf,
  title,
  typed,
  remove,
  onClose,
  onRemoved,
  children,
}: RemoveProps<T>) {
  const all = async () => {
    await attempt(
      async () => {
        for (const row of rows) await remove(row);
      },
      `Deleted ${rows.map(nameOf).join(', ')}`,
    );
    await onRemoved();
  };
  return (
    <Confirm title={title} action="Delete" typed={typed} onConfirm={all} onClose={onClose}>
      {children}
    </Confirm>
  );
}
