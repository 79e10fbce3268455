/** The settings of an event source mapping, as a form: for a new trigger, and to edit one. */
import type { Mapping, MappingSettings } from '../../api/lambda_triggers';
import { Button, Checkbox, TextArea, TextField } from '../../ui/controls';
import { jsonMarks } from '../../ui/json_marks';
import { numberOf, textOfNumber } from './common';

export type SourceKind = 'sqs' | 'dynamodb';

export interface MappingForm {
  batchSize: string;
  windowSeconds: string;
  maximumConcurrency: string;
  reportFailures: boolean;
  filters: string[];
  parallelization: string;
  retries: string;
  maximumAgeSeconds: string;
  bisect: boolean;
  onFailure: string;
}

const BATCH_SIZES: Record<SourceKind, string> = { sqs: '10', dynamodb: '100' };
export const REPORT_FAILURES = 'ReportBatchItemFailures';

export function newForm(kind: SourceKind): MappingForm {
  return {
    batchSize: BATCH_SIZES[kind],
    windowSeconds: '0',
    maximumConcurrency: '',
    reportFailures: false,
    filters: [],
    parallelization: '1',
    retries: '-1',
    maximumAgeSeconds: '-1',
    bisect: false,
    onFailure: '',
  };
}

export function kindOfSource(sourceArn: string): SourceKind {
  return sourceArn.split(':')[2] === 'dynamodb' ? 'dynamodb' : 'sqs';
}

export function formOf(mapping: Mapping): MappingForm {
  const defaults = newForm(kindOfSource(mapping.EventSourceArn));
  return {
    batchSize: textOfNumber(mapping.BatchSize),
    windowSeconds: textOfNumber(mapping.MaximumBatchingWindowInSeconds) || '0',
    maximumConcurrency: textOfNumber(mapping.ScalingConfig?.MaximumConcurrency),
    reportFailures: mapping.FunctionResponseTypes?.includes(REPORT_FAILURES) ?? false,
    filters: (mapping.FilterCriteria?.Filters ?? []).map(filter => filter.Pattern),
    parallelization: textOfNumber(mapping.ParallelizationFactor) || defaults.parallelization,
    retries: textOfNumber(mapping.MaximumRetryAttempts) || defaults.retries,
    maximumAgeSeconds: textOfNumber(mapping.MaximumRecordAgeInSeconds) || defaults.maximumAgeSeconds,
    bisect: mapping.BisectBatchOnFunctionError ?? false,
    onFailure: mapping.DestinationConfig?.OnFailure?.Destination ?? '',
  };
}

export function settingsOf(form: MappingForm, kind: SourceKind, before?: Mapping): MappingSettings {
  const filters = form.filters.filter(pattern => pattern.trim() !== '');
  const common: MappingSettings = {
    BatchSize: numberOf(form.batchSize),
    MaximumBatchingWindowInSeconds: numberOf(form.windowSeconds),
    FunctionResponseTypes: form.reportFailures ? [REPORT_FAILURES] : [],
    ...((filters.length > 0 || before?.FilterCriteria) && {
      FilterCriteria: { Filters: filters.map(Pattern => ({ Pattern })) },
    }),
  };
  if (kind === 'sqs') {
    const MaximumConcurrency = numberOf(form.maximumConcurrency);
    const scaling = MaximumConcurrency !== undefined || before?.ScalingConfig;
    return { ...common, ...(scaling && { ScalingConfig: { MaximumConcurrency } }) };
  }
  return {
    ...common,
    ParallelizationFactor: numberOf(form.parallelization),
    MaximumRetryAttempts: numberOf(form.retries),
    MaximumRecordAgeInSeconds: numberOf(form.maximumAgeSeconds),
    BisectBatchOnFunctionError: form.bisect,
    ...((form.onFailure || before?.DestinationConfig?.OnFailure?.Destination) && {
      DestinationConfig: { OnFailure: form.onFailure ? { Destination: form.onFailure } : {} },
    }),
  };
}

interface FieldsProps {
  kind: SourceKind;
  form: MappingForm;
  onChange: (form: MappingForm) => void;
}

export function MappingFields({ kind, form, onChange }: FieldsProps) {
  const set = (changes: Partial<MappingForm>) => onChange({ ...form, ...changes });
  return (
    <>
      <div class="row">
        <TextField
          label="Batch size"
          hint="The largest number of records in a batch"
          type="number"
          value={form.batchSize}
          onInput={batchSize => set({ batchSize })}
          required
        />
        <TextField
          label="Batch window"
          hint="Seconds to gather records: 0 to 300"
          type="number"
          value={form.windowSeconds}
          onInput={windowSeconds => set({ windowSeconds })}
        />
      </div>
      {kind === 'sqs' ? (
        <TextField
          label="Maximum concurrency"
          hint="2 to 1000 batches at once; empty: as many as the function may"
          optional
          type="number"
          value={form.maximumConcurrency}
          onInput={maximumConcurrency => set({ maximumConcurrency })}
        />
      ) : (
        <StreamFields form={form} set={set} />
      )}
      <Checkbox
        label="Report batch item failures"
        hint="The function names the records that failed (batchItemFailures), and only those come again."
        checked={form.reportFailures}
        onChange={reportFailures => set({ reportFailures })}
      />
      <Filters filters={form.filters} onChange={filters => set({ filters })} />
    </>
  );
}

function StreamFields({ form, set }: { form: MappingForm; set: (changes: Partial<MappingForm>) => void }) {
  return (
    <>
      <div class="row">
        <TextField
          label="Concurrent batches per shard"
          hint="1 to 10"
          type="number"
          value={form.parallelization}
          onInput={parallelization => set({ parallelization })}
        />
        <TextField
          label="Retry attempts"
          hint="-1: until the records expire"
          type="number"
          value={form.retries}
          onInput={retries => set({ retries })}
        />
        <TextField
          label="Maximum age of record"
          hint="Seconds; -1: no limit"
          type="number"
          value={form.maximumAgeSeconds}
          onInput={maximumAgeSeconds => set({ maximumAgeSeconds })}
        />
      </div>
      <TextField
        label="On-failure destination"
        hint="The ARN of a queue or topic for batches that are given up"
        optional
        value={form.onFailure}
        onInput={onFailure => set({ onFailure })}
        mono
      />
      <Checkbox label="Split batch on error" checked={form.bisect} onChange={bisect => set({ bisect })} />
    </>
  );
}

function Filters({ filters, onChange }: { filters: string[]; onChange: (filters: string[]) => void }) {
  const set = (i: number, text: string) => onChange(filters.map((one, at) => (at === i ? text : one)));
  return (
    <fieldset class="pairs">
      <legend>Filter criteria</legend>
      <p class="hint">
        Only records that match one of the filters invoke the function, for example{' '}
        {'{"body": {"status": ["new"]}}'}
      </p>
      {filters.map((filter, i) => (
        <div class="filter-pattern" key={i}>
          <TextArea
            label={`Filter ${i + 1}`}
            rows={3}
            value={filter}
            onInput={text => set(i, text)}
            error={filter && jsonMarks(filter)[0]?.message}
          />
          <Button
            label={`Remove filter ${i + 1}`}
            onClick={() => onChange(filters.filter((_, at) => at !== i))}
          >
            Remove
          </Button>
        </div>
      ))}
      <Button onClick={() => onChange([...filters, ''])}>Add filter</Button>
    </fieldset>
  );
}
