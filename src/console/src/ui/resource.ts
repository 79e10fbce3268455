/** Data of a screen: loaded when it is shown, and anew when an event of the server says that it has changed. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

import { passes } from '../api/errors';
import { listen, type ServerEvent } from '../api/events';
import { region, session } from '../session';
import { calmly } from './calm';

export interface Resource<T> {
  data: T | undefined;
  error: unknown;
  loading: boolean;
  reload: () => Promise<void>;
}

interface Options {
  /** Which events make the data old? */
  on?: (event: ServerEvent) => boolean;
  /** So many milliseconds at least between two loads that events cause. */
  apart?: number;
}

const AGAIN_MILLISECONDS = 5000;

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
  const { apart } = options;
  const latest = useRef({ load, on: options.on });
  const running = useRef<AbortController>();
  const loading = useRef<Promise<void>>();
  latest.current = { load, on: options.on };
  const whole = `${region.value}/${session.value?.credentials.accessKeyId}/${key}`;

  const reload = useCallback((): Promise<void> => {
    running.current?.abort();
    if (key === '') return Promise.resolve();
    const { signal } = (running.current = new AbortController());
    setState(before => ({ ...before, loading: true }));
    loading.current = latest.current.load(signal).then(
      data => {
        if (!signal.aborted) setState({ key, data, loading: false });
      },
      error => {
        if (!signal.aborted)
          setState(before => ({
            key,
            data: before.key === key ? before.data : undefined,
            error,
            loading: false,
          }));
      },
    );
    return loading.current;
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `whole` stands for all that matters
  }, [whole]);

  useEffect(() => {
    void reload();
    return () => running.current?.abort();
  }, [reload]);

  // Else a page whose last load failed would show for ever what is no longer so.
  const fresh = state.key === key;
  const again = fresh && !state.loading && passes(state.error);
  useEffect(() => {
    if (!again) return;
    const timer = setTimeout(() => void reload(), AGAIN_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [again, reload]);

  useEffect(() => {
    if (!latest.current.on) return;
    let replaced = false;
    // What is being loaded is shown before it is loaded anew: else a busy server would keep a slow list from ever being shown.
    const calm = calmly(async () => {
      await loading.current;
      // By then another key may be wanted: to load this one again would abort that.
      if (!replaced) await reload();
    }, apart);
    const stop = listen(event => {
      const all = event.event === 'lost' || event.event === 'reset';
      if (all || latest.current.on?.(event)) calm.ask();
    });
    return () => {
      replaced = true;
      calm.stop();
      stop();
    };
  }, [reload, apart]);

  return {
    data: fresh ? state.data : undefined,
    error: fresh ? state.error : undefined,
    loading: fresh ? state.loading : key !== '',
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

/** The first pages of a list: so many requests at most. */
export async function somePages<T>(
  page: (token: string | undefined) => Promise<{ items: T[]; next?: string }>,
  requests: number,
): Promise<{ items: T[]; more: boolean }> {
  const items: T[] = [];
  let next: string | undefined;
  for (let i = 0; i < requests && (i === 0 || next); i++) {
    const got = await page(next);
    items.push(...got.items);
    next = got.next;
  }
  return { items, more: next !== undefined };
}
