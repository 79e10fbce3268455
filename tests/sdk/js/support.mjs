// What the tests share: clients, names, waiting, function packages.
import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import * as zlib from "node:zlib";

export const endpoint = process.env.ORDERLY_ENDPOINT;
export const account = "000000000000";

const settings = {
  endpoint,
  region: "us-east-1",
  credentials: { accessKeyId: "test", secretAccessKey: "test" },
  maxAttempts: 1,
};

export const connect = (Client, overrides = {}) => new Client({ ...settings, ...overrides });
export const unique = (kind) => `${kind}-${randomUUID().slice(0, 13)}`;

export async function until(condition, what, seconds = 60) {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await condition();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`waited ${seconds} s for ${what}`);
    await pause(20);
  }
}

export async function advanceClock(seconds) {
  const reply = await fetch(`${endpoint}/_orderly/clock`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ advance_ms: seconds * 1000 }),
  });
  if (!reply.ok) throw new Error(`the clock answered ${reply.status}`);
}

// A zip archive with one file, for Lambda.
export function zipOf(name, source) {
  const content = Buffer.from(source);
  const packed = zlib.deflateRawSync(content);
  const sum = checksum(content);
  const fileName = Buffer.from(name);
  const head = (signature, more) => {
    const fields = Buffer.alloc(more ? 46 : 30);
    fields.writeUInt32LE(signature, 0);
    const at = more ? 6 : 4;
    if (more) fields.writeUInt16LE(0x031e, 4);
    fields.writeUInt16LE(20, at);
    fields.writeUInt16LE(8, at + 4);
    fields.writeUInt16LE(0x21, at + 8);
    fields.writeUInt32LE(sum, at + 10);
    fields.writeUInt32LE(packed.length, at + 14);
    fields.writeUInt32LE(content.length, at + 18);
    fields.writeUInt16LE(fileName.length, at + 22);
    if (more) fields.writeUInt32LE(0o100644 * 65536, 38);
    return Buffer.concat([fields, fileName]);
  };
  const local = Buffer.concat([head(0x04034b50, false), packed]);
  const central = head(0x02014b50, true);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, central, end]);
}

// The oldest Node that runs these tests has no zlib.crc32.
function checksum(content) {
  if (zlib.crc32) return zlib.crc32(content);
  let sum = ~0;
  for (const byte of content) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return ~sum >>> 0;
}
