/**
 * Characters that reorder the text around them are shown by their numbers: else a name could look like another one.
 *
 * Text that is written from the right to the left needs none of them.
 */
import { Fragment, options, type ComponentChildren, type VNode } from 'preact';

export const REORDERING = /[\u202A-\u202E\u2066-\u2069]/g;

/** "a\u202Eb" becomes "a⟨U+202E⟩b". */
export function visible(text: string): string {
  return text.replace(REORDERING, one => `⟨U+${one.charCodeAt(0).toString(16).toUpperCase()}⟩`);
}

function allVisible(children: ComponentChildren): ComponentChildren {
  if (typeof children === 'string') return visible(children);
  return Array.isArray(children) ? children.map(allVisible) : children;
}

/** From now on, in all texts of the page; what is copied by a button, or is in a field, stays as it is. */
export function showReordering(): void {
  const before = options.vnode;
  options.vnode = (vnode: VNode<{ children?: ComponentChildren }>) => {
    before?.(vnode);
    const { type, props } = vnode;
    if ((typeof type === 'string' || type === Fragment) && props.children !== undefined)
      props.children = allVisible(props.children);
  };
}
