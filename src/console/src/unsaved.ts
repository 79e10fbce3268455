/**
 * What somebody has typed and not saved: leaving the page (by a link, Back, F5 or by closing the tab) asks first.
 *
 * Saving, and a form's own Cancel, do not ask.
 */
import { useEffect } from 'preact/hooks';

const QUESTION = 'Leave this page? What you have changed here is not saved, and is lost.';
const held = new Set<object>();

/** While `unsaved`, and while the component is shown, leaving asks. */
export function useUnsaved(unsaved: boolean): void {
  useEffect(() => {
    if (!unsaved) return;
    const one = {};
    held.add(one);
    return () => held.delete(one);
  }, [unsaved]);
}

/** Asks when something would be lost. */
export function mayLeave(): boolean {
  return held.size === 0 || confirm(QUESTION);
}

addEventListener('beforeunload', event => {
  if (held.size > 0) event.preventDefault();
});
