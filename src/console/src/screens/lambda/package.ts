/** A function's package: a zip file, as the files that one edits.  Files keep their modes, so that a bootstrap stays executable. */
import { strToU8, unzipSync, zipSync, type Zippable } from 'fflate';

export interface PackageFile {
  bytes: Uint8Array;
  /** The file's mode as Unix has it: 0o644. */
  mode: number;
}

/** Files by their paths. */
export type Package = ReadonlyMap<string, PackageFile>;

const PLAIN = 0o644;
const EXECUTABLE = 0o755;
const REGULAR = 0o100000;
const UNIX = 3;

/** Texts, some of which can be run, and files in base64. */
export function packageOf(
  files: Record<string, string>,
  executable: string[] = [],
  binary: Record<string, string> = {},
): Package {
  const texts = Object.entries(files).map(
    ([path, text]) =>
      [path, { bytes: strToU8(text), mode: executable.includes(path) ? EXECUTABLE : PLAIN }] as const,
  );
  const others = Object.entries(binary).map(
    ([path, text]) => [path, { bytes: strToU8(atob(text), true), mode: PLAIN }] as const,
  );
  return new Map([...texts, ...others]);
}

export function readZip(zip: Uint8Array): Package {
  const modes = modesOf(zip);
  const files = new Map<string, PackageFile>();
  for (const [path, bytes] of Object.entries(unzipSync(zip)))
    if (!path.endsWith('/')) files.set(path, { bytes, mode: modes.get(path) || PLAIN });
  return files;
}

const CENTRAL_HEADER = 0x02014b50;
const END = 0x06054b50;
const END_BYTES = 22;

/** The modes of a zip's files, which are in its directory, and which the library does not tell. */
function modesOf(zip: Uint8Array): Map<string, number> {
  const view = new DataView(zip.buffer, zip.byteOffset, zip.byteLength);
  const modes = new Map<string, number>();
  let end = zip.length - END_BYTES;
  while (end >= 0 && view.getUint32(end, true) !== END) end--;
  if (end < 0) return modes;
  let at = view.getUint32(end + 16, true);
  while (at + 46 <= zip.length && view.getUint32(at, true) === CENTRAL_HEADER) {
    const nameBytes = view.getUint16(at + 28, true);
    const name = new TextDecoder().decode(zip.subarray(at + 46, at + 46 + nameBytes));
    modes.set(name, (view.getUint32(at + 38, true) >>> 16) & 0o777);
    at += 46 + nameBytes + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return modes;
}

export function writeZip(files: Package): Uint8Array {
  const input: Zippable = {};
  for (const [path, { bytes, mode }] of files)
    input[path] = [bytes, { os: UNIX, attrs: ((REGULAR | mode) << 16) >>> 0 }];
  return zipSync(input);
}

export function base64(bytes: Uint8Array): string {
  const CHUNK = 0x8000;
  let text = '';
  for (let at = 0; at < bytes.length; at += CHUNK)
    text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(text);
}

/** The text of a file, if it is one: strict UTF-8 without NUL. */
export function textOfFile(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return text.includes('\0') ? undefined : text;
  } catch {
    return undefined;
  }
}

export function withFile(files: Package, path: string, text: string): Package {
  const mode = files.get(path)?.mode ?? PLAIN;
  return new Map(files).set(path, { bytes: strToU8(text), mode });
}

export function without(files: Package, path: string): Package {
  const rest = new Map(files);
  rest.delete(path);
  return rest;
}

/** The file keeps its place in the list. */
export function renamed(files: Package, from: string, to: string): Package {
  return new Map([...files].map(([path, file]) => [path === from ? to : path, file]));
}

/** What is wrong with a path for a new file; nothing if it is good. */
export function pathProblem(files: Package, path: string): string | undefined {
  if (!path) return 'Enter a name.';
  if (path.startsWith('/') || path.endsWith('/') || path.split('/').includes('..'))
    return 'Enter a path within the package, such as lib/orders.py.';
  return files.has(path) ? `There is a file ${path} already.` : undefined;
}
