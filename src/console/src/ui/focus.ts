/** Where the focus goes on when what had it is gone, or cannot be pressed any more: it stays where somebody works. */

/** Returns what to call when `element`, which has the focus, may have been removed or disabled. */
export function goOnFrom(element: Element | null): () => void {
  if (!element || element === document.body || element !== document.activeElement) return () => undefined;
  const list = element.closest('fieldset');
  const table = element.closest('.panel')?.querySelector<HTMLElement>('.table-scroll');
  return () => {
    if (usable(element) || usable(document.activeElement)) return;
    // The button that adds a row is the last of its list.
    const adding = [...(list?.querySelectorAll<HTMLElement>('button:not(:disabled)') ?? [])].at(-1);
    const next = [adding, table].find(one => one?.isConnected);
    (next ?? document.getElementById('main'))?.focus({ preventScroll: true });
  };
}

function usable(element: Element | null): boolean {
  return (
    element !== null &&
    element !== document.body &&
    element.isConnected &&
    !element.matches(':disabled, dialog:not([open]) *')
  );
}
