/** Dialogs of a dashboard: its source, and another name for a copy. */
import { useState } from 'preact/hooks';

import { putDashboard } from '../../../api/dashboards';
import { link, navigate } from '../../../router';
import { Code } from '../../../ui/code';
import { TextField } from '../../../ui/controls';
import { flash } from '../../../ui/flash';
import { FormDialog } from '../../../ui/form_dialog';
import { pretty } from '../../../ui/format';
import { jsonMarks } from '../../../ui/json_marks';
import { bodyText, parseBody, type Body } from './body';

interface EditSourceProps {
  text: string;
  onUpdate: (body: Body) => void;
  onClose: () => void;
}

export function EditSource({ text, onUpdate, onClose }: EditSourceProps) {
  const [source, setSource] = useState(() => pretty(text));
  const marks = jsonMarks(source);
  const [first] = marks;
  return (
    <FormDialog
      title="View/edit source"
      submit="Update"
      wide
      disabled={marks.length > 0}
      onSave={async () => onUpdate(parseBody(source))}
      onClose={onClose}
    >
      <Code
        label="Dashboard source"
        language="json"
        value={source}
        onChange={setSource}
        marks={marks}
        height="50vh"
      />
      {first && (
        <p class="field-error" role="status">
          Line {first.line}, column {first.column}: {first.message}
        </p>
      )}
    </FormDialog>
  );
}

interface NameDashboardProps {
  title: string;
  submit: string;
  hint: string;
  body: Body;
  /** What has been done with it then. */
  done: string;
  onClose: () => void;
}

/** Saves the dashboard under a name, and opens it. */
export function NameDashboard({ title, submit, hint, body, done, onClose }: NameDashboardProps) {
  const [name, setName] = useState('');
  const save = async () => {
    await putDashboard(name, bodyText(body));
    flash('good', `Dashboard ${name} has been ${done}.`);
    navigate(link`cloudwatch/dashboards/${name}`);
  };
  return (
    <FormDialog title={title} submit={submit} onSave={save} onClose={onClose}>
      <TextField label="Dashboard name" hint={hint} value={name} onInput={setName} required />
    </FormDialog>
  );
}
