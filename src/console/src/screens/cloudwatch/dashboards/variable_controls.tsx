/** The fields of a dashboard's variables, above its widgets.  What is chosen is part of the page's address. */
import { useEffect, useState } from 'preact/hooks';

import { readMetrics } from '../../../api/metrics';
import { serverNow } from '../../../api/server';
import { search, setSearch } from '../../../router';
import { region } from '../../../session';
import { RadioGroup, Select, TextField } from '../../../ui/controls';
import { Problem } from '../../../ui/problem';
import { useResource } from '../../../ui/resource';
import { addressOf, searchQuery, valueOf, type Choice, type Variable } from './variables';

export interface Chosen {
  variable: Variable;
  choices: Choice[];
  value: string | undefined;
}

export interface ChosenVariables {
  chosen: Chosen[];
  error: unknown;
  /** Choices that are searched for are not there yet. */
  loading: boolean;
}

/** Metrics of the last two weeks are found, as AWS's searches do. */
const SEARCHED_MS = 14 * 86_400_000;

export function useVariables(variables: Variable[]): ChosenVariables {
  const searched = variables.filter(variable => variable.search && variable.populateFrom);
  const key = searched.map(({ search: text, populateFrom }) => `${text} ${populateFrom}`).join('\n');
  const found = useResource(key && `dashboard/variables/${key}`, async signal => {
    const nowMs = await serverNow(signal);
    const span = { startMs: nowMs - SEARCHED_MS, endMs: nowMs + 60_000 };
    const lists = await Promise.all(
      searched.map(variable => readMetrics([searchQuery(variable)], span, { signal, region: region.value })),
    );
    return new Map(searched.map((variable, at) => [variable.id, lists[at]!.map(result => result.label)]));
  });
  const chosen = variables.map(variable => {
    const own = new Set(variable.values.map(({ value }) => value));
    const more = [...new Set(found.data?.get(variable.id))].filter(value => !own.has(value)).sort();
    const choices = [...variable.values, ...more.map(value => ({ value }))];
    return { variable, choices, value: valueOf(variable, search.value, choices) };
  });
  return { chosen, error: found.error, loading: found.loading };
}

export function VariableControls({ chosen, error }: Pick<ChosenVariables, 'chosen' | 'error'>) {
  const shown = chosen.filter(({ variable }) => variable.visible);
  if (shown.length === 0) return null;
  return (
    <>
      <Problem error={error} />
      <div class="row">
        {shown.map(one => (
          <VariableField key={one.variable.id} {...one} />
        ))}
      </div>
    </>
  );
}

function VariableField({ variable, choices, value }: Chosen) {
  const { label, inputType } = variable;
  const choose = (to: string) => setSearch({ [addressOf(variable)]: to });
  if (inputType === 'input') return <TypedField label={label} value={value ?? ''} onChange={choose} />;
  const known = value === undefined || choices.some(choice => choice.value === value);
  const options = [
    ...(known ? [] : [{ value: value!, label: value! }]),
    ...choices.map(choice => ({ value: choice.value, label: choice.label ?? choice.value })),
  ];
  if (inputType === 'radio')
    return <RadioGroup legend={label} inline value={value ?? ''} options={options} onChange={choose} />;
  return (
    <Select
      label={label}
      value={value ?? ''}
      options={[...(value === undefined ? [{ value: '', label: 'As written' }] : []), ...options]}
      onChange={choose}
    />
  );
}

/** While one types, nothing is loaded: Enter or leaving the field does it. */
function TypedField({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string;
  onChange: (to: string) => void;
}) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  const apply = () => text !== value && onChange(text);
  return (
    <form
      onSubmit={event => {
        event.preventDefault();
        apply();
      }}
      onFocusOut={apply}
    >
      <TextField label={label} value={text} onInput={setText} />
    </form>
  );
}
