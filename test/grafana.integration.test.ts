import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  type PostgresServer,
  startPostgres,
  withoutPostgres,
} from '../src/adapters/telemetry-sinks/postgres-server.test-support.ts';
import { postgresqlTelemetrySink } from '../src/adapters/telemetry-sinks/postgresql-telemetry-sink.ts';
import { rootless } from '../src/ports/context.test-support.ts';
import type { Telemetry } from '../src/ports/telemetry-sink.ts';

const GRAFANA = join(import.meta.dirname, '../deploy/grafana');
const never = new AbortController().signal;

interface Source {
  readonly type: string;
  readonly uid: string;
}

interface Dashboard {
  readonly uid: string;
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly query: string; readonly datasource: Source }[];
  };
  readonly panels: readonly {
    readonly title: string;
    readonly datasource: Source;
    readonly targets: readonly { readonly rawSql: string; readonly format: string; readonly datasource: Source }[];
  }[];
}

function filesOf<Content>(folder: string, read: (text: string) => Content): readonly Content[] {
  const names = readdirSync(join(GRAFANA, folder));
  expect(names.length).toBeGreaterThan(0);
  return names.map((name) => read(readFileSync(join(GRAFANA, folder, name), 'utf8')));
}

const dashboards = filesOf<Dashboard>('dashboards', JSON.parse);
const panels = dashboards.flatMap((dashboard) => dashboard.panels);
const variables = dashboards.flatMap(({ templating }) => templating.list);

/** A query as Grafana would send it for the first of April 2026 and everything chosen. */
function withoutMacros(sql: string): string {
  return sql
    .replace(/\$__timeFilter\(([^)]+)\)/g, "$1 BETWEEN '2026-04-01T00:00:00Z' AND '2026-04-01T23:59:59Z'")
    .replace(/\$__timeGroupAlias\(([^,]+),\s*\$__interval\)/g, 'floor(extract(epoch FROM $1) / 3600) * 3600 AS "time"')
    .replace(/\$(device|config)\b/g, "'edge-1','line','other \"line\"'");
}

function item(id: number, config: string, decision: Telemetry['message']['decision'], time: string): Telemetry {
  return { message: { item_id: `item-${id}`, config, decision }, receivedAt: new Date(`2026-04-${time}Z`) };
}

describe('the provisioning of Grafana', () => {
  const [sources] = filesOf('provisioning/datasources', (text) => parse(text).datasources);

  it('gives the source that every query of the dashboards names', () => {
    expect(sources).toHaveLength(1);
    const { type, uid } = sources[0];
    const targets = panels.flatMap((panel) => panel.targets);
    for (const { datasource } of [...panels, ...targets, ...variables]) expect(datasource).toEqual({ type, uid });
  });

  it('takes from the environment where the table is, and who reads it', () => {
    const { url, user, jsonData, secureJsonData } = sources[0];
    const taken = [url, user, jsonData.database, jsonData.sslmode, ...Object.values(secureJsonData)];
    const readme = readFileSync(join(GRAFANA, 'README.md'), 'utf8');
    for (const value of taken) {
      expect(value).toMatch(/^\$TELEMETRY_DB_[A-Z]+$/);
      expect(readme).toContain(`-e ${value.slice(1)}`);
    }
  });

  it('finds the dashboards where the README puts them', () => {
    const [providers] = filesOf('provisioning/dashboards', (text) => parse(text).providers);
    const readme = readFileSync(join(GRAFANA, 'README.md'), 'utf8');
    expect(readme).toContain(`deploy/grafana/dashboards:${providers[0].options.path}:ro`);
  });
});

describe.skipIf(withoutPostgres !== '')(`the dashboards of Grafana${withoutPostgres}`, () => {
  let server: PostgresServer;
  let reader: string;
  beforeAll(async () => {
    server = await startPostgres();
    const address = await server.newDatabase();
    const context = { ...rootless, env: { POSTGRES_DB_URI: address } };
    const sink = await postgresqlTelemetrySink.open({ pool_size: 1, timeout_ms: 10_000 }, context);
    await sink.send(
      [
        item(1, 'line', 'OK', '01T10:00:00'),
        item(2, 'line', 'KO', '01T10:30:00'),
        item(3, 'other "line"', 'NO_DECISION', '01T11:00:00'),
        item(4, 'other "line"', 'OK', '01T12:00:00'),
        item(5, 'line', 'KO', '02T12:00:00'),
      ],
      never,
    );
    await sink.close();
    const [grants = ''] = /CREATE ROLE[^`]*/.exec(readFileSync(join(GRAFANA, 'README.md'), 'utf8')) ?? [];
    await server.rows(address, grants);
    reader = server.address(new URL(address).pathname.slice(1), 'grafana', encodeURIComponent('…'));
  });
  afterAll(() => server.remove());

  const rowsOf = (sql: string) => {
    const query = withoutMacros(sql);
    expect(query).not.toContain('$');
    return server.rows(reader, query);
  };

  it.each(panels.flatMap(({ title, targets }) => targets.map((target) => ({ title, ...target }))))(
    'answer "$title" with the rights that the README gives',
    async ({ rawSql, format }) => {
      const rows = await rowsOf(rawSql);
      expect(rows.length).toBeGreaterThan(0);
      if (format === 'time_series') expect(rows[0]).toHaveProperty('time');
    },
  );

  it('let one choose from what is there', async () => {
    const choices = await Promise.all(variables.map(async ({ name, query }) => [name, await rowsOf(query)]));
    expect(Object.fromEntries(choices)).toEqual({
      device: [{ device_id: 'edge-1' }],
      config: [{ config: 'line' }, { config: 'other "line"' }],
    });
  });

  it('count an undecided item as not OK, and leave out what lies outside of the time shown', async () => {
    const answerOf = async (title: string) => {
      const sql = panels.find((panel) => panel.title === title)?.targets[0]?.rawSql;
      return await rowsOf(sql ?? expect.fail(`no panel "${title}"`));
    };
    expect(await answerOf('Yield')).toEqual([{ yield: 0.5 }]);
    expect(await answerOf('Undecided')).toEqual([{ undecided: 0.25 }]);
    const hours = await answerOf('Yield over time');
    expect(hours.map((row) => row.yield)).toEqual([0.5, 0, 1]);
    expect(await answerOf('KO by station config')).toEqual([
      { config: 'line', ko: '1' },
      { config: 'other "line"', ko: '0' },
    ]);
    const last = await answerOf('Last decisions');
    expect(last.map((row) => row.item)).toEqual(['item-4', 'item-3', 'item-2', 'item-1']);
  });
});
