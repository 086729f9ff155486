import { type Diagnostic, hasErrors } from '../domain/diagnostic.ts';
import type { Settings } from '../settings.ts';
import { checkRoot } from '../station/check-root.ts';
import { type Output, terminal } from './output.ts';

export interface CheckArgs {
  /** Absolute path of the edge root. */
  readonly root: string;
  readonly settings: Settings;
  /** Diagnostics as a JSON list. */
  readonly json: boolean;
  readonly output?: Output;
}

/** Prints everything there is to say about the files of a root. Exit code 1 when there is an error among it. */
export async function check({ root, settings, json, output = terminal }: CheckArgs): Promise<number> {
  const { diagnostics, validConfigs } = await checkRoot(root, settings);
  if (json) {
    output.out(JSON.stringify(diagnostics, null, 2));
  } else {
    for (const diagnostic of diagnostics) output.out(lineOf(diagnostic));
    output.out(summary(diagnostics, validConfigs));
  }
  return hasErrors(diagnostics) ? 1 : 0;
}

/** A diagnostic as one line for people. */
export function lineOf({ file, line, path, severity, message }: Diagnostic): string {
  const place = line === null ? file : `${file}:${line}`;
  return `${place}${path === '' ? '' : ` ${path}`} — ${severity}: ${message}`;
}

function summary(diagnostics: readonly Diagnostic[], validConfigs: readonly string[]): string {
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
  const warnings = diagnostics.length - errors;
  const names = validConfigs.length === 0 ? 'none' : validConfigs.join(', ');
  return `${counted(errors, 'error')}, ${counted(warnings, 'warning')}; valid station configs: ${names}`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
