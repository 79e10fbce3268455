/** Buttons and the fields of forms. */
import type { ComponentChildren, JSX } from 'preact';
import { useId, useState } from 'preact/hooks';

import { goOnFrom } from './focus';
import { useTyped } from './typed';

interface ButtonProps {
  kind?: 'primary' | 'normal' | 'danger' | 'bare' | 'link';
  type?: 'button' | 'submit';
  /** The id of the form that it submits, if it is not in the form. */
  form?: string;
  disabled?: boolean;
  /** What it was pressed for goes on: it keeps the focus, as a disabled button would not, and cannot be pressed. */
  busy?: boolean;
  /** The name for screen readers, if the content is only a sign. */
  label?: string;
  /** An action that takes a while: the button is busy until it has ended. */
  onClick?: (event: MouseEvent) => unknown;
  children: ComponentChildren;
}

export function Button({
  kind = 'normal',
  type = 'button',
  form,
  disabled,
  busy,
  label,
  onClick,
  children,
}: ButtonProps) {
  const [pressed, setPressed] = useState(false);
  const working = busy || pressed;
  const press = async (event: MouseEvent) => {
    if (working) {
      event.preventDefault();
      return;
    }
    const button = event.currentTarget as HTMLElement;
    const goOn = goOnFrom(button);
    const result = onClick?.(event);
    queueMicrotask(goOn); // what was clicked for is then in the document
    if (!(result instanceof Promise)) return;
    setPressed(true);
    try {
      await result;
    } finally {
      setPressed(false);
      queueMicrotask(goOn);
    }
  };
  return (
    <button
      type={type}
      form={form}
      class={`button button-${kind}`}
      disabled={disabled && !working}
      aria-disabled={working || undefined}
      aria-label={label}
      aria-busy={working || undefined}
      onClick={event => void press(event)}
    >
      {children}
    </button>
  );
}

interface FieldProps {
  label: string;
  hint?: ComponentChildren;
  error?: string;
  optional?: boolean;
  /** The control gets the id that the label and the hint refer to. */
  children: (attributes: {
    id: string;
    'aria-describedby': string;
    'aria-invalid': boolean;
  }) => ComponentChildren;
}

export function Field({ label, hint, error, optional, children }: FieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>
        {label}
        {optional && <i class="optional"> - optional</i>}
      </label>
      {hint && (
        <p id={`${id}-hint`} class="hint">
          {hint}
        </p>
      )}
      {children({
        id,
        'aria-describedby': hint ? `${id}-hint ${id}-error` : `${id}-error`,
        'aria-invalid': Boolean(error),
      })}
      <p id={`${id}-error`} class="field-error">
        {error}
      </p>
    </div>
  );
}

type Common = Omit<FieldProps, 'children'> & { disabled?: boolean };

interface TextProps extends Common {
  value: string;
  onInput: (value: string) => void;
  type?: 'text' | 'number' | 'password' | 'search' | 'datetime-local';
  placeholder?: string;
  required?: boolean;
  min?: number;
  max?: number;
  /** "any": a number may have a fraction. */
  step?: 'any';
  /** Values to choose from; others can be typed. */
  list?: string[];
  mono?: boolean;
}

export function TextField({
  value,
  onInput,
  type = 'text',
  list,
  mono,
  placeholder,
  required,
  min,
  max,
  step,
  disabled,
  ...field
}: TextProps) {
  const listId = useId();
  return (
    <Field {...field}>
      {attributes => (
        <>
          <input
            {...attributes}
            class={mono ? 'input mono' : 'input'}
            type={type}
            value={value}
            placeholder={placeholder}
            required={required}
            min={min}
            max={max}
            step={step}
            disabled={disabled}
            list={list && listId}
            autocomplete="off"
            spellcheck={false}
            onInput={event => onInput(event.currentTarget.value)}
          />
          {list && (
            <datalist id={listId}>
              {list.map(item => (
                <option key={item} value={item} />
              ))}
            </datalist>
          )}
        </>
      )}
    </Field>
  );
}

interface AreaProps extends Common {
  value: string;
  onInput: (value: string) => void;
  rows?: number;
  placeholder?: string;
}

