/** "Scan or query items". */
import { useState } from 'preact/hooks';

import type { Table } from '../../api/dynamodb';
import { TYPE_OPTIONS, type Type } from '../../api/attribute_values';
import { Button, Checkbox, Form, RadioGroup, Select, TextField } from '../../ui/controls';
import { Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import {
  emptySearch,
  FILTER_OPERATORS,
  KEY_OPERATORS,
  keysOf,
  keyTypeOf,
  NO_CONDITION,
  operatorOptions,
  requestOf,
  type Condition,
  type Filter,
  type Search,
} from './search';

interface FormProps {
  table: Table;
  initial: Search;
  onRun: (search: Search) => void;
}

export function SearchForm({ table, initial, onRun }: FormProps) {
  const [search, setSearch] = useState(initial);
  const [error, setError] = useState<unknown>();
  const set = (changes: Partial<Search>) => setSearch({ ...search, ...changes });
  const run = async () => {
    try {
      requestOf(table, search);
      setError(undefined);
      onRun(search);
    } catch (problem) {
      setError(problem);
    }
  };
  const reset = () => {
    setSearch(emptySearch());
    onRun(emptySearch());
  };
  return (
    <Panel title="Scan or query items">
      <Form label="Scan or query items" submit="Run" cancel={reset} cancelLabel="Reset" onSubmit={run}>
        <div class="row search-head">
          <RadioGroup
            legend="Read by"
            value={search.mode}
            options={[
              { value: 'scan', label: 'Scan' },
              { value: 'query', label: 'Query' },
            ]}
            onChange={text => set({ mode: text as Search['mode'] })}
          />
          <Select
            label="Select a table or index"
            value={search.index}
            options={indexOptions(table)}
            onChange={index => set({ index })}
          />
        </div>
        {search.mode === 'query' && <KeyConditions table={table} search={search} set={set} />}
        <Filters filters={search.filters} onChange={filters => set({ filters })} />
        <Problem error={error} />
      </Form>
    </Panel>
  );
}

function indexOptions(table: Table) {
  const indexes = [...(table.GlobalSecondaryIndexes ?? []), ...(table.LocalSecondaryIndexes ?? [])];
  return [
    { value: '', label: `Table - ${table.TableName}` },
    ...indexes.map(({ IndexName }) => ({ value: IndexName, label: `Index - ${IndexName}` })),
  ];
}

const TYPE_LABEL: Record<string, string> = { S: 'String', N: 'Number', B: 'Binary' };

interface KeyProps {
  table: Table;
  search: Search;
  set: (changes: Partial<Search>) => void;
}

function KeyConditions({ table, search, set }: KeyProps) {
  const keys = keysOf(table, search.index);
  const sort = (changes: Partial<Condition>) => set({ sort: { ...search.sort, ...changes } });
  const typed = (name: string) => `${name} (${TYPE_LABEL[keyTypeOf(table, name)]})`;
  return (
    <>
      <TextField
        label="Partition key value"
        hint={typed(keys.partition)}
        value={search.partition}
        onInput={partition => set({ partition })}
        required
      />
      {keys.sort && (
        <>
          <div class="row">
            <Select
              label="Sort key condition"
              value={search.sort.operator}
              options={operatorOptions(KEY_OPERATORS)}
              onChange={operator => sort({ operator })}
            />
            <TextField
              label="Sort key value"
              optional
              hint={typed(keys.sort)}
              value={search.sort.value}
              onInput={value => sort({ value })}
            />
            {search.sort.operator === 'between' && (
              <TextField
                label="Upper sort key value"
                value={search.sort.upper}
                onInput={upper => sort({ upper })}
                required
              />
            )}
          </div>
          <Checkbox
            label="Sort descending"
            checked={search.descending}
            onChange={descending => set({ descending })}
          />
        </>
      )}
    </>
  );
}

interface FiltersProps {
  filters: Filter[];
  onChange: (filters: Filter[]) => void;
}

function Filters({ filters, onChange }: FiltersProps) {
  return (
    <fieldset class="filters">
      <legend>
        Filters<i class="optional"> - optional</i>
      </legend>
      {filters.map((filter, i) => (
        <FilterRow
          key={i}
          number={i + 1}
          filter={filter}
          onChange={changed => onChange(filters.map((one, at) => (at === i ? changed : one)))}
          onRemove={() => onChange(filters.filter((_, at) => at !== i))}
        />
      ))}
      <Button onClick={() => onChange([...filters, { ...NO_CONDITION, name: '', type: 'S' }])}>
        Add filter
      </Button>
    </fieldset>
  );
}

interface RowProps {
  number: number;
  filter: Filter;
  onChange: (filter: Filter) => void;
  onRemove: () => void;
}

const HINTS: { [type in Type]?: string } = {
  B: 'Base64',
  L: 'JSON',
  M: 'JSON',
  SS: 'A JSON list',
  NS: 'A JSON list',
  BS: 'A JSON list of Base64',
};

function FilterRow({ number, filter, onChange, onRemove }: RowProps) {
  const set = (changes: Partial<Filter>) => onChange({ ...filter, ...changes });
  const takes = FILTER_OPERATORS[filter.operator]?.takes;
  const typed = takes === undefined || takes === 'two' || takes === 'list';
  return (
    <div class="row filter">
      <TextField
        label={`Attribute name ${number}`}
        value={filter.name}
        onInput={name => set({ name })}
        required
      />
      <Select
        label={`Condition ${number}`}
        value={filter.operator}
        options={operatorOptions(FILTER_OPERATORS)}
        onChange={operator => set({ operator })}
      />
      {typed && (
        <Select
          label={`Type ${number}`}
          value={filter.type}
          options={TYPE_OPTIONS}
          onChange={type => set({ type: type as Type })}
        />
      )}
      <FilterValue number={number} filter={filter} set={set} />
      <Button label={`Remove filter ${number}`} onClick={onRemove}>
        Remove
      </Button>
    </div>
  );
}

interface ValueProps {
  number: number;
  filter: Filter;
  set: (changes: Partial<Filter>) => void;
}

function FilterValue({ number, filter, set }: ValueProps) {
  const takes = FILTER_OPERATORS[filter.operator]?.takes;
  const label = `Value ${number}`;
  const value = { label, value: filter.value, onInput: (text: string) => set({ value: text }) };
  if (takes === 'nothing' || (takes === undefined && filter.type === 'NULL')) return null;
  if (takes === 'type')
    return (
      <Select
        label={label}
        value={filter.value || 'S'}
        options={TYPE_OPTIONS}
        onChange={text => set({ value: text })}
      />
    );
  if (takes === undefined && filter.type === 'BOOL')
    return (
      <Select
        label={label}
        value={filter.value || 'true'}
        options={['true', 'false']}
        onChange={text => set({ value: text })}
      />
    );
  const hint = takes === 'list' ? 'Separated by commas' : HINTS[filter.type];
  return (
    <>
      <TextField {...value} hint={hint} type={takes === 'number' ? 'number' : 'text'} />
      {takes === 'two' && (
        <TextField label={`Upper value ${number}`} value={filter.upper} onInput={upper => set({ upper })} />
      )}
    </>
  );
}
