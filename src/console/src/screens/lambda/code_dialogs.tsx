/** Dialogs of a function's code: the name of a file, and the upload of a package. */
import { useState } from 'preact/hooks';

import { Field, TextField } from '../../ui/controls';
import { FormDialog } from '../../ui/form_dialog';
import { bytes } from '../../ui/format';
import { pathProblem, readZip, type Package } from './package';

interface FileNameProps {
  title: string;
  submit: string;
  initial?: string;
  files: Package;
  onName: (path: string) => void;
  onClose: () => void;
}

export function FileName({ title, submit, initial = '', files, onName, onClose }: FileNameProps) {
  const [path, setPath] = useState(initial);
  const problem = path === initial ? undefined : pathProblem(files, path);
  return (
    <FormDialog
      title={title}
      submit={submit}
      disabled={path === initial || problem !== undefined}
      onSave={async () => onName(path)}
      onClose={onClose}
    >
      <TextField
        label="File name"
        hint="With folders, if you like: lib/orders.py"
        value={path}
        onInput={setPath}
        error={path ? problem : undefined}
        required
        mono
      />
    </FormDialog>
  );
}

interface UploadProps {
  onUpload: (zip: Uint8Array) => Promise<void>;
  onClose: () => void;
}

export function Upload({ onUpload, onClose }: UploadProps) {
  const [zip, setZip] = useState<{ bytes: Uint8Array; files: number }>();
  const [problem, setProblem] = useState('');
  const choose = async (file: File | undefined) => {
    setProblem('');
    setZip(undefined);
    if (!file) return;
    try {
      const content = new Uint8Array(await file.arrayBuffer());
      setZip({ bytes: content, files: readZip(content).size });
    } catch {
      setProblem(`${file.name} is no zip file that can be read.`);
    }
  };
  return (
    <FormDialog
      title="Upload a .zip file"
      disabled={!zip}
      onSave={() => onUpload(zip!.bytes)}
      onClose={onClose}
    >
      <Field
        label="Zip file"
        hint="It replaces the function's code as soon as you save."
        error={problem || undefined}
      >
        {attributes => (
          <input
            {...attributes}
            class="input"
            type="file"
            accept=".zip,application/zip"
            onChange={event => void choose(event.currentTarget.files?.[0])}
          />
        )}
      </Field>
      {zip && (
        <p class="hint">
          {zip.files} files, {bytes(zip.bytes.length)}
        </p>
      )}
    </FormDialog>
  );
}
