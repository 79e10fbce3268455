/** Choosing a zip file: it is looked into before it is sent. */
import { useState } from 'preact/hooks';

import { Field } from '../../ui/controls';
import { bytes } from '../../ui/format';
import { readZip } from './package';

export interface ChosenZip {
  bytes: Uint8Array;
  files: number;
}

interface ZipFieldProps {
  hint?: string;
  zip: ChosenZip | undefined;
  onChange: (zip: ChosenZip | undefined) => void;
}

export function ZipField({ hint, zip, onChange }: ZipFieldProps) {
  const [problem, setProblem] = useState('');
  const choose = async (file: File | undefined) => {
    setProblem('');
    onChange(undefined);
    if (!file) return;
    try {
      const content = new Uint8Array(await file.arrayBuffer());
      onChange({ bytes: content, files: readZip(content).size });
    } catch {
      setProblem(`${file.name} is no zip file that can be read.`);
    }
  };
  return (
    <>
      <Field label="Zip file" hint={hint} error={problem || undefined}>
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
    </>
  );
}
