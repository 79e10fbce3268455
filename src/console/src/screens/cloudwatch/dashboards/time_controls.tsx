/** The time that a dashboard shows, the period of its graphs, and when they are loaded anew: part of the page's address. */
import { useEffect, useState } from 'preact/hooks';

import { setSearch } from '../../../router';
import { Button, Select, TextField, type Option } from '../../../ui/controls';
import { FormDialog } from '../../../ui/form_dialog';
import { timestamp } from '../../../ui/format';
import { PERIODS, RANGES, type PeriodChoice, type Range } from './time_range';

const EVERY = [
  { value: '', label: 'Off' },
  { value: '10', label: '10 seconds' },
  { value: '60', label: '1 minute' },
  { value: '120', label: '2 minutes' },
  { value: '300', label: '5 minutes' },
  { value: '900', label: '15 minutes' },
];

/** Time goes on without an event: a turn comes by the button, or every so many seconds. */
export function useTurns() {
  const [turn, setTurn] = useState(0);
  const [every, setEvery] = useState('');
  const refresh = () => setTurn(before => before + 1);
  useEffect(() => {
    if (!every) return;
    const timer = setInterval(refresh, Number(every) * 1000);
    return () => clearInterval(timer);
  }, [every]);
  return { turn, refresh, every, setEvery };
}

interface TimeControlsProps {
  range: Range;
  period: PeriodChoice;
  onRefresh: () => void;
  every: string;
  onEvery: (seconds: string) => void;
}

export function TimeControls({ range, period, onRefresh, every, onEvery }: TimeControlsProps) {
  const [custom, setCustom] = useState(false);
  const choose = (value: string) => {
    if (value === 'custom') setCustom(true);
    else setSearch({ minutes: value, start: undefined, end: undefined });
  };
  return (
    <div class="row">
      <Select label="Time range" value={valueOf(range)} options={rangeOptions(range)} onChange={choose} />
      {'startMs' in range && <Button onClick={() => setCustom(true)}>Change custom range</Button>}
      <Select
        label="Period override"
        value={String(period)}
        options={periodOptions(period)}
        onChange={value => setSearch({ period: value })}
      />
      <Select label="Auto refresh" value={every} options={EVERY} onChange={onEvery} />
      <Button onClick={onRefresh}>Refresh</Button>
      {custom && <CustomRange range={range} onClose={() => setCustom(false)} />}
    </div>
  );
}

function valueOf(range: Range): string {
  return 'minutes' in range ? String(range.minutes) : 'between';
}

/** With the chosen range, if the list lacks it. */
function rangeOptions(range: Range): Option[] {
  const custom = { value: 'custom', label: 'Custom…' };
  if ('startMs' in range) {
    const [start, end] = [range.startMs, range.endMs].map(at => timestamp(at).slice(0, 16));
    return [...RANGES, { value: 'between', label: `${start} – ${end}` }, custom];
  }
  const value = valueOf(range);
  const known = RANGES.some(option => option.value === value);
  return [...RANGES, ...(known ? [] : [{ value, label: `${value} minutes` }]), custom];
}

function periodOptions(period: PeriodChoice): Option[] {
  const value = String(period);
  const options = [
    { value: 'auto', label: 'Auto' },
    { value: 'inherit', label: 'Do not override' },
    ...PERIODS,
  ];
  return options.some(option => option.value === value)
    ? options
    : [...options, { value, label: `${value} seconds` }];
}

function CustomRange({ range, onClose }: { range: Range; onClose: () => void }) {
  const [start, setStart] = useState('startMs' in range ? fieldText(range.startMs) : '');
  const [end, setEnd] = useState('startMs' in range ? fieldText(range.endMs) : '');
  const apply = async () => {
    if (!(Date.parse(`${start}Z`) < Date.parse(`${end}Z`)))
      throw new Error('The start should be before the end.');
    setSearch({ minutes: undefined, start: `${start}Z`, end: `${end}Z` });
  };
  return (
    <FormDialog title="Custom time range" submit="Apply" onSave={apply} onClose={onClose}>
      <TextField label="Start (UTC)" type="datetime-local" value={start} onInput={setStart} required />
      <TextField label="End (UTC)" type="datetime-local" value={end} onInput={setEnd} required />
    </FormDialog>
  );
}

function fieldText(at: number): string {
  return new Date(at).toISOString().slice(0, 16);
}
