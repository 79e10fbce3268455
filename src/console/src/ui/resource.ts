/** Data of a screen: loaded when it is shown, and anew when an event of the server says that it has changed. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

import { listen, type ServerEvent } from '../api/events';
import { region, session } from '../session';

export interface Resource<T> {
  data: T | undefined;
  error: unknown;
  loading: boolean;
  reload: () => Promise<void>;
}

interface Options {
  /** Which events make the data old? */
  on?: (event: ServerEvent) => boolean;
}

/** Events come in crowds; one reload serves all of this while. */
const CALM_MILLISECONDS = 150;

/** `key` names what is loaded: another key, another user or region loads anew.  An empty key loads nothing. */
export function useResource<T>(
  key: string,
  load: (signal: AbortSignal) => Promise<T>,
  options: Options = {},
): Resource<T> {
  const [state, setState] = useState<{ key: string; data?: T; error?: unknown; loading: boolean }>({
    key,
    loading: key !== '',
  });
  const latest = useRef({ load, on: options.on });
  const running = useRef<AbortController>();
  latest.current = { load, on: options.on };
  const whole = `${region.value}/${session.value?.credentials.accessKeyId}/${key}`;

  const reload = useCallback(async () => {
    running.current?.abort();
    if (key === '') return;
    const mine = (running.current = new AbortController());
    setState(before => ({ ...before, loading: true }));
    try {
      const data = await latest.current.load(mine.signal);
      if (!mine.signal.aborted) setState({ key, data, loading: false });
    } catch (error) {
      if (!mine.signal.aborted)
        setState(before => ({
          key,
          data: before.key === key ? before.data : undefined,
          error,
          loading: false,
        }));
    }
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `whole` stands for all that matters
  }, [whole]);

  useEffect(() => {
    void reload();
    return () => running.current?.abort();
  }, [reload]);

  useEffect(() => {
    if (!latest.current.on) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = listen(event => {
      const all = event.event === 'lost' || event.event === 'reset';
      if (timer || !(all || latest.current.on?.(event))) return;
      timer = setTimeout(() => {
        timer = undefined;
        void reload();
      }, CALM_MILLISECONDS);
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [reload]);

  const fresh = state.key === key;
  return {
    data: fresh ? state.data : undefined,
    error: fresh ? state.error : undefined,
    loading: state.loading,
    reload,
  };
}

/** Read all pages of a list, `limit` rows at most. */
export async function allPages<T>(
  page: (token: string | undefined) => Promise<{ items: T[]; next?: string }>,
  limit = 10_000,
): Promise<T[]> {
  const all: T[] = [];
  let next: string | undefined;
  do {
    const { items, next: following } = await page(next);
    all.push(...items);
    next = following;
  } while (next && all.length < limit);
  return all;
}
