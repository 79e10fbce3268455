/** The event source mappings of a table's stream. */
import { allPages } from '../ui/resource';
import { rest } from './client';

export interface Trigger {
  UUID: string;
  FunctionArn: string;
  State: string;
  LastProcessingResult?: string;
  BatchSize: number;
}

export async function streamTriggers(stream: string, signal?: AbortSignal): Promise<Trigger[]> {
  return allPages(async token => {
    const input = { EventSourceArn: stream, ...(token && { Marker: token }) };
    const response = await rest(
      'ListEventSourceMappings',
      input,
      'GET',
      `/2015-03-31/event-source-mappings/?${new URLSearchParams(input)}`,
      undefined,
      {},
      { signal, quiet: true },
    );
    const page = (await response.json()) as { EventSourceMappings: Trigger[]; NextMarker?: string };
    return { items: page.EventSourceMappings, next: page.NextMarker };
  });
}
