/** A CloudFormation template of resources: each entry says its type and properties, and what others call it.
 *
 *  https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html */
import { Directory, References, type Place, type Value } from './references';

export type Properties = Record<string, Value | undefined>;

export interface Entry {
  /** "AWS::SQS::Queue" */
  type: string;
  /** The resource's own name, for its logical id. */
  name: string;
  /** As in Named: the texts by which others name it, and their attributes. */
  known?: Record<string, string>;
  /** What a template cannot say of it. */
  unsaid?: string[];
  parameters?: Parameter[];
  properties: (refer: References) => Properties;
}

/** A value that only who deploys knows. */
export interface Parameter {
  /** "CodeKey": what follows the logical id of its resource. */
  name: string;
  description: string;
}

export interface Resource {
  Type: string;
  Metadata?: { Orderly: { NotInTemplate: string[] } };
  Properties: Record<string, Value>;
}

export interface Template {
  AWSTemplateFormatVersion: '2010-09-09';
  Description: string;
  Metadata?: { Orderly: { NotInTemplate: string[] } };
  Parameters?: Record<string, { Type: 'String'; Description: string }>;
  Resources: Record<string, Resource>;
}

export interface Note {
  /** The logical id; none for the whole template. */
  resource?: string;
  text: string;
}

/** CloudFormation takes no more in one template. */
export const MOST_RESOURCES = 500;
export const MOST_BYTES = 1024 * 1024;
/** In the request itself; larger ones are read from S3. */
export const MOST_DIRECT_BYTES = 51_200;

export interface Written {
  template: Template;
  notes: Note[];
}

/** `unsaid`: what is missing as a whole. */
export function writeTemplate(
  all: Entry[],
  place: Place,
  description: string,
  unsaid: string[] = [],
): Written {
  const entries = all.slice(0, MOST_RESOURCES);
  const ids = logicalIds(entries);
  const directory = new Directory(
    place,
    entries.map(({ type, name, known = {} }, at) => ({ id: ids[at]!, type, name, known })),
  );
  const missing = [...unsaid, ...tooMany(all.length)];
  const written = () => entries.map((entry, at) => entry.properties(new References(directory, ids[at]!)));
  // Twice: what must exist before is known when it is decided which of the others may be references.
  written();
  directory.settled = true;
  const properties = written();
  return {
    template: {
      AWSTemplateFormatVersion: '2010-09-09',
      Description: description,
      ...noted(missing),
      ...parametersOf(entries, ids),
      Resources: Object.fromEntries(
        entries.map((entry, at) => [
          ids[at]!,
          { Type: entry.type, ...noted(entry.unsaid), Properties: present(properties[at]!) },
        ]),
      ),
    },
    notes: [
      ...missing.map(text => ({ text })),
      ...entries.flatMap((entry, at) => (entry.unsaid ?? []).map(text => ({ resource: ids[at]!, text }))),
    ],
  };
}

function tooMany(count: number): string[] {
  return count > MOST_RESOURCES
    ? [
        `CloudFormation takes ${MOST_RESOURCES} resources in one template: ${count - MOST_RESOURCES} are left out.`,
      ]
    : [];
}

function noted(unsaid: string[] | undefined): { Metadata?: { Orderly: { NotInTemplate: string[] } } } {
  return unsaid?.length ? { Metadata: { Orderly: { NotInTemplate: unsaid } } } : {};
}

function parametersOf(entries: Entry[], ids: string[]): Pick<Template, 'Parameters'> {
  const all = entries.flatMap((entry, at) =>
    (entry.parameters ?? []).map(
      ({ name, description }) =>
        [ids[at]! + name, { Type: 'String' as const, Description: description }] as const,
    ),
  );
  return all.length > 0 ? { Parameters: Object.fromEntries(all) } : {};
}

function present(properties: Properties): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(properties).filter((pair): pair is [string, Value] => pair[1] !== undefined),
  );
}

const MOST_ID = 200;

/** "order-queue" of the type AWS::SQS::Queue is OrderQueue, "orders" of AWS::DynamoDB::Table OrdersTable. */
function logicalIds(entries: Entry[]): string[] {
  const taken = new Set<string>();
  return entries.map(({ type, name }) => {
    const kind = type.split('::').at(-1)!;
    const words = name.split(/[^A-Za-z0-9]+/).filter(Boolean);
    const own = words
      .map(word => word[0]!.toUpperCase() + word.slice(1))
      .join('')
      .slice(0, MOST_ID);
    const first = own.toLowerCase().endsWith(kind.toLowerCase()) ? own : own + kind;
    let id = first;
    for (let number = 2; taken.has(id); number++) id = first + number;
    taken.add(id);
    return id;
  });
}
