import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** Statements by their text, each prepared once. */
export type Statements = (sql: string) => StatementSync;

export function preparedStatements(database: DatabaseSync): Statements {
  const known = new Map<string, StatementSync>();
  return (sql) => {
    const found = known.get(sql) ?? database.prepare(sql);
    known.set(sql, found);
    return found;
  };
}

/** A row as this program wrote it: the columns have the types of the schema. */
export type Row = Readonly<Record<string, unknown>>;

/** All rows of a query. */
export function rowsOf(found: unknown): readonly Row[] {
  return found as readonly Row[];
}
