/** The fields of a secondary index, in "Create table" and in "Create index". */
import type { KeyElement, KeyType, Projection, Throughput } from '../../api/dynamodb';
import { RadioGroup, Select, TextField } from '../../ui/controls';

const KEY_TYPES = [
  { value: 'S', label: 'String' },
  { value: 'N', label: 'Number' },
  { value: 'B', label: 'Binary' },
];

export interface KeyField {
  name: string;
  type: KeyType;
}

export interface IndexFields {
  partition: KeyField;
  sort: KeyField;
  name: string;
  projection: Projection['ProjectionType'];
  /** The attributes of INCLUDE, separated by commas. */
  attributes: string;
}

export const NO_KEY: KeyField = { name: '', type: 'S' };

export function emptyIndex(): IndexFields {
  return { partition: NO_KEY, sort: NO_KEY, name: '', projection: 'ALL', attributes: '' };
}

/** AWS's console names an index after its keys, until it is given a name. */
export function indexName(index: IndexFields): string {
  const keys = [index.partition.name, index.sort.name].filter(Boolean);
  return index.name || (keys.length > 0 ? `${keys.join('-')}-index` : '');
}

export function schemaOf(keys: KeyField[]): KeyElement[] {
  return keys
    .filter(key => key.name)
    .map((key, i) => ({ AttributeName: key.name, KeyType: i === 0 ? 'HASH' : 'RANGE' }));
}

/** Each attribute once, whichever keys name it. */
export function definitionsOf(keys: KeyField[]) {
  const types = new Map(keys.filter(key => key.name).map(key => [key.name, key.type]));
  return [...types].map(([AttributeName, AttributeType]) => ({ AttributeName, AttributeType }));
}

export function indexInput(index: IndexFields, throughput?: Throughput) {
  const attributes = index.attributes.split(',').map(name => name.trim());
  return {
    IndexName: indexName(index),
    KeySchema: schemaOf([index.partition, index.sort]),
    Projection: {
      ProjectionType: index.projection,
      ...(index.projection === 'INCLUDE' && { NonKeyAttributes: attributes.filter(Boolean) }),
    },
    ...(throughput && { ProvisionedThroughput: throughput }),
  };
}

interface KeyRowProps {
  label: string;
  value: KeyField;
  optional?: boolean;
  disabled?: boolean;
  onChange: (key: KeyField) => void;
}

export function KeyRow({ label, value, optional, disabled, onChange }: KeyRowProps) {
  return (
    <div class="row key-row">
      <TextField
        label={label}
        optional={optional}
        value={value.name}
        disabled={disabled}
        onInput={name => onChange({ ...value, name })}
        required={!optional}
      />
      <Select
        label={`Type of the ${label.toLowerCase()}`}
        value={value.type}
        options={KEY_TYPES}
        disabled={disabled}
        onChange={type => onChange({ ...value, type: type as KeyType })}
      />
    </div>
  );
}

interface IndexFormProps {
  value: IndexFields;
  onChange: (index: IndexFields) => void;
  /** A local index has the table's partition key. */
  local?: boolean;
}

export function IndexForm({ value, onChange, local }: IndexFormProps) {
  const set = (changes: Partial<IndexFields>) => onChange({ ...value, ...changes });
  return (
    <>
      {!local && (
        <KeyRow
          label="Index partition key"
          value={value.partition}
          onChange={partition => set({ partition })}
        />
      )}
      <KeyRow label="Index sort key" optional={!local} value={value.sort} onChange={sort => set({ sort })} />
      <TextField
        label="Index name"
        hint="3 to 255 letters, digits, and _ - ."
        value={value.name}
        placeholder={indexName(value)}
        onInput={name => set({ name })}
      />
      <RadioGroup
        legend="Attribute projections"
        value={value.projection}
        options={[
          { value: 'ALL', label: 'All', hint: 'All attributes of the table are in the index.' },
          { value: 'KEYS_ONLY', label: 'Only keys', hint: 'Only the keys of index and table.' },
          { value: 'INCLUDE', label: 'Include', hint: 'The keys, and attributes that you name.' },
        ]}
        onChange={text => set({ projection: text as IndexFields['projection'] })}
      />
      {value.projection === 'INCLUDE' && (
        <TextField
          label="Attributes to include"
          hint="Names, separated by commas"
          value={value.attributes}
          onInput={attributes => set({ attributes })}
          required
        />
      )}
    </>
  );
}
