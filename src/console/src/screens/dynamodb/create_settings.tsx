/** "Customize settings" of "Create table". */
import { Button, Checkbox, RadioGroup, TextField } from '../../ui/controls';
import { Panel } from '../../ui/layout';
import { emptyIndex, IndexForm, indexInput, indexName, type IndexFields, type KeyField } from './index_form';
import { STREAM_VIEWS } from './stream_views';

export interface Capacity {
  mode: 'PAY_PER_REQUEST' | 'PROVISIONED';
  read: string;
  write: string;
}

export interface TableSettings {
  tableClass: 'STANDARD' | 'STANDARD_INFREQUENT_ACCESS';
  capacity: Capacity;
  global: IndexFields[];
  local: IndexFields[];
  protection: boolean;
  /** '' for no stream. */
  stream: string;
  /** The attribute, '' for none. */
  timeToLive: string;
}

export function defaultSettings(): TableSettings {
  return {
    tableClass: 'STANDARD',
    capacity: { mode: 'PAY_PER_REQUEST', read: '5', write: '5' },
    global: [],
    local: [],
    protection: false,
    stream: '',
    timeToLive: '',
  };
}

export function throughputOf({ mode, read, write }: Capacity) {
  return mode === 'PROVISIONED'
    ? { ReadCapacityUnits: Number(read), WriteCapacityUnits: Number(write) }
    : undefined;
}

/** The members of CreateTable that the settings make. */
export function settingsInput(settings: TableSettings, partition: KeyField): object {
  const throughput = throughputOf(settings.capacity);
  const global = settings.global.map(index => indexInput(index, throughput));
  const local = settings.local.map(index => indexInput({ ...index, partition }));
  return {
    BillingMode: settings.capacity.mode,
    ...(throughput && { ProvisionedThroughput: throughput }),
    ...(settings.tableClass !== 'STANDARD' && { TableClass: settings.tableClass }),
    ...(global.length > 0 && { GlobalSecondaryIndexes: global }),
    ...(local.length > 0 && { LocalSecondaryIndexes: local }),
    ...(settings.protection && { DeletionProtectionEnabled: true }),
    ...(settings.stream && { StreamSpecification: { StreamEnabled: true, StreamViewType: settings.stream } }),
  };
}

interface SettingsProps {
  value: TableSettings;
  onChange: (settings: TableSettings) => void;
  partition: KeyField;
}

export function Settings({ value, onChange, partition }: SettingsProps) {
  const set = (changes: Partial<TableSettings>) => onChange({ ...value, ...changes });
  return (
    <>
      <Panel title="Table class">
        <RadioGroup
          legend="Table class"
          value={value.tableClass}
          options={[
            { value: 'STANDARD', label: 'DynamoDB Standard' },
            { value: 'STANDARD_INFREQUENT_ACCESS', label: 'DynamoDB Standard-IA' },
          ]}
          onChange={text => set({ tableClass: text as TableSettings['tableClass'] })}
        />
      </Panel>
      <Panel title="Read/write capacity settings">
        <CapacityForm value={value.capacity} onChange={capacity => set({ capacity })} />
      </Panel>
      <IndexList
        title="Global secondary indexes"
        add="Create global index"
        indexes={value.global}
        onChange={global => set({ global })}
      />
      <IndexList
        title="Local secondary indexes"
        add="Create local index"
        local
        indexes={value.local.map(index => ({ ...index, partition }))}
        onChange={local => set({ local })}
      />
      <Panel title="Streams, deletion and expiry">
        <RadioGroup
          legend="DynamoDB stream"
          value={value.stream}
          options={[{ value: '', label: 'Off' }, ...STREAM_VIEWS]}
          onChange={stream => set({ stream })}
        />
        <Checkbox
          label="Turn on deletion protection"
          hint="The table cannot be deleted while it is on."
          checked={value.protection}
          onChange={protection => set({ protection })}
        />
        <TextField
          label="TTL attribute name"
          optional
          hint="Items expire at the time that this attribute has, in seconds since 1970."
          value={value.timeToLive}
          onInput={timeToLive => set({ timeToLive })}
        />
      </Panel>
    </>
  );
}

export function CapacityForm({ value, onChange }: { value: Capacity; onChange: (value: Capacity) => void }) {
  return (
    <>
      <RadioGroup
        legend="Capacity mode"
        value={value.mode}
        options={[
          { value: 'PAY_PER_REQUEST', label: 'On-demand' },
          { value: 'PROVISIONED', label: 'Provisioned' },
        ]}
        onChange={text => onChange({ ...value, mode: text as Capacity['mode'] })}
      />
      {value.mode === 'PROVISIONED' && (
        <div class="row">
          <TextField
            label="Provisioned read capacity units"
            type="number"
            min={1}
            value={value.read}
            onInput={read => onChange({ ...value, read })}
            required
          />
          <TextField
            label="Provisioned write capacity units"
            type="number"
            min={1}
            value={value.write}
            onInput={write => onChange({ ...value, write })}
            required
          />
        </div>
      )}
    </>
  );
}

interface ListProps {
  title: string;
  add: string;
  local?: boolean;
  indexes: IndexFields[];
  onChange: (indexes: IndexFields[]) => void;
}

function IndexList({ title, add, local, indexes, onChange }: ListProps) {
  return (
    <Panel
      title={title}
      count={indexes.length}
      actions={<Button onClick={() => onChange([...indexes, emptyIndex()])}>{add}</Button>}
    >
      {indexes.length === 0 && <p class="hint">None</p>}
      {indexes.map((index, i) => (
        <fieldset key={i} class="index-fields">
          <legend>{indexName(index) || `Index ${i + 1}`}</legend>
          <IndexForm
            local={local}
            value={index}
            onChange={changed => onChange(indexes.map((one, at) => (at === i ? changed : one)))}
          />
          <Button onClick={() => onChange(indexes.filter((_, at) => at !== i))}>Remove index</Button>
        </fieldset>
      ))}
    </Panel>
  );
}
