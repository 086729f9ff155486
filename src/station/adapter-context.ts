import { hostname } from 'node:os';
import { isPathId } from '../domain/id.ts';
import type { AdapterContext, Log } from '../ports/context.ts';
import type { Settings } from '../settings.ts';
import type { Kinds } from './kinds.ts';

/** What adapters are opened with, and what there is to choose from. */
export interface StationContext extends AdapterContext {
  readonly kinds: Kinds;
}

/** The context of an edge root. */
export function adapterContext(root: string, settings: Settings, log: Log, kinds: Kinds): StationContext {
  return { kinds, root, edgeName: settings.edgeName ?? hostAsName(), env: settings.env, log };
}

/** The host's name without its domain, as far as it can be part of an object's name. */
function hostAsName(): string {
  const name = (hostname().split('.')[0] ?? '').replaceAll(/[^A-Za-z0-9_-]/g, '-').slice(0, 64);
  return isPathId(name) ? name : 'edge';
}
