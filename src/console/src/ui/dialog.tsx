/** Dialogs, by the browser's own element: it keeps the focus inside and gives it back. */
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';

import { Button, TextField } from './controls';
import { CloseIcon } from './icons';

interface DialogProps {
  title: string;
  onClose: () => void;
  actions?: ComponentChildren;
  wide?: boolean;
  children: ComponentChildren;
}

export function Dialog({ title, onClose, actions, wide, children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog ref={element} class={wide ? 'wide' : ''} aria-labelledby={titleId} onClose={onClose}>
      <header>
        <h2 id={titleId}>{title}</h2>
        <Button kind="bare" label="Close" onClick={onClose}>
          <CloseIcon />
        </Button>
      </header>
      <div class="dialog-body">{children}</div>
      {actions && <footer class="form-actions">{actions}</footer>}
    </dialog>
  );
}

interface ConfirmProps {
  title: string;
  /** What the button says: "Delete", "Purge". */
  action: string;
  /** The text that must be typed before: a name, or AWS's word ("confirm", "delete"). */
  typed?: string;
  onConfirm: () => Promise<unknown>;
  onClose: () => void;
  children: ComponentChildren;
}

export function Confirm({ title, action, typed, onConfirm, onClose, children }: ConfirmProps) {
  const [text, setText] = useState('');
  const confirm = async () => {
    await onConfirm();
    onClose();
  };
  return (
    <Dialog
      title={title}
      onClose={onClose}
      actions={
        <>
          <Button kind="link" onClick={onClose}>
            Cancel
          </Button>
          <Button kind="danger" disabled={typed !== undefined && text !== typed} onClick={confirm}>
            {action}
          </Button>
        </>
      }
    >
      {children}
      {typed !== undefined && (
        <TextField label={`To confirm, type ${typed}`} value={text} onInput={setText} placeholder={typed} />
      )}
    </Dialog>
  );
}