export function TextArea({ value, onInput, rows = 6, placeholder, disabled, ...field }: AreaProps) {
  return (
    <Field {...field}>
      {attributes => (
        <textarea
          {...attributes}
          class="input mono"
          rows={rows}
          value={value}
          placeholder={placeholder}
          disabled={disabled}
          spellcheck={false}
          onInput={event => onInput(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

export interface Option {
  value: string;
  label?: string;
  disabled?: boolean;
}

interface SelectProps extends Common {
  value: string;
  options: (Option | string)[];
  onChange: (value: string) => void;
}

export function Select({ value, options, onChange, disabled, ...field }: SelectProps) {
  return (
    <Field {...field}>
      {attributes => (
        <select
          {...attributes}
          class="input"
          value={value}
          disabled={disabled}
          onChange={event => onChange(event.currentTarget.value)}
        >
          {options.map(optionOf).map(option => (
            <option key={option.value} value={option.value} disabled={option.disabled}>
              {option.label ?? option.value}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

function optionOf(option: Option | string): Option {
  return typeof option === 'string' ? { value: option } : option;
}

interface CheckboxProps {
  label: ComponentChildren;
  hint?: ComponentChildren;
  checked: boolean;
  disabled?: boolean;
  onChange: (checked: boolean) => void;
}

export function Checkbox({ label, hint, checked, disabled, onChange }: CheckboxProps) {
  return (
    <label class="choice">
      <input
        type="checkbox"
        checked={checked}
        disabled={disabled}
        onChange={event => onChange(event.currentTarget.checked)}
      />
      <span>
        {label}
        {hint && <span class="hint">{hint}</span>}
      </span>
    </label>
  );
}

interface RadioProps {
  legend: string;
  value: string;
  options: { value: string; label: string; hint?: ComponentChildren; disabled?: boolean }[];
  onChange: (value: string) => void;
  /** Each choice a tile of its own, as AWS's forms show few and weighty choices. */
  tiles?: boolean;
  /** The choices beside each other. */
  inline?: boolean;
}

export function RadioGroup({ legend, value, options, onChange, tiles, inline }: RadioProps) {
  const name = useId();
  return (
    <fieldset class={`radios${tiles ? ' tiles' : ''}${inline ? ' inline' : ''}`}>
      <legend>{legend}</legend>
      {options.map(option => (
        <label key={option.value} class="choice">
          <input
            type="radio"
            name={name}
            value={option.value}
            checked={option.value === value}
            disabled={option.disabled}
            onChange={() => onChange(option.value)}
          />
          <span>
            {option.label}
            {option.hint && <span class="hint">{option.hint}</span>}
          </span>
        </label>
      ))}
    </fieldset>
  );
}

interface PairsProps {
  label: string;
  pairs: [string, string][];
  onChange: (pairs: [string, string][]) => void;
  names?: [string, string];
  addLabel: string;
}

/** Names and values: tags, environment variables. */
export function Pairs({ label, pairs, onChange, names = ['Key', 'Value'], addLabel }: PairsProps) {
  const change = (i: number, part: 0 | 1, text: string) =>
    onChange(pairs.map((pair, at) => (at === i ? (part === 0 ? [text, pair[1]] : [pair[0], text]) : pair)));
  return (
    <fieldset class="pairs">
      <legend>{label}</legend>
      {pairs.map((pair, i) => (
        <div class="pair" key={i}>
          <input
            class="input"
            aria-label={`${names[0]} ${i + 1}`}
            placeholder={names[0]}
            value={pair[0]}
            onInput={e => change(i, 0, e.currentTarget.value)}
          />
          <input
            class="input"
            aria-label={`${names[1]} ${i + 1}`}
            placeholder={names[1]}
            value={pair[1]}
            onInput={e => change(i, 1, e.currentTarget.value)}
          />
          <Button
            label={`Remove ${pair[0] || names[0]}`}
            onClick={() => onChange(pairs.filter((_, at) => at !== i))}
          >
            Remove
          </Button>
        </div>
      ))}
      <Button onClick={() => onChange([...pairs, ['', '']])}>{addLabel}</Button>
    </fieldset>
  );
}

type FormProps = {
  label: string;
  submit: string;
  cancel?: () => void;
  /** "Cancel", if it is not said. */
  cancelLabel?: string;
  onSubmit: () => Promise<unknown>;
  disabled?: boolean;
  children: ComponentChildren;
};

/** A form with its buttons at the end, as AWS's pages of creation have. */
export function Form({
  label,
  submit,
  cancel,
  cancelLabel = 'Cancel',
  onSubmit,
  disabled,
  children,
}: FormProps) {
  const [busy, setBusy] = useState(false);
  const typed = useTyped();
  const send = async (event: JSX.TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    try {
      await onSubmit();
      typed.saved();
    } finally {
      setBusy(false);
    }
  };
  return (
    <form class="form" aria-label={label} onSubmit={event => void send(event)} {...typed.attributes}>
      {children}
      <div class="form-actions">
        {cancel && (
          <Button kind="link" onClick={cancel}>
            {cancelLabel}
          </Button>
        )}
        <Button kind="primary" type="submit" busy={busy} disabled={disabled}>
          {submit}
        </Button>
      </div>
    </form>
  );
}
