/** Dialogs, by the browser's own element: it keeps the focus inside and gives it back. */
import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';

import { Button, TextField } from './controls';
import { goOnFrom } from './focus';
import { CloseIcon } from './icons';
import { UNSAVED } from './typed';

/** Where typing begins: not the button that closes the dialog. */
const FIRST_FIELD =
  '.dialog-body :is(input:not([type=radio], :disabled, [readonly]), input[type=radio]:checked, select:not(:disabled), textarea:not([readonly]))';

/** Escape closes a dialog; if much was typed there, only after a question. */
function askFirst(event: Event): void {
  const dialog = event.currentTarget as HTMLElement;
  if (event.target === dialog && dialog.querySelector(`[${UNSAVED}]`) && !confirm(QUESTION))
    event.preventDefault();
}

const QUESTION = 'Close this? What you have typed here is not saved, and is lost.';

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
  // A dialog that is gone says once more that it closes: by then another one may be open.
  const closed = () => {
    if (element.current) onClose();
  };
  useLayoutEffect(() => {
    const dialog = element.current;
    const goOn = goOnFrom(document.activeElement);
    dialog?.showModal();
    if (!dialog?.querySelector('[autofocus]')) dialog?.querySelector<HTMLElement>(FIRST_FIELD)?.focus();
    return () => {
      dialog?.close();
      goOn();
    };
  }, []);
  return (
    <dialog
      ref={element}
      class={wide ? 'wide' : ''}
      aria-labelledby={titleId}
      onCancel={askFirst}
      onClose={closed}
    >
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
  const [busy, setBusy] = useState(false);
  const form = useId();
  const send = async (event: Event) => {
    event.preventDefault();
    if (busy || (typed !== undefined && text !== typed)) return;
    setBusy(true);
    try {
      await onConfirm();
      onClose();
    } finally {
      setBusy(false);
    }
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
          <Button
            kind="danger"
            type="submit"
            form={form}
            busy={busy}
            disabled={typed !== undefined && text !== typed}
          >
            {action}
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={event => void send(event)}>
        {children}
        {typed !== undefined && (
          <TextField label={`To confirm, type ${typed}`} value={text} onInput={setText} placeholder={typed} />
        )}
      </form>
    </Dialog>
  );
}
