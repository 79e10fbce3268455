/** The dialog that deletes the chosen roles, users or policies: a single one by its name, several by a word. */
import type { ComponentChildren } from 'preact';

import { RemoveEach } from '../../ui/list_panel';

interface DeleteChosenProps<T> {
  rows: T[];
  nameOf: (row: T) => string;
  /** "roles" */
  many: string;
  remove: (row: T) => Promise<unknown>;
  onClose: () => void;
  onRemoved: () => Promise<void>;
  children: ComponentChildren;
}

export function DeleteChosen<T>({ many, ...props }: DeleteChosenProps<T>) {
  const names = props.rows.map(props.nameOf);
  const [only] = names.length === 1 ? names : [];
  return (
    <RemoveEach {...props} title={`Delete ${only ?? `${names.length} ${many}`}?`} typed={only ?? 'delete'} />
  );
}
