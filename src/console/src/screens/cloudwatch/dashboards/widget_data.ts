/** What the widgets of a dashboard show in common: the time, the period, and when they load anew. */
import { changed, type ServerEvent } from '../../../api/events';
import type { Resource } from '../../../ui/resource';
import { useSeenResource } from '../../../ui/seen';
import type { Properties } from './body';
import type { PeriodChoice, Range } from './time_range';

export interface View {
  range: Range;
  period: PeriodChoice;
  /** Counts the presses of "Refresh". */
  turn: number;
}

export interface WidgetProps {
  title: string;
  properties: Properties;
  view: View;
  seen: boolean;
  /** Pixels for what is drawn. */
  height: number;
}

export function useWidgetData<T>(
  { properties, view, seen }: WidgetProps,
  services: string[],
  load: (signal: AbortSignal) => Promise<T>,
): Resource<T> {
  const ofThese = changed(...services);
  const on = (event: ServerEvent) => event.event === 'clock' || ofThese(event);
  const key = `dashboard/${JSON.stringify([properties, view.range, view.period])}`;
  return useSeenResource(key, load, { seen, on, turn: view.turn });
}
