/** Where the focus goes on when what had it is gone, or cannot be pressed any more: it stays where somebody works. */

/** Returns what to call when `element`, which has the focus, may have been removed or disabled. */
export function goOnFrom(element: Element | null): () => void {
  if (!element || element === document.body || element !== document.activeElement) return () => undefined;
  const list = element.closest('fieldset, .children, .item-form');
  const head = element.closest('.panel-body')?.parentElement?.querySelector('.panel-header');
  const table = element.closest('.panel')?.querySelector<HTMLElement>('.table-scroll');
  return () => {
    if (usable(element) || usable(document.activeElement)) return;
    // The button that adds a row is the last of its list, or is in the panel's head.
    const next = [lastButton(list), table, lastButton(head)].find(one => one?.isConnected);
    (next ?? document.getElementById('main'))?.focus({ preventScroll: true });
  };
}

function lastButton(within: Element | null | undefined): HTMLElement | undefined {
  return [...(within?.querySelectorAll<HTMLElement>('button:not(:disabled, .button-danger)') ?? [])].at(-1);
}

function usable(element: Element | null): boolean {
  return (
    element !== null &&
    element !== document.body &&
    element.isConnected &&
    !element.matches(':disabled, dialog:not([open]) *')
  );
}
