/** Where the JSON of an editor breaks. */
import type { Mark } from './code';

/** Where a text stops being JSON; nothing when it is JSON. */
export function jsonMarks(text: string): Mark[] {
  try {
    JSON.parse(text);
    return [];
  } catch (error) {
    const message = (error as Error).message;
    const position = /position (\d+)/.exec(message);
    const place = /line (\d+) column (\d+)/.exec(message);
    const lines = text.slice(0, position ? Number(position[1]) : text.length).split('\n');
    return [
      {
        line: place ? Number(place[1]) : lines.length,
        column: place ? Number(place[2]) : lines.at(-1)!.length + 1,
        message: message.replace(/ (in JSON )?at (position|line) .*$/, ''),
      },
    ];
  }
}
