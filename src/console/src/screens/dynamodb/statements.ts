/** PartiQL: several statements in one text, and statements to begin with. */
import type { Table } from '../../api/dynamodb';

/** Split at the semicolons that are in no text and no name. */
export function splitStatements(text: string): string[] {
  const parts = text.match(/(?:'[^']*'|"[^"]*"|[^;'"]|['"])+/g) ?? [];
  return parts.map(part => part.trim()).filter(Boolean);
}

const VALUES = { S: `'text'`, N: '0', B: `'text'` };

export function templatesOf(table: Table): { title: string; statement: string }[] {
  const name = `"${table.TableName}"`;
  const keys = table.KeySchema.map(({ AttributeName }) => {
    const type = table.AttributeDefinitions.find(one => one.AttributeName === AttributeName)?.AttributeType;
    return { name: AttributeName, value: VALUES[type ?? 'S'] };
  });
  const where = keys.map(key => `"${key.name}" = ${key.value}`).join(' AND ');
  const members = keys.map(key => `'${key.name}': ${key.value}`).join(', ');
  return [
    { title: 'Scan', statement: `SELECT * FROM ${name}` },
    { title: 'Query', statement: `SELECT * FROM ${name} WHERE "${keys[0]!.name}" = ${keys[0]!.value}` },
    { title: 'Insert', statement: `INSERT INTO ${name} VALUE {${members}, 'attribute': 'value'}` },
    { title: 'Update', statement: `UPDATE ${name} SET "attribute" = 'value' WHERE ${where}` },
    { title: 'Delete', statement: `DELETE FROM ${name} WHERE ${where}` },
  ];
}
