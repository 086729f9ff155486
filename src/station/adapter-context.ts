import { hostname } from 'node:os';
import { isPathId } from '../domain/id.ts';
import type { AdapterContext, Log } from '../ports/context.ts';
import type { Settings } from '../settings.ts';

/** What adapters of an edge root are opened with. */
export function adapterContext(root: string, settings: Settings, log: Log): AdapterContext {
  return { root, edgeName: settings.edgeName ?? hostAsName(), env: settings.env, log };
}

/** The host's name without its domain, as far as it can be part of an object's name. */
function hostAsName(): string {
  const name = (hostname().split('.')[0] ?? '').replaceAll(/[^A-Za-z0-9_-]/g, '-').slice(0, 64);
  return isPathId(name) ? name : 'edge';
}
