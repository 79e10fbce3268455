/** Choosing one out of a list of any length: the first ones are offered, and a search finds the others. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

import { Select, TextField, type Option } from './controls';
import type { PageOf } from './pages';
import { Problem } from './problem';
import { useResource } from './resource';

/** So many requests for a list that is only opened, and for one in which something is sought. */
const FIRST_PAGES = 2;
const SOUGHT_PAGES = 100;
/** Who types goes on typing: the search begins a little later. */
const TYPING_MILLISECONDS = 200;
/** Nobody reads more choices than these. */
const OFFERED = 1000;

export interface Choices {
  options: Option[];
  /** There are others. */
  more: boolean;
  loading: boolean;
  error: unknown;
  sought: string;
  seek: (text: string) => void;
}

/** What `optionOf` leaves undefined is not offered. */
export function useChoices<T>(
  key: string,
  page: (token: string | undefined, signal: AbortSignal) => Promise<PageOf<T>>,
  optionOf: (row: T) => Option | undefined,
): Choices {
  const [sought, seek] = useState('');
  const found = useResource(key && `${key}/choices/${sought}`, async signal => {
    const options: Option[] = [];
    if (sought) await new Promise(resolve => setTimeout(resolve, TYPING_MILLISECONDS));
    signal.throwIfAborted();
    let next: string | undefined;
    let requests = 0;
    do {
      const got = await page(next, signal);
      for (const option of got.items.map(optionOf)) if (option && fits(option, sought)) options.push(option);
      next = got.next;
      requests++;
    } while (next && options.length < OFFERED && requests < (sought ? SOUGHT_PAGES : FIRST_PAGES));
    return { options: options.slice(0, OFFERED), more: next !== undefined };
  });
  return {
    options: found.data?.options ?? [],
    more: found.data?.more ?? false,
    loading: found.loading,
    error: found.error,
    sought,
    seek,
  };
}

function fits({ value, label = value }: Option, text: string): boolean {
  return label.toLowerCase().includes(text.trim().toLowerCase());
}

interface LongSelectProps {
  label: string;
  hint?: ComponentChildren;
  /** What the choice of nothing is called, if it is one. */
  none?: string;
  value: string;
  choices: Choices;
  onChange: (value: string) => void;
}

/** A long list has a field beside it that searches in it. */
export function LongSelect({ label, hint, none, value, choices, onChange }: LongSelectProps) {
  const { options, loading, more, sought, seek } = choices;
  const known = value === '' || options.some(option => option.value === value);
  const first = none ?? (loading ? 'Loading…' : options.length > 0 ? 'Choose' : 'There is none');
  return (
    <>
      {(more || sought !== '') && (
        <TextField
          label={`Find ${label.toLowerCase()}`}
          hint="There are more than the list shows"
          type="search"
          value={sought}
          onInput={seek}
        />
      )}
      <Select
        label={label}
        hint={hint}
        value={value}
        options={[{ value: '', label: first }, ...(known ? [] : [{ value }]), ...options]}
        onChange={onChange}
      />
      <Problem error={choices.error} />
    </>
  );
}
