/** The code of a function as ZipFile of AWS::Lambda::Function: CloudFormation makes one file of it, called "index". */
import { readZip, textOfFile } from '../screens/lambda/package';

export interface Inline {
  source: string;
  /** Of the file "index". */
  handler: string;
  /** The file that it was, if it had another name. */
  renamed?: string;
}

/** The end of that file's name, by the runtime's language. */
const ENDINGS: [runtime: RegExp, ending: string][] = [
  [/^nodejs/, '.js'],
  [/^python/, '.py'],
];

/** ZipFile may have 4 MB, but a whole template has 1 MB at most. */
export const MOST_INLINE = 250_000;

export function canBeInline(runtime: string | undefined): boolean {
  return ENDINGS.some(([names]) => names.test(runtime ?? ''));
}

/** Undefined: the package is more than the one file that has the handler. */
export function inlineCode(runtime: string, handler: string, zip: Uint8Array): Inline | undefined {
  const ending = ENDINGS.find(([names]) => names.test(runtime))?.[1];
  const [module, ...functions] = handler.split('.');
  const files = [...readZip(zip)];
  const [path, file] = files[0] ?? [];
  if (files.length !== 1 || !file || path !== `${module}${ending}` || file.bytes.length > MOST_INLINE)
    return undefined;
  const source = textOfFile(file.bytes);
  if (source === undefined) return undefined;
  return {
    source,
    handler: ['index', ...functions].join('.'),
    ...(module !== 'index' && { renamed: path }),
  };
}
