/** A resource, by its name out of a list, or by an ARN that is pasted. */
import { LongSelect, type Choices } from '../../ui/choices';
import { TextField } from '../../ui/controls';

interface ArnChoiceProps {
  /** "SQS queue": what is chosen. */
  label: string;
  arnLabel: string;
  hint?: string;
  value: string;
  /** The ARNs, and what the list shows. */
  choices: Choices;
  onChange: (arn: string) => void;
}

export function ArnChoice({ label, arnLabel, hint, value, choices, onChange }: ArnChoiceProps) {
  const listed = choices.options.some(option => option.value === value);
  return (
    <>
      <LongSelect
        label={label}
        hint={hint}
        value={listed ? value : ''}
        choices={choices}
        onChange={onChange}
      />
      <TextField label={arnLabel} hint="Or paste it" value={value} onInput={onChange} required mono />
    </>
  );
}
