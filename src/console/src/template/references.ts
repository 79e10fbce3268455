/** How a template names resources: its own by Ref and Fn::GetAtt, others of the account by pseudo parameters.  A reference
 *  orders the creation, so references make no circle. */
export type Value = string | number | boolean | null | Value[] | { [name: string]: Value };

/** Whose resources these are. */
export interface Place {
  account: string;
  region: string;
}

export interface Named {
  id: string;
  type: string;
  name: string;
  /** The texts by which others name it, and the attribute that has each; '' is what Ref gives. */
  known: Record<string, string>;
}

interface Known {
  id: string;
  attribute: string;
}

const QUEUE_URL = /^https?:\/\/[^/]+\/(\d{12})\/([\w.-]+)$/;

/** What all entries of a template share. */
export class Directory {
  readonly byText = new Map<string, Known>();
  readonly byName = new Map<string, string>();
  private readonly needs = new Map<string, Set<string>>();
  /** All that must exist before is noted: mentions may be references where they close no circle. */
  settled = false;

  constructor(
    readonly place: Place,
    all: Named[],
  ) {
    for (const { id, type, name, known } of all) {
      this.byName.set(`${type} ${name}`, id);
      for (const [text, attribute] of Object.entries(known)) this.byText.set(text, { id, attribute });
    }
  }

  /** The resource that a text names: by its ARN, or as the URL of a queue, whatever the server's host is called. */
  called(text: string): Known | undefined {
    const [, owner, queue] = QUEUE_URL.exec(text) ?? [];
    const id = owner === this.place.account && this.byName.get(`AWS::SQS::Queue ${queue}`);
    return id ? { id, attribute: '' } : this.byText.get(text);
  }

  /** If it can be, `from` needs `id` from now on. */
  connect(from: string, id: string): boolean {
    if (this.leads(id, from)) return false;
    this.needs.set(from, (this.needs.get(from) ?? new Set()).add(id));
    return true;
  }

  private leads(from: string, to: string): boolean {
    const seen = new Set<string>();
    const open = [from];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      if (id === to) return true;
      if (seen.has(id)) continue;
      seen.add(id);
      open.push(...(this.needs.get(id) ?? []));
    }
    return false;
  }

  /** The resource that the beginning of a text names. */
  beginning(text: string): { known: Known; length: number } | undefined {
    const end = /^[\w:/.-]*/.exec(text)![0].length;
    for (let length = end; length > 0; length--) {
      if (length < end && /[\w.-]/.test(text[length]!)) continue;
      const known = this.byText.get(text.slice(0, length));
      if (known) return { known, length };
    }
    return undefined;
  }
}

/** How one entry names others. */
export class References {
  constructor(
    private readonly directory: Directory,
    private readonly from: string,
  ) {}

  /** A text that names a resource that must exist before: its ARN, or its queue's URL. */
  to(text: string): Value {
    return this.written(text, true);
  }

  /** A text in which resources may be named, which need not exist before. */
  mention(text: string): Value {
    return this.written(text, this.directory.settled);
  }

  /** Never a reference. */
  plain(text: string): Value {
    return this.written(text, false);
  }

  /** A parameter of this entry. */
  parameter(name: string): Value {
    return { Ref: this.from + name };
  }

  /** What is known by its name only. */
  named(type: string, name: string, attribute = ''): Value {
    const id = this.directory.byName.get(`${type} ${name}`);
    return id && this.directory.connect(this.from, id) ? said({ id, attribute }) : name;
  }

  /** All texts of a document, as `each` writes them. */
  document(value: unknown, each: (text: string) => Value = text => this.mention(text)): Value {
    if (typeof value === 'string') return each(value);
    if (Array.isArray(value)) return value.map(one => this.document(one, each));
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(
        Object.entries(value)
          .filter(([, one]) => one !== undefined)
          .map(([name, one]) => [name, this.document(one, each)]),
      );
    return value as Value;
  }

  /** A document that is a text; a text that is not JSON stays as it is. */
  parsed(text: string, each?: (text: string) => Value): Value {
    try {
      return this.document(JSON.parse(text), each);
    } catch {
      return text;
    }
  }

  private written(text: string, refer: boolean): Value {
    const known = refer ? this.directory.called(text) : undefined;
    if (known && this.directory.connect(this.from, known.id)) return said(known);
    if (text === this.directory.place.account) return { Ref: 'AWS::AccountId' };
    return substituted(text, this.parts(text, refer));
  }

  /** The ARNs of this account in a text, each with how it is written. */
  private parts(text: string, refer: boolean): Part[] {
    const { account, region } = this.directory.place;
    return [...text.matchAll(/arn:aws:([a-z0-9-]+):([a-z0-9-]*):(\d{12}):/g)].flatMap(found => {
      const [all, service, there, owner] = found;
      if (owner !== account || (there && there !== region)) return [];
      const at = found.index;
      const known = refer ? this.directory.beginning(text.slice(at)) : undefined;
      if (known && this.directory.connect(this.from, known.known.id))
        return [{ at, length: known.length, as: variable(known.known) }];
      const as = `arn:\${AWS::Partition}:${service}:${there && '${AWS::Region}'}:\${AWS::AccountId}:`;
      return [{ at, length: all.length, as }];
    });
  }
}

interface Part {
  at: number;
  length: number;
  as: string;
}

function substituted(text: string, parts: Part[]): Value {
  if (parts.length === 0) return text;
  let at = 0;
  let all = '';
  for (const part of parts) {
    if (part.at < at) continue;
    all += escaped(text.slice(at, part.at)) + part.as;
    at = part.at + part.length;
  }
  return { 'Fn::Sub': all + escaped(text.slice(at)) };
}

/** What is not a variable of Fn::Sub, as "${aws:username}" of a policy. */
function escaped(text: string): string {
  return text.replaceAll('${', '${!');
}

function variable({ id, attribute }: Known): string {
  return `\${${attribute ? `${id}.${attribute}` : id}}`;
}

function said({ id, attribute }: Known): Value {
  return attribute ? { 'Fn::GetAtt': [id, attribute] } : { Ref: id };
}
