import { stat } from 'node:fs/promises';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { messageOf } from '../domain/errors.ts';
import { staysInside } from '../domain/relative-path.ts';
import { type ConfigFile, parseConfigFile, valueAt } from './config-file.ts';
import { builtInKinds, type Kinds } from './kinds.ts';
import { withExports } from './plugin-kinds.ts';

/** How long a plugin may take to be read and to run its top level: one that never ends would keep the station from starting. */
const LOAD_TIMEOUT_MS = 10_000;

/** A file of the edge root that defines kinds. */
export const PluginFile = z.string().refine((path) => staysInside(path) && /\.(ts|js|mjs)$/.test(path), {
  error: 'expected a file of the edge root that ends in .ts, .js or .mjs, such as "./plugins/my-rule.ts"',
});

/** The plugins of a root as they were when it was opened: a changed one counts from the next start. */
export interface Plugins {
  /** Built in, and of all plugins without a problem. */
  readonly kinds: Kinds;
  /** By the file as `edge.json` writes it: why it could not be loaded, or null. */
  readonly outcomes: ReadonlyMap<string, string | null>;
}

type PluginModule = Readonly<Record<string, unknown>>;

export const noPlugins: Plugins = { kinds: builtInKinds, outcomes: new Map() };

/** Runs the plugins that an `edge.json` lists, in this order. What is wrong with one is its outcome; never rejects. */
export async function loadPlugins(
  root: string,
  document: { readonly file: string; readonly text: string; readonly problem?: string | undefined },
): Promise<Plugins> {
  const listed = valueAt(parseConfigFile(document, {}).raw, ['plugins']);
  const files = Array.isArray(listed) ? listed.filter((file) => PluginFile.safeParse(file).success) : [];
  if (files.length === 0) return noPlugins;
  answerForPackage();
  let kinds = builtInKinds;
  const outcomes = new Map<string, string | null>();
  for (const file of new Set<string>(files)) {
    const joined = await kindsWith(join(root, file), kinds, root);
    outcomes.set(file, typeof joined === 'string' ? joined : null);
    if (typeof joined !== 'string') kinds = joined;
  }
  return { kinds, outcomes };
}

/** Reports what became of each plugin that the file lists. */
export function checkPlugins(file: ConfigFile, { outcomes }: Plugins): void {
  const listed: unknown = valueAt(file.raw, ['plugins']);
  const written: readonly unknown[] = Array.isArray(listed) ? listed : [];
  for (const [index, plugin] of written.entries()) {
    if (typeof plugin !== 'string') continue;
    const outcome = outcomes.get(plugin);
    const place = ['plugins', index];
    if (written.indexOf(plugin) !== index) file.error(place, `the plugin "${plugin}" stands here twice`);
    else if (typeof outcome === 'string') file.error(place, `the plugin "${plugin}" ${outcome}`);
    else if (outcome === undefined && PluginFile.safeParse(plugin).success) {
      file.warning(place, `the plugin "${plugin}" is loaded at the next start`);
    }
  }
}

async function kindsWith(path: string, kinds: Kinds, root: string): Promise<Kinds | string> {
  const found = await stat(path).catch(() => null);
  if (found === null) return 'does not exist';
  if (!found.isFile()) return 'is not a file';
  try {
    const module = await withinLoadTimeout(import(pathToFileURL(path).href));
    return module === undefined ? `did not load within ${LOAD_TIMEOUT_MS / 1_000} s` : withExports(kinds, module);
  } catch (error) {
    return `cannot be loaded: ${sentenceOf(error, root)}`;
  }
}

/** What was imported; undefined when that takes too long: then nobody waits for it any more. */
async function withinLoadTimeout(imported: Promise<PluginModule>): Promise<PluginModule | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), LOAD_TIMEOUT_MS);
  });
  return await Promise.race([imported, late]).finally(() => clearTimeout(timer));
}

/** What was thrown while a plugin was read or run, with its line where that is known and without the paths of this machine. */
function sentenceOf(error: unknown, root: string): string {
  const [first = ''] = messageOf(error).split('\n');
  const [, line] = (error instanceof Error && /^file:\S+?:(\d+)\n/.exec(error.stack ?? '')) || [];
  const sentence = first.replaceAll(pathToFileURL(`${root}/`).href, './').replaceAll(`${root}/`, './');
  return line === undefined ? sentence : `line ${line}: ${sentence}`;
}

let answers = false;

/**
 * A plugin lies anywhere, so that no package is found from there: "edge-orchestrator" is this very process to it, be it
 * run from a checkout or from the package.
 */
function answerForPackage(): void {
  if (answers) return;
  answers = true;
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const url = new URL(`../plugin-api.${ending}`, import.meta.url).href;
  registerHooks({
    resolve: (name, context, next) =>
      name === 'edge-orchestrator' ? { url, shortCircuit: true } : next(name, context),
  });
}
