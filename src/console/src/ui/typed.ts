/** Whether a form has text that would be a loss: what a code editor or a field of several lines has, once it is changed. */
import { useState } from 'preact/hooks';

import { useUnsaved } from '../unsaved';

/** Less is typed again in a moment. */
const MUCH = 40;

export const UNSAVED = 'data-unsaved';

interface Typed {
  attributes: { [UNSAVED]?: true; onInput: (event: Event) => void };
  saved: () => void;
}

/** The form's attributes, and what to call when it has been sent. */
export function useTyped(): Typed {
  const [much, setMuch] = useState(false);
  useUnsaved(much);
  return {
    attributes: {
      [UNSAVED]: much || undefined,
      onInput: event => {
        if (lengthOf(event) >= MUCH) setMuch(true);
      },
    },
    saved: () => setMuch(false),
  };
}

/** The editor is in a shadow root, out of which the event's path leads. */
function lengthOf(event: Event): number {
  const field = event.composedPath()[0];
  if (field instanceof HTMLTextAreaElement) return field.value.length;
  return field instanceof HTMLElement && field.isContentEditable ? field.innerText.length : 0;
}
