// Writes openapi.json, the description of the HTTP interface, from the routes as they are: npm run openapi
import { writeFileSync } from 'node:fs';
import { memoryOrchestrator } from '../src/http/memory-orchestrator.test-support.ts';
import { openApiText } from '../src/http/openapi.ts';
import { buildServer } from '../src/http/server.ts';

const log = { debug: () => {}, error: () => {} };
const app = buildServer({ orchestrator: memoryOrchestrator(), options: { apiKey: null, corsOrigins: [] }, log });
writeFileSync(new URL('../openapi.json', import.meta.url), await openApiText(app));
await app.close();
