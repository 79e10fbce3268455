/** What is below the page's end is not loaded: it begins when it comes into view, and hears of changes while it is there. */
import { useEffect, useRef, useState } from 'preact/hooks';

import type { ServerEvent } from '../api/events';
import { useResource, type Resource } from './resource';

export function useInView<E extends HTMLElement>(): { holder: { current: E | null }; seen: boolean } {
  const holder = useRef<E>(null);
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    if (!holder.current) return;
    const observer = new IntersectionObserver(entries => setSeen(entries.at(-1)!.isIntersecting));
    observer.observe(holder.current);
    return () => observer.disconnect();
  }, []);
  return { holder, seen };
}

interface SeenOptions {
  seen: boolean;
  on: (event: ServerEvent) => boolean;
  /** Another turn loads anew. */
  turn?: number;
}

/** As useResource(): what changes out of view is loaded when it is seen again. */
export function useSeenResource<T>(
  key: string,
  load: (signal: AbortSignal) => Promise<T>,
  { seen, on, turn = 0 }: SeenOptions,
): Resource<T> {
  const now = useRef({ seen, ever: seen, old: false });
  now.current.seen = seen;
  now.current.ever ||= seen;
  const resource = useResource(now.current.ever ? key : '', load, {
    on: event => {
      if (!on(event)) return false;
      now.current.old = !now.current.seen;
      return now.current.seen;
    },
  });
  const first = useRef(turn);
  useEffect(() => {
    if (turn === first.current) return;
    first.current = turn;
    now.current.old = true;
  }, [turn]);
  const { reload } = resource;
  useEffect(() => {
    if (!seen || !now.current.old) return;
    now.current.old = false;
    void reload();
  }, [seen, turn, reload]);
  return resource;
}
