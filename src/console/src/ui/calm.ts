/** Work that is asked for often, and done seldom enough: never twice at once, and not for more than a tenth of the time, so that
 *  a page of something busy does not keep the server busy. */
const CALM_MILLISECONDS = 150;
const REST = 9;

export interface Calm {
  /** The work is wanted: it is done soon, once for all that ask until then. */
  ask(): void;
  stop(): void;
}

/** `apart`: so many milliseconds at least from one beginning to the next. */
export function calmly(work: () => Promise<void>, apart = 0): Calm {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running = false;
  let again = false;
  let stopped = false;
  let rested = 0;

  const run = async () => {
    timer = undefined;
    running = true;
    const began = performance.now();
    await work();
    const ended = performance.now();
    rested = Math.max(ended + REST * (ended - began), began + apart);
    running = false;
    if (again) ask();
  };
  const ask = () => {
    again = running;
    if (running || timer !== undefined || stopped) return;
    timer = setTimeout(() => void run(), Math.max(CALM_MILLISECONDS, rested - performance.now()));
  };
  return {
    ask,
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
