import { expect, test } from 'vitest';

import { parseMessage, readMessages, type StreamMessage } from '../src/api/event_stream';

function message(headers: [string, number, Uint8Array][], body: string): Uint8Array {
  const encoded = headers.flatMap(([name, type, value]) => [
    name.length,
    ...new TextEncoder().encode(name),
    type,
    ...value,
  ]);
  const bytes = [...new TextEncoder().encode(body)];
  const size = 12 + encoded.length + bytes.length + 4;
  const whole = new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ...encoded, ...bytes, 0, 0, 0, 0]);
  new DataView(whole.buffer).setUint32(0, size);
  new DataView(whole.buffer).setUint32(4, encoded.length);
  return whole;
}

const text = (value: string) => new Uint8Array([0, value.length, ...new TextEncoder().encode(value)]);

test('a message has headers of any type and a body', () => {
  const bytes = message(
    [
      ['on', 0, new Uint8Array()],
      ['n', 4, new Uint8Array([0, 0, 0, 1])],
      [':event-type', 7, text('sessionUpdate')],
    ],
    '{}',
  );
  const parsed = parseMessage(bytes);
  expect(parsed.headers).toEqual({ ':event-type': 'sessionUpdate' });
  expect(new TextDecoder().decode(parsed.body)).toBe('{}');
});

test('messages may come in any pieces', async () => {
  const one = message([['a', 7, text('1')]], 'x');
  const two = message([['a', 7, text('2')]], 'y');
  const all = new Uint8Array([...one, ...two]);
  for (const cut of [1, 11, 12, one.length - 1, one.length, one.length + 1]) {
    const heard: StreamMessage[] = [];
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(all.slice(0, cut));
        controller.enqueue(all.slice(cut));
        controller.close();
      },
    });
    await readMessages(stream, got => heard.push(got));
    expect(heard.map(({ headers }) => headers.a)).toEqual(['1', '2']);
  }
});
