#!/usr/bin/env -S node --max-semi-space-size=8 --max-old-space-size=1024
import { readFileSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

// What the next start runs need not be compiled again; a plugin in TypeScript then needs no compiler either. The folder
// belongs to this user: what is in it is run. It has to be named before the product is imported; where it cannot be
// written, nothing is kept.
enableCompileCache(join(homedir(), '.cache/edge-orchestrator/code'));

const [{ runCli }, { requireKeyOffLoopback }, { readSettings }] = await Promise.all([
  import('./cli/cli.ts'),
  import('./http/api-key.ts'),
  import('./settings.ts'),
]);

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** Imported only by a command that serves, while what it serves is opened: from the check of its place on. */
function whileOpening<Server>(load: () => Promise<Server>) {
  let loading: Promise<Server> | undefined;
  const server = (): Promise<Server> => {
    loading ??= load();
    return loading;
  };
  return {
    server,
    checkPlace(host: string, apiKey: string | null) {
      requireKeyOffLoopback(host, apiKey);
      server().catch(() => undefined);
    },
  };
}

const station = whileOpening(() => import('./http/listen.ts'));
const models = whileOpening(() => import('./http/model-server.ts'));

process.exitCode = await runCli(process.argv.slice(2), {
  settings: readSettings(),
  version,
  startServer: {
    checkPlace: station.checkPlace,
    listen: async (...args) => (await station.server()).listen(...args),
  },
  startModelServer: {
    checkPlace: models.checkPlace,
    listen: async (...args) => (await models.server()).listenWithModels(...args),
  },
});

// What a plugin or an SDK left running, such as a timer, does not keep a command from ending.
setTimeout(() => process.exit(), 2_000).unref();
