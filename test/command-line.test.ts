import { once } from 'node:events';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Diagnostic } from '../src/domain/diagnostic.ts';
import { newEdgeRoot, newFolder, oneCamera, picture, stationConfig, writeFiles } from './edge-root.test-support.ts';
import { runCommand, startStation } from './station-process.test-support.ts';

describe.concurrent('the command line', () => {
  it('tells its commands on stdout when asked for help', async () => {
    const { status, stdout, stderr } = await runCommand(['--help']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    for (const command of ['serve', 'inspect', 'check', 'schema', 'init']) expect(stdout).toContain(command);
    expect((await runCommand(['serve', '--help'])).stdout).toContain('--port');
  });

  it.each([
    [['srve'], 'srve'],
    [['serve', '--prt', '1'], '--prt'],
    [['serve', '--port', 'eighty'], 'port'],
    [['serve', '--port', '65536'], 'port'],
    [['schema', 'station'], 'station'],
    [['schema'], 'name'],
    [['init'], 'dir'],
    [['check', 'surplus'], 'surplus|argument'],
    [['inspect', '--image', 'no-equals-sign'], 'camera_id=FILE'],
    [[], 'Usage'],
  ])('refuses %j on stderr with a status that is not 0', async (args, word) => {
    const { status, stdout, stderr } = await runCommand(args, { cwd: newEdgeRoot() });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(new RegExp(word));
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it.each(['station-config', 'inventory', 'edge'])('prints the JSON Schema of %s', async (name) => {
    const { status, stdout, stderr } = await runCommand(['schema', name]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ $schema: expect.stringContaining('json-schema.org'), type: 'object' });
  });
});

describe.concurrent('init', () => {
  it('writes a root that check finds sound and serve decides items with at once', async () => {
    const root = join(newFolder(), 'new');
    const init = await runCommand(['init', root]);
    expect(init).toMatchObject({ status: 0, stderr: '' });
    const check = await runCommand(['check', '--root', root, '--json']);
    expect(check).toMatchObject({ status: 0, stderr: '' });
    expect(JSON.parse(check.stdout)).toEqual([]);
    const station = await startStation(root);
    expect((await station.request('GET', '/health/ready')).status).toBe(200);
    expect((await station.inspected()).decision).toMatch(/^(OK|KO)$/);
    expect(await station.stop('SIGINT')).toBe(0);
    expect(station.stdout().trim().split('\n')).toHaveLength(1);
  });

  it('refuses a folder that holds something', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'mine.txt'), 'mine');
    const { status, stdout, stderr } = await runCommand(['init', folder]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain('not empty');
    expect(readdirSync(folder)).toEqual(['mine.txt']);
  });
});

describe.concurrent('check', () => {
  it('prints every error of every file at once, with the nearest name, and exits with 1', async () => {
    const root = newEdgeRoot({
      'config/edge.json': '{ "server": { "prot": 1 }, "model_forward": { "type": "fakee" } }',
      'config/station_configs/line.json': stationConfig({
        top: oneCamera({
          brightnes: 3,
          models_graph: { a: { name: 'sortr', depends_on: ['b'] }, b: { name: 'finder', depends_on: ['a'] } },
          camera_rule: { name: 'expected_label_rul', parameters: {} },
        }),
      }),
      'config/station_configs/broken.json': '{ "cameras": ',
      'config/station_configs/commented.json': `// a comment\n${JSON.stringify(stationConfig({ top: oneCamera() })).replace(/}$/, ',}')}`,
    });
    const { status, stdout, stderr } = await runCommand(['check', '--root', root]);
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
    for (const typo of ['did you mean "port"', 'did you mean "fake"', 'did you mean "brightness"']) {
      expect(stdout).toContain(typo);
    }
    expect(stdout).toContain('did you mean "sorter"');
    expect(stdout).toContain('did you mean "expected_label_rule"');
    expect(stdout).toContain('config/station_configs/broken.json:1');
    expect(stdout).not.toContain('commented.json:');
    expect(stdout).not.toContain(root);
    const json = await runCommand(['check', '--root', root, '--json']);
    expect(json.status).toBe(1);
    const diagnostics = JSON.parse(json.stdout) as Diagnostic[];
    for (const { file, severity, path, message } of diagnostics) {
      expect([file, severity, path, message]).toEqual(expect.arrayContaining([expect.any(String)]));
    }
  });

  it('says of a cycle which models it goes through', async () => {
    const models_graph = {
      a: { name: 'sorter', depends_on: ['c'] },
      b: { name: 'sorter', depends_on: ['a'] },
      c: { name: 'sorter', depends_on: ['b'] },
    };
    const root = newEdgeRoot({
      'config/station_configs/line.json': stationConfig({ top: oneCamera({ models_graph }) }),
    });
    const { status, stdout } = await runCommand(['check', '--root', root]);
    expect(status).toBe(1);
    expect(stdout).toMatch(/a.*b.*c|c.*b.*a/);
  });

  it('takes a missing image folder as a warning', async () => {
    const root = newEdgeRoot();
    rmSync(join(root, 'data/plates'), { recursive: true });
    const { status, stdout } = await runCommand(['check', '--root', root]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/warning.*plates/);
  });

  it('opens and changes nothing', async () => {
    const root = newEdgeRoot();
    await runCommand(['check', '--root', root]);
    expect(readdirSync(join(root, 'data'))).toEqual(['plates']);
  });
});

