#!/usr/bin/env -S node --max-semi-space-size=8 --max-old-space-size=1024
import { readFileSync } from 'node:fs';
import { runCli } from './cli/cli.ts';
import { requireKeyOffLoopback } from './http/api-key.ts';
import { listen } from './http/listen.ts';
import { listenWithModels } from './http/model-server.ts';
import { readSettings } from './settings.ts';

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
