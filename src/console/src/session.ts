/** Who uses the console: credentials, account and region.  Secrets stay in the storage of this tab. */
import { computed, signal } from '@preact/signals';

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

export interface Session {
  credentials: Credentials;
  region: string;
  /** The role that the user acts as, by its ARN, and whose credentials these are. */
  role?: string;
  /** The user's own credentials while acting as a role. */
  own?: Credentials;
}

/** What GET /_orderly/console/session answers. */
export interface ServerInfo {
  auth: 'open' | 'strict';
  account: string;
  region: string;
  accounts: string[];
  version: string;
  durability: string;
  policies: string;
}

export const DEFAULT_REGION = 'us-east-1';
const STORED = 'orderly.session';

export const server = signal<ServerInfo | undefined>(undefined);
export const session = signal<Session | undefined>(stored());
export const account = signal('000000000000');
/** The ARN of the caller, as GetCallerIdentity says it. */
export const caller = signal('');
export const region = computed(() => session.value?.region ?? DEFAULT_REGION);

function stored(): Session | undefined {
  try {
    return JSON.parse(sessionStorage.getItem(STORED) ?? 'null') ?? undefined;
  } catch {
    return undefined;
  }
}

export function setSession(next: Session | undefined): void {
  session.value = next;
  if (next) sessionStorage.setItem(STORED, JSON.stringify(next));
  else sessionStorage.removeItem(STORED);
}

export function setRegion(name: string): void {
  if (session.value) setSession({ ...session.value, region: name });
}

/** With --auth open, a key of twelve digits selects that account; any secret does. */
export function openCredentials(ofAccount: string): Credentials {
  return { accessKeyId: ofAccount === server.value?.account ? 'test' : ofAccount, secretAccessKey: 'test' };
}

export function arn(service: string, resource: string, regional = true): string {
  return `arn:aws:${service}:${regional ? region.value : ''}:${account.value}:${resource}`;
}
