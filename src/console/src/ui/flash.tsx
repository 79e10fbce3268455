/** What happened, said at the top of the page: AWS's console calls these flashbars. */
import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';

import { errorText } from '../api/errors';
import { path } from '../router';
import { Button } from './controls';
import { CloseIcon } from './icons';

interface Flash {
  id: number;
  kind: 'good' | 'bad' | 'note';
  content: ComponentChildren;
  /** The click or key that led to it. */
  gesture: number;
}

const SHOWN = 4;
const flashes = signal<Flash[]>([]);
let lastId = 0;
let gestures = 0;

export function flash(kind: Flash['kind'], content: ComponentChildren): void {
  flashes.value = [{ id: ++lastId, kind, content, gesture: gestures }, ...flashes.value].slice(0, SHOWN);
}

// The page that a form leads to still says what the form did; the page that one goes to next does not.
for (const kind of ['pointerdown', 'keydown', 'popstate'])
  addEventListener(kind, () => gestures++, { capture: true });
path.subscribe(() => {
  flashes.value = flashes.peek().filter(({ gesture }) => gesture === gestures);
});

/** Run what a button asks for; say `done` when it has succeeded, and its error when not.  True on success. */
export async function attempt(action: () => Promise<unknown>, done?: string): Promise<boolean> {
  try {
    await action();
    if (done) flash('good', done);
    return true;
  } catch (error) {
    flash('bad', errorText(error));
    return false;
  }
}

export function Flashes() {
  return (
    <div class="flashes" role="status" aria-live="polite">
      {flashes.value.map(({ id, kind, content }) => (
        <div key={id} class={`flash flash-${kind}`}>
          <span>{content}</span>
          <Button
            kind="bare"
            label="Dismiss"
            onClick={() => (flashes.value = flashes.value.filter(f => f.id !== id))}
          >
            <CloseIcon />
          </Button>
        </div>
      ))}
    </div>
  );
}
