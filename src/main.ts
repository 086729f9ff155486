#!/usr/bin/env -S node --max-semi-space-size=8 --max-old-space-size=1024
import { readFileSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

// What the next start runs need not be compiled again; a plugin in TypeScript then needs no compiler either. The folder
// belongs to this user: what is in it is run. It has to be named before the product is imported; where it cannot be
// written, nothing is kept.
enableCompileCache(join(homedir(), '.cache/edge-orchestrator/code'));

const [{ runCli }, { requireKeyOffLoopback }, { listen }, { listenWithModels }, { readSettings }] = await Promise.all([
  import('./cli/cli.ts'),
  import('./http/api-key.ts'),
  import('./http/listen.ts'),
  import('./http/model-server.ts'),
  import('./settings.ts'),
]);

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

process.exitCode = await runCli(process.argv.slice(2), {
  settings: readSettings(),
  version,
  startServer: { checkPlace: requireKeyOffLoopback, listen },
  startModelServer: { checkPlace: requireKeyOffLoopback, listen: listenWithModels },
});

// What a plugin or an SDK left running, such as a timer, does not keep a command from ending.
setTimeout(() => process.exit(), 2_000).unref();
