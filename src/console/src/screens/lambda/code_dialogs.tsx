/** Dialogs of a function's code: the name of a file, and the upload of a package. */
import { useState } from 'preact/hooks';

import { TextField } from '../../ui/controls';
import { FormDialog } from '../../ui/form_dialog';
import { pathProblem, type Package } from './package';
import { ZipField, type ChosenZip } from './zip_field';

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
  const [zip, setZip] = useState<ChosenZip>();
  return (
    <FormDialog
      title="Upload a .zip file"
      disabled={!zip}
      onSave={() => onUpload(zip!.bytes)}
      onClose={onClose}
    >
      <ZipField hint="It replaces the function's code as soon as you save." zip={zip} onChange={setZip} />
    </FormDialog>
  );
}
