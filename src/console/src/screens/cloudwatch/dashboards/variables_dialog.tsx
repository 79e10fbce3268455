/** "Manage variables": those of the dashboard, and one more. */
import { useState } from 'preact/hooks';

import { Button, Checkbox, Pairs, RadioGroup, TextField } from '../../../ui/controls';
import { Dialog } from '../../../ui/dialog';
import { FormDialog } from '../../../ui/form_dialog';
import { Empty } from '../../../ui/layout';
import { isObject, textOf, type Body } from './body';
import { writtenVariable, type InputType, type Variable } from './variables';

interface VariablesProps {
  body: Body;
  onChange: (body: Body) => void;
  onClose: () => void;
}

export function ManageVariables({ body, onChange, onClose }: VariablesProps) {
  const [adding, setAdding] = useState(false);
  const all = body.variables ?? [];
  const ids = all.flatMap(one => (isObject(one) ? (textOf(one.id) ?? []) : []));
  const remove = (at: number) => onChange({ ...body, variables: all.filter((_, i) => i !== at) });
  return (
    <>
      <Dialog
        title="Variables"
        onClose={onClose}
        actions={
          <Button kind="primary" onClick={() => setAdding(true)}>
            Create a variable
          </Button>
        }
      >
        {all.length === 0 && <Empty title="This dashboard has no variables" />}
        <ul class="chosen-list">
          {all.map((one, at) => {
            const name = nameOf(one);
            return (
              <li key={at}>
                <span>{name}</span>
                <Button kind="link" label={`Delete ${name}`} onClick={() => remove(at)}>
                  Delete
                </Button>
              </li>
            );
          })}
        </ul>
      </Dialog>
      {adding && (
        <CreateVariable
          taken={ids}
          onSave={variable => onChange({ ...body, variables: [...all, writtenVariable(variable)] })}
          onClose={() => setAdding(false)}
        />
      )}
    </>
  );
}

/** "Function: the property FunctionName" */
function nameOf(one: unknown): string {
  if (!isObject(one)) return JSON.stringify(one);
  const type = textOf(one.type) ?? 'property';
  return `${textOf(one.label) ?? textOf(one.id) ?? ''}: the ${type} ${textOf(one[type]) ?? ''}`;
}

const NEW: Variable = {
  type: 'property',
  replaces: '',
  inputType: 'select',
  id: '',
  label: '',
  values: [],
  visible: true,
};

const TYPES = [
  { value: 'property', label: 'Property', hint: 'A dimension, or a member such as region' },
  { value: 'pattern', label: 'Pattern', hint: 'What a regular expression finds in the widgets' },
];

const INPUTS: { value: InputType; label: string }[] = [
  { value: 'radio', label: 'Radio button' },
  { value: 'input', label: 'Text input' },
  { value: 'select', label: 'Select menu (dropdown)' },
];

interface CreateProps {
  taken: string[];
  onSave: (variable: Variable) => void;
  onClose: () => void;
}

function CreateVariable({ taken, onSave, onClose }: CreateProps) {
  const [variable, setVariable] = useState<Variable>(NEW);
  const [values, setValues] = useState<[string, string][]>([]);
  const [first, setFirst] = useState(false);
  const set = (changes: Partial<Variable>) => setVariable(now => ({ ...now, ...changes }));
  const field = (label: string, member: 'replaces' | 'label' | 'search' | 'populateFrom', hint: string) => (
    <TextField
      label={label}
      hint={hint}
      required={member === 'replaces' || (member === 'populateFrom' && Boolean(variable.search))}
      value={variable[member] ?? ''}
      onInput={text => set({ [member]: text })}
    />
  );
  const save = async () => {
    if (variable.type === 'pattern') new RegExp(variable.replaces);
    const choices = values
      .filter(([value]) => value)
      .map(([value, label]) => ({ value, ...(label && { label }) }));
    onSave({
      ...variable,
      id: idFor(variable.label || variable.replaces, taken),
      label: variable.label || variable.replaces,
      values: choices,
      ...(first && { defaultValue: '__FIRST' }),
    });
  };
  return (
    <FormDialog title="Create a variable" submit="Add variable" wide onSave={save} onClose={onClose}>
      <RadioGroup
        legend="Variable type"
        inline
        value={variable.type}
        options={TYPES}
        onChange={type => set({ type: type as Variable['type'] })}
      />
      {field(
        variable.type === 'property'
          ? 'Property that the variable changes'
          : 'Pattern that the variable changes',
        'replaces',
        variable.type === 'property' ? 'FunctionName, QueueName, region…' : 'A regular expression',
      )}
      {field('Label', 'label', 'What is beside the field')}
      <RadioGroup
        legend="Input type"
        inline
        value={variable.inputType}
        options={INPUTS}
        onChange={inputType => set({ inputType: inputType as InputType })}
      />
      {variable.inputType !== 'input' && (
        <>
          <Pairs
            label="Custom values"
            pairs={values}
            onChange={setValues}
            names={['Value', 'Label']}
            addLabel="Add value"
          />
          {field('Values from a metric search', 'search', '{AWS/Lambda,FunctionName} MetricName="Duration"')}
          {field('Dimension that has the values', 'populateFrom', 'FunctionName')}
          <Checkbox label="The first value is chosen at first" checked={first} onChange={setFirst} />
        </>
      )}
    </FormDialog>
  );
}

function idFor(label: string, taken: string[]): string {
  const own = label.replace(/[^A-Za-z0-9]+/g, '') || 'variable';
  let id = own;
  for (let number = 2; taken.includes(id); number++) id = own + number;
  return id;
}
