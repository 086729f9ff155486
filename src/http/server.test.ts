import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { AppError } from '../domain/errors.ts';
import { formBody, testServer } from './test-server.test-support.ts';

const PROBLEM = 'application/problem+json';

/** Sends the text as it is on a connection of its own, and gives back all that comes until it ends. */
async function exchange(port: number, request: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(request, 'latin1');
  return text(socket);
}

describe('an address or method that is none', () => {
  it.each([
    '/',
    '/nope',
    '/api',
    '/api/v1/nope',
    '/api/v1/items/a/b',
    '/api/v2/items',
    '/API/V1/items',
    '/api/v1//items',
  ])('is not found at %s', async (url) => {
    for (const method of ['GET', 'POST', 'OPTIONS'] as const) {
      const answer = await testServer().app.inject({ method, url });
      expect(answer.headers['content-type']).toBe(PROBLEM);
      expect(answer.json()).toMatchObject({
        type: 'about:blank',
        title: 'Not Found',
        status: 404,
        code: 'ROUTE_NOT_FOUND',
      });
    }
  });

  it('is not found before its body is looked at', async () => {
    const headers = { 'content-type': 'application/json' };
    const answer = await testServer().app.inject({ method: 'POST', url: '/nope', payload: '{', headers });
    expect(answer.statusCode).toBe(404);
  });

  it.each([
    ['DELETE', '/api/v1/items', 'GET, HEAD, OPTIONS'],
    ['PUT', '/api/v1/items/a/state/', 'GET, HEAD, OPTIONS'],
    ['POST', '/api/v1', 'GET, HEAD, OPTIONS'],
    ['POST', '/api/v1/items/a/binaries/cam1?x=1', 'GET, HEAD, OPTIONS'],
    ['GET', '/api/v1/trigger', 'POST, OPTIONS'],
    ['HEAD', '/api/v1/upload/', 'POST, OPTIONS'],
    ['PATCH', '/api/v1/configs/active', 'GET, HEAD, POST, OPTIONS'],
    ['TRACE', '/api/v1/configs/active', 'GET, HEAD, POST, OPTIONS'],
  ] as const)('%s is not allowed at %s', async (method, url, allowed) => {
    const answer = await testServer().app.inject({ method: method as 'GET', url });
    expect([answer.statusCode, answer.headers.allow]).toEqual([405, allowed]);
    expect(answer.headers['content-type']).toBe(PROBLEM);
  });

  it('is told by OPTIONS', async () => {
    const answer = await testServer().app.inject({ method: 'OPTIONS', url: '/api/v1/trigger' });
    expect([answer.statusCode, answer.headers.allow, answer.body]).toEqual([204, 'POST, OPTIONS', '']);
  });

  it('has the headers of GET for HEAD, and no body', async () => {
    const { app } = testServer();
    const [head, get] = [
      await app.inject({ method: 'HEAD', url: '/api/v1/configs' }),
      await app.inject('/api/v1/configs'),
    ];
    expect([head.statusCode, head.body]).toEqual([200, '']);
    expect(head.headers['content-length']).toBe(get.headers['content-length']);
  });
});

