/** A form in a dialog: it closes when it has been saved, and stays, with the error, when not. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

import { Form } from './controls';
import { Dialog } from './dialog';
import { Problem } from './problem';

interface FormDialogProps {
  title: string;
  submit?: string;
  wide?: boolean;
  disabled?: boolean;
  onSave: () => Promise<unknown>;
  onClose: () => void;
  children: ComponentChildren;
}

export function FormDialog({
  title,
  submit = 'Save',
  wide,
  disabled,
  onSave,
  onClose,
  children,
}: FormDialogProps) {
  const [error, setError] = useState<unknown>();
  const save = async () => {
    setError(undefined);
    try {
      await onSave();
      onClose();
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <Dialog title={title} onClose={onClose} wide={wide}>
      <Form label={title} submit={submit} cancel={onClose} disabled={disabled} onSubmit={save}>
        {children}
        <Problem error={error} />
      </Form>
    </Dialog>
  );
}
