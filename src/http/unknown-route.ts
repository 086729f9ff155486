import type { RouteOptions } from 'fastify';
import { AppError } from '../domain/errors.ts';

/** The routes there are, so that a wrong method on one of them is told from an address that is none. */
export interface KnownRoutes {
  add(route: Pick<RouteOptions, 'method' | 'url'>): void;
  /** Methods of the route that has this path (without query); empty when there is none. */
  methodsOf(path: string): readonly string[];
}

export function createKnownRoutes(): KnownRoutes {
  const routes = new Map<string, { readonly pattern: RegExp; readonly methods: Set<string> }>();
  return {
    add({ url, method }) {
      const route = routes.get(url) ?? { pattern: patternOf(url), methods: new Set() };
      for (const one of [method].flat()) route.methods.add(one);
      routes.set(url, route);
    },
    methodsOf(path) {
      const matching = [...routes.values()].filter(({ pattern }) => pattern.test(path));
      return [...new Set(matching.flatMap(({ methods }) => [...methods]))].sort();
    },
  };
}

/** `/items/:id` and `/static/*`, with or without a slash at the end. */
function patternOf(url: string): RegExp {
  const source = url
    .replace(/\/$/, '')
    .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replace(/:[A-Za-z_]+/g, '[^/]+')
    .replace(/\*/g, '.*');
  return new RegExp(`^${source}/?$`);
}

/** Why a request that no route took is refused. */
export function unknownRoute(method: string, path: string, allowed: readonly string[]): AppError {
  if (allowed.length === 0)
    return new AppError('ROUTE_NOT_FOUND', `there is nothing at ${shown(path)}; /docs lists what there is`);
  return new AppError('METHOD_NOT_ALLOWED', `${shown(path)} takes ${allowed.join(', ')}, not ${method}`, {
    details: { allowed },
  });
}

function shown(path: string): string {
  return path.length > 200 ? `${path.slice(0, 200)}…` : path;
}