describe.concurrent('inspect', () => {
  it('prints one item, and nothing else, on stdout', async () => {
    const root = newEdgeRoot();
    const file = join(root, 'mine.png');
    writeFileSync(file, await picture('green', { format: 'png' }));
    const { status, stdout, stderr } = await runCommand(['inspect', '--config', 'line', '--image', `top=${file}`], {
      env: { EDGE_ROOT: root },
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const item = JSON.parse(stdout);
    expect(item).toMatchObject({ state: 'Done', decision: 'OK', station_config: 'line', binaries: ['top.png'] });
    expect(readdirSync(join(root, 'data/storage/line'))).toEqual([item.id]);
  });

  it.each([
    ['a config that is not there', ['--config', 'lien'], /lien/],
    ['a camera that is not there', ['--image', 'side=data/plates/grey.jpg'], /side/],
    ['a file that is not there', ['--image', 'top=nowhere.jpg'], /nowhere\.jpg/],
  ])('exits with 1 and says why for %s', async (_what, args, reason) => {
    const { status, stdout, stderr } = await runCommand(['inspect', ...args], { cwd: newEdgeRoot() });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(reason);
  });

  it('exits with 1 when the inspection failed, and prints the item all the same', async () => {
    const root = newEdgeRoot({ 'data/plates/grey.jpg': 'no picture' });
    const { status, stdout, stderr } = await runCommand(['inspect'], { cwd: root });
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ decision: 'NO_DECISION', state: 'Done' });
    expect(stderr).toContain('top');
  });
});

describe.concurrent('serve', () => {
  it.each([
    ['config/edge.json', '{ "servr": {}, "telemetry_sink": { "type": "fak" } }', ['server', '"fake"']],
    ['config/inventory.json', '{ "cameras": ["fak"], "models": 3 }', ['"fake"', 'models', 'item_rules']],
    ['config/edge.json', '{ "server": ', ['not valid JSON']],
  ])('does not start with a broken %s and prints all that is wrong with it', async (file, content, words) => {
    const root = newEdgeRoot({ [file]: content });
    const { status, stdout, stderr } = await runCommand(['serve', '--root', root, '--port', '0']);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain(file);
    for (const word of words) expect(stderr).toContain(word);
    expect(stderr).not.toContain(root);
  });

  it('says so of a root that is not there', async () => {
    const { status, stderr } = await runCommand(['serve', '--root', join(newFolder(), 'nowhere'), '--port', '0']);
    expect(status).toBe(1);
    expect(stderr).toMatch(/edge root is not a folder/);
  });

  it('ends with 1 and leaves nothing behind when its port is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const root = newEdgeRoot();
    const { status, stdout, stderr } = await runCommand(['serve', '--root', root, '--port', String(port)]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(new RegExp(`port ${port}.*in use`));
    other.close();
    expect((await runCommand(['inspect', '--root', root])).status).toBe(0);
  });

  it('leaves a root alone that another process serves, and says which', async () => {
    const root = newEdgeRoot();
    const station = await startStation(root);
    const second = await runCommand(['serve', '--root', root, '--port', '0']);
    expect(second).toMatchObject({ status: 1, stdout: '' });
    expect(second.stderr).toContain(`process ${station.pid}`);
    expect((await runCommand(['inspect', '--root', root])).status).toBe(1);
    expect(await station.inspected()).toMatchObject({ decision: 'OK' });
    // what the lock names is gone: the root is free again
    await station.stop('SIGKILL');
    const third = await startStation(root);
    expect(await third.inspected()).toMatchObject({ decision: 'OK' });
    await third.stop();
  });

  it.each([
    ['an unknown config', 'lien', /lien/],
    ['a broken config', 'broken', /broken/],
  ])('starts without an active config and says why when ACTIVE_CONFIG_NAME is %s', async (_what, name, reason) => {
    const root = newEdgeRoot({ 'config/station_configs/broken.json': '{ "cameras": {} }' });
    const station = await startStation(root, { env: { ACTIVE_CONFIG_NAME: name } });
    expect(await station.get('/configs/active')).toBe(null);
    const ready = await station.request('GET', '/health/ready');
    expect(ready.status).toBe(503);
    expect(await ready.text()).toMatch(reason);
    expect((await station.request('GET', '/health/live')).status).toBe(200);
    const refused = await station.request('POST', '/trigger');
    expect(refused.status).toBe(403);
    expect(((await refused.json()) as { message: string }).message).toMatch(/^No active configuration selected!/);
    expect((await station.request('POST', '/upload')).status).toBe(403);
    expect((await station.activate('line')).status).toBe(200);
    expect(await station.inspected()).toMatchObject({ decision: 'OK' });
    expect(await station.stop()).toBe(0);
  });

  it('takes the config of the environment, else the last one, else that of edge.json', async () => {
    const root = newEdgeRoot({
      'config/station_configs/second.json': stationConfig({ second: oneCamera() }),
      'config/station_configs/third.json': stationConfig({ third: oneCamera() }),
    });
    const activeCameras = async (env: Record<string, string>, activate?: string) => {
      const station = await startStation(root, { env });
      const { cameras } = await station.get<{ cameras: object }>('/configs/active');
      if (activate !== undefined) await station.activate(activate);
      await station.stop();
      return Object.keys(cameras);
    };
    expect(await activeCameras({}, 'second')).toEqual(['top']);
    expect(await activeCameras({})).toEqual(['second']);
    expect(await activeCameras({ ACTIVE_CONFIG_NAME: 'third' })).toEqual(['third']);
    writeFiles(root, { 'config/edge.json': { model_forward: { type: 'fake' } } });
    expect(await activeCameras({})).toEqual(['third']);
  });
});
