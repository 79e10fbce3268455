/** AWS's event streams: messages of a length, headers and a body.  Their checksums guard against faults that TCP excludes, and are
 *  not looked at. */
export interface StreamMessage {
  headers: Record<string, string>;
  body: Uint8Array;
}

/** Lengths of the whole and of the headers, and their checksum; the message's checksum at the end. */
const PRELUDE = 12;
const CHECKSUM = 4;
const STRING = 7;
/** How long the values of the other types of headers are; byte arrays and strings say their lengths themselves. */
const FIXED: Record<number, number> = { 0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16 };

export async function readMessages(
  stream: ReadableStream<Uint8Array>,
  heard: (message: StreamMessage) => void,
): Promise<void> {
  const reader = stream.getReader();
  let rest = new Uint8Array(0);
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    rest = joined(rest, value);
    for (let size = sizeOf(rest); size !== undefined && rest.length >= size; size = sizeOf(rest)) {
      heard(parseMessage(rest.subarray(0, size)));
      rest = rest.slice(size);
    }
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

function sizeOf(bytes: Uint8Array): number | undefined {
  return bytes.length >= PRELUDE ? new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) : undefined;
}

export function parseMessage(bytes: Uint8Array): StreamMessage {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = PRELUDE + view.getUint32(4);
  const headers: Record<string, string> = {};
  const text = (from: number, size: number) => new TextDecoder().decode(bytes.subarray(from, from + size));
  for (let at = PRELUDE; at < end;) {
    const nameSize = bytes[at]!;
    const name = text(at + 1, nameSize);
    const type = bytes[at + 1 + nameSize]!;
    at += 2 + nameSize;
    const fixed = FIXED[type];
    const size = fixed ?? view.getUint16(at);
    if (fixed === undefined) at += 2;
    if (type === STRING) headers[name] = text(at, size);
    at += size;
  }
  return { headers, body: bytes.slice(end, bytes.length - CHECKSUM) };
}
