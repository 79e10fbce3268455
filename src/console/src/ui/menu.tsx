/** A button that opens a list of actions: AWS's "Actions". */
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';

export interface MenuItem {
  label: string;
  disabled?: boolean;
  onChoose: () => unknown;
}

interface MenuProps {
  label: string;
  /** The name for screen readers, if the label alone does not tell one menu from another; it begins with the label. */
  name?: string;
  items: MenuItem[];
}

export function Menu({ label, name, items }: MenuProps) {
  const [open, setOpen] = useState(false);
  const holder = useRef<HTMLDivElement>(null);
  const id = useId();
  const close = () => setOpen(false);

  useLayoutEffect(() => {
    if (!open) return;
    stayInSight(holder.current);
    choices(holder.current)[0]?.focus();
    const outside = (event: Event) => {
      if (!holder.current?.contains(event.target as Node)) close();
    };
    addEventListener('pointerdown', outside);
    return () => removeEventListener('pointerdown', outside);
  }, [open]);

  const byKey = (event: KeyboardEvent) => {
    if (!open) return;
    const all = choices(holder.current);
    const at = all.indexOf(document.activeElement as HTMLElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (next !== undefined) {
      event.preventDefault();
      all.at(next % all.length)?.focus();
    } else if (event.key === 'Escape' || event.key === 'Tab') {
      close();
      if (event.key === 'Escape') holder.current?.querySelector('button')?.focus();
    }
  };
  return (
    <div class="menu-holder" ref={holder} onKeyDown={byKey}>
      <button
        type="button"
        class="button"
        aria-label={name}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        onClick={() => setOpen(!open)}
      >
        {label} <span aria-hidden="true">▾</span>
      </button>
      {open && (
        <div class="menu-list" role="menu" id={id} aria-label={name ?? label}>
          {items.map(item => (
            <button
              key={item.label}
              type="button"
              role="menuitem"
              tabIndex={-1}
              disabled={item.disabled}
              onClick={() => {
                close();
                // A dialog that is opened now gives the focus back to what has it: not to this item, which is gone.
                holder.current?.querySelector('button')?.focus();
                void item.onChoose();
              }}
            >
              {item.label}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}

/** The list ends where its button ends, or begins where it begins, if else it would be cut. */
function stayInSight(holder: HTMLElement | null): void {
  const list = holder?.querySelector('[role="menu"]');
  if (list) list.classList.toggle('rightwards', list.getBoundingClientRect().left < 0);
}

function choices(holder: HTMLElement | null): HTMLElement[] {
  return [...(holder?.querySelectorAll<HTMLElement>('[role="menuitem"]:not(:disabled)') ?? [])];
}
