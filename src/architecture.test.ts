import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse } from 'jsonc-parser';
import { describe, expect, it } from 'vitest';

const SOURCE = import.meta.dirname;

/** Folders of kinds, with the noun that ends the name of each file and export, and the contract its tests run. */
const KIND_FOLDERS = [
  { folder: 'domain/camera-rules', noun: 'rule' },
  { folder: 'domain/item-rules', noun: 'rule' },
  { folder: 'adapters/cameras', noun: 'camera', contract: 'camera.contract.ts' },
  { folder: 'adapters/binary-storages', noun: 'binary-storage', contract: 'binary-storage.contract.ts' },
  { folder: 'adapters/metadata-storages', noun: 'metadata-storage', contract: 'metadata-storage.contract.ts' },
  { folder: 'adapters/model-forwards', noun: 'model-forward', contract: 'model-forward.contract.ts' },
  { folder: 'adapters/telemetry-sinks', noun: 'telemetry-sink', contract: 'telemetry-sink.contract.ts' },
  { folder: 'adapters/inventories', noun: 'inventory', contract: 'inventory.contract.ts' },
  { folder: 'adapters/station-configs', noun: 'station-configs', contract: 'station-configs.contract.ts' },
] as const;

/** Adapters that nobody chooses by `type`: the station always has them. */
const FOLDERS_WITHOUT_KINDS = ['adapters/journal'];

/** What a kind is called in config files: an adapter by `type`, a rule by `name`. */
function kindName(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if ('type' in value && 'open' in value && 'options' in value) return String(value.type);
  if ('name' in value && 'decide' in value && 'parameters' in value) return String(value.name);
  return undefined;
}

/** `http_camera` → `http-camera`, and `fake` among the cameras → `fake-camera`. */
function expectedStem(kind: string, noun: string): string {
  const dashed = kind.replaceAll('_', '-');
  return dashed === noun || dashed.endsWith(`-${noun}`) ? dashed : `${dashed}-${noun}`;
}

function camelCase(stem: string): string {
  return stem.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function sourceFiles(folder: string): string[] {
  return readdirSync(join(SOURCE, folder)).filter(
    (name) => name.endsWith('.ts') && !/\.(test|contract|test-support)\.ts$|-worker\.ts$/.test(name),
  );
}

interface FoundKind {
  readonly kind: string;
  readonly file: string;
  readonly exportName: string;
  readonly value: unknown;
}

/** Every kind that a file of the folder exports. */
async function kindsOf(folder: string): Promise<FoundKind[]> {
  const found: FoundKind[] = [];
  for (const file of sourceFiles(folder).filter((name) => name !== 'index.ts')) {
    const module: Record<string, unknown> = await import(join(SOURCE, folder, file));
    for (const [exportName, value] of Object.entries(module)) {
      const kind = kindName(value);
      if (kind !== undefined) found.push({ kind, file, exportName, value });
    }
  }
  return found;
}

/** The list that the folder's index.ts exports. */
async function registeredIn(folder: string): Promise<readonly unknown[]> {
  const module: Record<string, unknown> = await import(join(SOURCE, folder, 'index.ts'));
  const lists = Object.values(module).filter((value): value is unknown[] => Array.isArray(value));
  expect(lists, `${folder}/index.ts exports one list`).toHaveLength(1);
  return lists[0] ?? [];
}

function testOf(folder: string, stem: string): string | undefined {
  const candidates = [`${stem}.test.ts`, `${stem}.integration.test.ts`].map((name) => join(SOURCE, folder, name));
  return candidates.find((path) => existsSync(path));
}

describe.each(KIND_FOLDERS)('$folder', ({ folder, noun, ...rest }) => {
  it('registers every kind that a file defines', async () => {
    const kinds = await kindsOf(folder);
    const registered = await registeredIn(folder);
    expect(kinds.length).toBeGreaterThan(0);
    expect(registered.map(kindName).sort()).toEqual(kinds.map(({ kind }) => kind).sort());
    expect(kinds.filter(({ value }) => !registered.includes(value)).map(({ file }) => file)).toEqual([]);
  });

  it('names each file and its export after the kind', async () => {
    for (const { kind, file, exportName } of await kindsOf(folder)) {
      const stem = expectedStem(kind, noun);
      expect({ file, exportName }).toEqual({ file: `${stem}.ts`, exportName: camelCase(stem) });
    }
  });

  it('tests each kind beside its file', async () => {
    const untested = (await kindsOf(folder)).filter(({ file }) => testOf(folder, basename(file, '.ts')) === undefined);
    expect(untested.map(({ file }) => file)).toEqual([]);
  });

  if ('contract' in rest) {
    it(`runs ${rest.contract} in the test of each kind`, async () => {
      expect(existsSync(join(SOURCE, 'ports', rest.contract))).toBe(true);
      for (const { file } of await kindsOf(folder)) {
        const test = testOf(folder, basename(file, '.ts'));
        if (test === undefined) continue;
        expect(readFileSync(test, 'utf8'), `${basename(test)} runs the contract`).toContain(`/ports/${rest.contract}`);
      }
    });
  }
});

describe('the folders of src', () => {
  it('has a known place for every folder of adapters', () => {
    const known: string[] = [...KIND_FOLDERS.map(({ folder }) => folder), ...FOLDERS_WITHOUT_KINDS];
    const adapters = readdirSync(join(SOURCE, 'adapters')).map((name) => `adapters/${name}`);
    expect(adapters.filter((folder) => !known.includes(folder))).toEqual([]);
  });

  it('states for every folder what it may import', () => {
    const config = parse(readFileSync(join(SOURCE, '../biome.jsonc'), 'utf8'), [], { allowTrailingComma: true });
    const ruled: string[] = config.overrides
      .filter((override: object) => JSON.stringify(override).includes('noRestrictedImports'))
      .flatMap(({ includes }: { includes: string[] }) => includes);
    const folders = readdirSync(SOURCE, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .flatMap(({ name }) =>
        name === 'adapters' ? readdirSync(join(SOURCE, name)).map((port) => `adapters/${port}`) : [name],
      );
    expect(folders.filter((folder) => !ruled.includes(`src/${folder}/**`))).toEqual([]);
  });
});
