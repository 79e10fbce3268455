/** A resource, by its name out of a list, or by an ARN that is pasted. */
import { Select, TextField, type Option } from '../../ui/controls';
import { Problem } from '../../ui/problem';
import type { Resource } from '../../ui/resource';

interface ArnChoiceProps {
  /** "SQS queue": what is chosen. */
  label: string;
  arnLabel: string;
  hint?: string;
  value: string;
  /** The ARNs, and what the list shows. */
  options: Option[];
  loaded: Resource<unknown>;
  onChange: (arn: string) => void;
}

export function ArnChoice({ label, arnLabel, hint, value, options, loaded, onChange }: ArnChoiceProps) {
  const first = loaded.data ? (options.length > 0 ? 'Choose' : 'There is none') : 'Loading…';
  return (
    <>
      <Select
        label={label}
        hint={hint}
        value={options.some(option => option.value === value) ? value : ''}
        options={[{ value: '', label: first }, ...options]}
        onChange={onChange}
      />
      <TextField label={arnLabel} hint="Or paste it" value={value} onInput={onChange} required mono />
      <Problem error={loaded.error} />
    </>
  );
}