describe('an error', () => {
  it('carries its sentence, its code and what is known about it', async () => {
    const { app, orchestrator } = testServer();
    orchestrator.failWith(new AppError('STATION_CLOSING', 'the station is closing', { details: { waiting: 3 } }));
    const answer = await app.inject({ method: 'POST', url: '/api/v1/trigger' });
    expect(answer.json()).toEqual({
      type: 'about:blank',
      title: 'Service Unavailable',
      status: 503,
      code: 'STATION_CLOSING',
      detail: 'the station is closing',
      message: 'the station is closing',
      details: { waiting: 3 },
    });
  });

  it.each([
    [new Error('/srv/root/secret is broken')],
    ['thrown text'],
    [undefined],
    [{ statusCode: 200, message: 'odd' }],
  ])('that nobody foresaw is logged, and not shown', async (error) => {
    const { app, orchestrator, log } = testServer();
    orchestrator.failWith(error);
    const answer = await app.inject('/api/v1/items/a');
    expect(answer.headers['content-type']).toBe(PROBLEM);
    expect(answer.json()).toMatchObject({ status: 500, code: 'INTERNAL' });
    expect(answer.body).not.toMatch(/secret|thrown text|odd|stack/);
    expect(log.find(({ level }) => level === 'error')?.fields).toMatchObject({ err: error, path: '/api/v1/items/a' });
  });

  it.each(['/api/v1/%zz', '/api/v1/items/%zz', '/%', '/api/v1/items/%E0%A4%A'])(
    'in the address %s is a problem',
    async (url) => {
      const { port } = await testServer().listen();
      const answer = await exchange(port, `GET ${url} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1.1 400 /);
      expect(answer).toMatch(/content-type: application\/problem\+json\r\n/i);
    },
  );

  it.each([
    ['no HTTP', 'hello\r\n\r\n', 400],
    ['a NUL in the address', 'GET /api/v1/items/a\0b HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['headers without end', `GET /api/v1 HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`, 431],
    [
      'two lengths',
      'POST /api/v1/trigger HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
      400,
    ],
  ])('of the protocol, %s, is a problem', async (_, request, status) => {
    const { port } = await testServer().listen();
    const answer = await exchange(port, request);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toContain(`Content-Type: ${PROBLEM}\r\n`);
    expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))).toMatchObject({ status });
  });

  it.each(['/api/v1/items/..', '/api/v1/items/%2e%2e', '/api/v1/items/a/binaries/%2e%2e', '/api/v1/../../etc/passwd'])(
    'is all that the path %s leads to',
    async (path) => {
      const { port } = await testServer().listen();
      const answer = await exchange(port, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1.1 404 /);
    },
  );
});

describe('a body that is too large', () => {
  const LIMIT = 1_000;
  const FILE = 'Content-Disposition: form-data; name="image"; filename="a.jpg"';
  const json = JSON.stringify({ category: 'x'.repeat(300_000) });

  it('is refused, be it JSON or a form', async () => {
    const { app, orchestrator } = testServer({ bodyLimitBytes: LIMIT });
    const form = await formBody([['image', new Uint8Array(LIMIT)]]);
    const forms = await formBody([
      ['image', new Uint8Array(LIMIT / 2)],
      ['cam1', new Uint8Array(LIMIT / 2)],
    ]);
    for (const request of [form, forms, { payload: json, headers: { 'content-type': 'application/json' } }]) {
      const answer = await app.inject({ method: 'POST', url: '/api/v1/trigger', ...request });
      expect(answer.json()).toMatchObject({ status: 413, code: 'REQUEST_TOO_LARGE' });
    }
    expect(orchestrator.triggers).toEqual([]);
  });

  it('is answered with the limit', async () => {
    const { app } = testServer({ bodyLimitBytes: 1.5 * 1024 * 1024 });
    const form = await formBody([['image', new Uint8Array(2_000_000)]]);
    for (const request of [form, { payload: { category: 'x'.repeat(2_000_000) } }]) {
      const answer = await app.inject({ method: 'POST', url: '/api/v1/trigger', ...request });
      expect(answer.json().message).toBe('the body is larger than the 1.5 MB that this station takes');
    }
  });

  it('is taken up to the limit', async () => {
    const { app, orchestrator } = testServer({ bodyLimitBytes: LIMIT });
    const { payload, headers } = await formBody([['image', new Uint8Array(LIMIT - 300)]]);
    expect((await app.inject({ method: 'POST', url: '/api/v1/trigger', payload, headers })).statusCode).toBe(200);
    expect(orchestrator.triggers[0]?.images.image).toHaveLength(LIMIT - 300);
  });

  it.each([
    ['JSON', 'application/json', json],
    ['a file', 'multipart/form-data; boundary=X', `--X\r\n${FILE}\r\n\r\n${'x'.repeat(300_000)}\r\n--X--`],
    ['many files', 'multipart/form-data; boundary=X', `${`--X\r\n${FILE}\r\n\r\nx\r\n`.repeat(5_000)}--X--`],
    ['an endless header', 'multipart/form-data; boundary=X', `--X\r\nX: ${'x'.repeat(300_000)}`],
    ['an endless preamble', 'multipart/form-data; boundary=X', 'x'.repeat(300_000)],
  ])(
    'of %s does not keep its sender from the answer, nor the connection from the next request',
    async (_, type, body) => {
      const { port } = await testServer({ bodyLimitBytes: LIMIT }).listen();
      const head = `POST /api/v1/trigger HTTP/1.1\r\nHost: x\r\nContent-Type: ${type}\r\n`;
      const next = 'GET /api/v1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
      const chunked = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
      for (const request of [
        `Content-Length: ${body.length}\r\n\r\n${body}`,
        `Transfer-Encoding: chunked\r\n\r\n${chunked}`,
      ]) {
        const answers = await exchange(port, `${head}${request}${next}`);
        expect(answers).toMatch(/^HTTP\/1.1 413 [\s\S]*HTTP\/1.1 200 /);
      }
    },
  );
});

describe('a form that is refused', () => {
  const next = 'GET /api/v1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
  const head = 'POST /api/v1/trigger HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=X\r\n';

  it('while most of it is still to come leaves the connection free for the next request', async () => {
    const { port } = await testServer().listen();
    const headers = 'Content-Disposition: form-data; name=image; filename=a\r\nContent-Transfer-Encoding: base64';
    const body = `--X\r\n${headers}\r\n\r\n${'x'.repeat(3_000_000)}\r\n--X--`;
    const answers = await exchange(port, `${head}Content-Length: ${body.length}\r\n\r\n${body}${next}`);
    expect(answers).toMatch(/^HTTP\/1.1 400 [\s\S]*HTTP\/1.1 200 /);
  });

  it('because its sender went away does not trouble the station', async () => {
    const { listen, log, orchestrator } = testServer();
    const { port } = await listen();
    const socket = connect(port, '127.0.0.1');
    const begun = '--X\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\nxxx';
    socket.end(`${head}Content-Length: 1000\r\n\r\n${begun}`);
    await text(socket);
    expect(await exchange(port, next)).toMatch(/^HTTP\/1.1 200 /);
    expect([log.filter(({ level }) => level === 'error'), orchestrator.triggers]).toEqual([[], []]);
  });
});

describe('a station with a key', () => {
  const key = 'k3y with blank';
  const headers = { authorization: `Bearer ${key}` };

  it.each([
    '/api/v1',
    '/api/v1/items',
    '/api/v1/events',
    '/nope',
    '/docs',
    '/docs/json',
    '/api/v1/healthy',
    '/api/v1/ledger',
    '/api/v1/dead-letters',
  ])('asks for it at %s', async (url) => {
    const { app } = testServer({ apiKey: key });
    const answer = await app.inject(url);
    expect(answer.json()).toMatchObject({ status: 401, code: 'UNAUTHORIZED' });
    expect(answer.headers['content-type']).toBe(PROBLEM);
    expect(answer.headers['www-authenticate']).toMatch(/^Bearer /);
    expect((await app.inject({ url, headers: { authorization: 'Bearer other' } })).statusCode).toBe(401);
  });

  it('does nothing for who has none, and everything for who has it', async () => {
    const { app, orchestrator } = testServer({ apiKey: key });
    expect((await app.inject({ method: 'POST', url: '/api/v1/trigger' })).statusCode).toBe(401);
    expect(orchestrator.triggers).toHaveLength(0);
    expect((await app.inject({ method: 'POST', url: '/api/v1/trigger', headers })).statusCode).toBe(200);
  });

  it.each(['/api/v1/health/live', '/api/v1/health/ready', '/api/v1/health/ready/'])(
    'tells its health without it at %s',
    async (url) => {
      expect((await testServer({ apiKey: key }).app.inject(url)).statusCode).toBe(200);
    },
  );
});

describe('a page of another origin', () => {
  const origin = 'https://mes.example';
  const preflight = {
    origin,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization',
  };

  it('may not read answers unless its origin is named', async () => {
    for (const corsOrigins of [[], ['https://other.example']]) {
      const { app } = testServer({ corsOrigins });
      const answer = await app.inject({ url: '/api/v1', headers: { origin } });
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
      const asked = await app.inject({ method: 'OPTIONS', url: '/api/v1/trigger', headers: preflight });
      expect(asked.headers['access-control-allow-origin']).toBeUndefined();
    }
  });

  it('may read answers and errors when its origin is named', async () => {
    const { app } = testServer({ corsOrigins: [origin] });
    for (const url of ['/api/v1/items', '/nope']) {
      const { headers } = await app.inject({ url, headers: { origin } });
      expect(headers).toMatchObject({ 'access-control-allow-origin': origin, vary: 'Origin' });
      expect(headers['access-control-expose-headers']).toMatch(/Link/);
    }
  });

  it('asks beforehand without the key', async () => {
    const { app } = testServer({ corsOrigins: [origin], apiKey: 'secret' });
    const answer = await app.inject({ method: 'OPTIONS', url: '/api/v1/trigger', headers: preflight });
    expect(answer.statusCode).toBe(204);
    expect(answer.headers).toMatchObject({ 'access-control-allow-origin': origin });
    expect(answer.headers['access-control-allow-headers']).toMatch(/Authorization/);
    expect(answer.headers['access-control-allow-methods']).toMatch(/POST/);
  });

  it('may be any with "*"', async () => {
    const answer = await testServer({ corsOrigins: ['*'] }).app.inject({ url: '/api/v1', headers: { origin } });
    expect(answer.headers['access-control-allow-origin']).toBe(origin);
  });
});

describe('the log', () => {
  it('has one line a request, without query, key and control characters', async () => {
    const { app, log } = testServer({ apiKey: 'secret' });
    const headers = { authorization: 'Bearer secret' };
    await app.inject({ url: '/api/v1/items?serial_number=a%0d%0ab', headers });
    await app.inject({ url: '/nope%0a', headers });
    expect(log).toHaveLength(2);
    expect(log[0]).toMatchObject({ level: 'debug', fields: { method: 'GET', path: '/api/v1/items', status: 200 } });
    expect(log[1]).toMatchObject({ fields: { path: '/nope%0a', status: 404 } });
    expect(JSON.stringify(log)).not.toMatch(/secret|serial_number/);
  });
});
