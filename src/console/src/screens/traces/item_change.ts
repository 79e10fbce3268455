/** What a write did to an item, attribute by attribute. */
import { textOf, type Item } from '../../api/attribute_values';

export interface AttributeChange {
  name: string;
  /** As a cell shows it; undefined when the item had no such attribute. */
  before?: string;
  after?: string;
  kind: 'added' | 'changed' | 'removed' | 'same';
}

/** The changes first, each in the order of the names. */
export function changesOf(before: Item | null, after: Item | null): AttributeChange[] {
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])].sort();
  const changes = names.map(name => changeOf(name, before ?? {}, after ?? {}));
  return [...changes.filter(isChange), ...changes.filter(change => !isChange(change))];
}

function isChange({ kind }: AttributeChange): boolean {
  return kind !== 'same';
}

function changeOf(name: string, before: Item, after: Item): AttributeChange {
  const [old, now] = [before[name], after[name]];
  const texts = { name, before: old && textOf(old), after: now && textOf(now) };
  if (!old) return { ...texts, kind: 'added' };
  if (!now) return { ...texts, kind: 'removed' };
  return { ...texts, kind: JSON.stringify(old) === JSON.stringify(now) ? 'same' : 'changed' };
}
