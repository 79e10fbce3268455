/** Work that one tab does for all.  A browser gives an origin six connections of HTTP/1.1, whatever the number of its tabs: a stream in
 *  each of them would leave none for requests.  The tab that has the lock leads; when it is closed, the next one does. */
export type Tell<T> = (told: T) => void;

interface Shared<T> {
  /** What the leading tab tells, in each tab. */
  hear: (told: T) => void;
  /** The work, until the signal. */
  lead: (tell: Tell<T>, signal: AbortSignal) => Promise<void>;
  /** What a tab needs to know that comes later. */
  state: () => T;
}

type Message<T> = { told: T } | { ask: true };

/** `name` names the work, and whose it is. */
export function shared<T>(name: string, signal: AbortSignal, { hear, lead, state }: Shared<T>): void {
  if (!('locks' in navigator)) {
    void lead(hear, signal);
    return;
  }
  let leads = false;
  const channel = new BroadcastChannel(name);
  const post = (message: Message<T>) => {
    if (!signal.aborted) channel.postMessage(message);
  };
  channel.onmessage = ({ data }: MessageEvent<Message<T>>) => {
    if ('told' in data) hear(data.told);
    else if (leads) post({ told: state() });
  };
  signal.addEventListener('abort', () => channel.close());
  post({ ask: true });
  const tell = (told: T) => {
    if (signal.aborted) return;
    hear(told);
    post({ told });
  };
  navigator.locks
    .request(name, { signal }, () => {
      leads = true;
      return lead(tell, signal);
    })
    .catch(error => {
      if (!signal.aborted) throw error;
    })
    .finally(() => (leads = false));
}
