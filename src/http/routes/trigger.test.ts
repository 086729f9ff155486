import { describe, expect, it } from 'vitest';
import { AppError } from '../../domain/errors.ts';
import { formBody, testServer } from '../test-server.test-support.ts';

const PICTURE = Uint8Array.from([0xff, 0xd8, 0xff, 0, 13, 10, 45, 45]);
const JSON_HEADERS = { 'content-type': 'application/json' };
const FORM_HEADERS = { 'content-type': 'multipart/form-data; boundary=X' };

/** A form of one part, whose headers are given. */
function part(headers: string, content = 'content'): string {
  return `--X\r\n${headers}\r\n\r\n${content}\r\n--X--\r\n`;
}

describe('POST /trigger', () => {
  const nothing = { serialNumber: null, category: null, idempotencyKey: null, images: {} };

  it.each([
    ['no body', {}],
    ['an empty body', { payload: '' }],
    ['an empty text body', { payload: '', headers: { 'content-type': 'text/plain;charset=UTF-8' } }],
    ['an empty JSON body', { payload: '', headers: JSON_HEADERS }],
    ['an empty form', { payload: '', headers: FORM_HEADERS }],
    ['a form without parts', { payload: '--X--\r\n', headers: FORM_HEADERS }],
    ['an empty JSON object', { payload: '{}', headers: JSON_HEADERS }],
    ['nulls', { payload: '{"serial_number":null,"category":null}', headers: JSON_HEADERS }],
  ])('inspects with %s', async (_, request) => {
    const { app, orchestrator } = testServer();
    const answer = await app.inject({ method: 'POST', url: '/api/v1/trigger', ...request });
    expect([answer.statusCode, answer.json()]).toEqual([200, { item_id: 'item-1' }]);
    expect(orchestrator.triggers).toEqual([nothing]);
  });

  it('keeps serial number and category of a JSON body', async () => {
    const { app, orchestrator } = testServer();
    const payload = { serial_number: 'SN\u001d1 ü', category: '' };
    const answer = await app.inject({ method: 'POST', url: '/api/v1/trigger/', payload });
    expect(answer.statusCode).toBe(200);
    expect(orchestrator.triggers).toEqual([
      { serialNumber: 'SN\u001d1 ü', category: '', idempotencyKey: null, images: {} },
    ]);
  });

  it('takes pictures and texts of a form', async () => {
    const { app, orchestrator } = testServer();
    const form = await formBody([
      ['serial_number', 'SN ü'],
      ['image', PICTURE],
      ['cam.2', Uint8Array.from([7])],
      ['category', 'phone'],
    ]);
    const answer = await app.inject({ method: 'POST', url: '/api/v1/trigger', ...form });
    expect(answer.statusCode).toBe(200);
    const [request] = orchestrator.triggers;
    expect(request).toMatchObject({ serialNumber: 'SN ü', category: 'phone' });
    expect(Object.entries(request?.images ?? {}).map(([name, bytes]) => [name, [...bytes]])).toEqual([
      ['image', [...PICTURE]],
      ['cam.2', [7]],
    ]);
  });

  it('passes on a picture byte for byte, in a buffer of its own that can be sent to a thread', async () => {
    const { app, orchestrator } = testServer();
    const picture = Uint8Array.from({ length: 200_000 }, (_, index) => (index * 31) % 256);
    const form = await formBody([
      ['image', picture],
      ['cam2', PICTURE],
    ]);
    await app.inject({ method: 'POST', url: '/api/v1/trigger', ...form });
    const { image, cam2 } = orchestrator.triggers[0]?.images ?? {};
    expect([image, cam2]).toEqual([picture, PICTURE]);
    expect([image?.buffer.byteLength, cam2?.buffer.byteLength]).toEqual([picture.length, PICTURE.length]);
  });

  it.each([
    ['its name without quotes', 'content-disposition:form-data;name=image;filename=a.jpg'],
    ['its file name before its name', 'Content-Disposition: form-data; filename="name=x; y"; name="image"'],
    ['an encoded file name', "Content-Disposition: form-data; name=image; filename*=UTF-8''%C3%BC.jpg"],
    ['an empty file name', 'Content-Disposition: form-data; name="image"; filename=""'],
    ['a media type but no file name', 'Content-Disposition: form-data; name="image"\r\nContent-Type: image/png'],
    [
      'a binary transfer encoding',
      'Content-Disposition: form-data; name=image; filename=a\r\nContent-Transfer-Encoding: binary',
    ],
  ])('takes a picture with %s', async (_, headers) => {
    const { app, orchestrator } = testServer();
    await app.inject({ method: 'POST', url: '/api/v1/trigger', payload: part(headers), headers: FORM_HEADERS });
    expect(orchestrator.triggers).toEqual([{ ...nothing, images: { image: Uint8Array.from(Buffer.from('content')) } }]);
  });

  it.each(['text/plain; charset=utf-8', 'application/json'])('takes a text of type %s as it stands', async (type) => {
    const { app, orchestrator } = testServer();
    const payload = part(`Content-Type: ${type}\r\nContent-Disposition: form-data; name="category"`, '"ü"');
    await app.inject({ method: 'POST', url: '/api/v1/trigger', payload, headers: FORM_HEADERS });
    expect(orchestrator.triggers).toEqual([{ ...nothing, category: '"ü"' }]);
  });

  it('takes a form with a quoted boundary, a preamble and an epilogue', async () => {
    const { app, orchestrator } = testServer();
    const form = part('Content-Disposition: form-data; name=category').replaceAll('--X', '--X (1)');
    const headers = { 'content-type': 'multipart/form-data; charset=utf-8; boundary="X (1)"' };
    const payload = `hello\r\n${form}bye`;
    await app.inject({ method: 'POST', url: '/api/v1/trigger', payload, headers });
    expect(orchestrator.triggers).toEqual([{ ...nothing, category: 'content' }]);
  });

  it('takes the file field of a web form in which no file was chosen as absent', async () => {
    const { app, orchestrator } = testServer();
    const payload = part('Content-Disposition: form-data; name="image"; filename=""', '');
    await app.inject({ method: 'POST', url: '/api/v1/trigger', payload, headers: FORM_HEADERS });
    expect(orchestrator.triggers).toEqual([nothing]);
  });

  it.each([
    ['an unknown key', '{"serial":"1"}', 422],
    ['a number', '{"serial_number":1}', 422],
    ['a list', '{"category":["a"]}', 422],
    ['a very long text', `{"category":"${'x'.repeat(2_000)}"}`, 422],
    ['half a character', '{"category":"\\ud83d"}', 422],
    ['__proto__', '{"__proto__":{"serial_number":"1"}}', 422],
    ['constructor', '{"constructor":{"prototype":{"a":1}}}', 422],
    ['an array', '[]', 422],
    ['null', 'null', 422],
    ['a bare string', '"SN-1"', 422],
    ['no JSON', '{"serial_number":', 400],
    ['blanks only', '  ', 400],
    ['bytes that are not UTF-8', Buffer.from('7b2263617465676f7279223a22ff227d', 'hex'), 400],
    ['very deep nesting', '['.repeat(200_000), 400],
  ])('refuses %s as its JSON body', async (_, payload, status) => {
    const { app, orchestrator } = testServer();
    const answer = await app.inject({ method: 'POST', url: '/api/v1/trigger', payload, headers: JSON_HEADERS });
    expect(answer.statusCode).toBe(status);
    expect(answer.json().code).toBe(status === 422 ? 'REQUEST_INVALID' : 'REQUEST_MALFORMED');
    expect(orchestrator.triggers).toEqual([]);
  });

  it.each([
    ['a text where a file belongs', [['image', 'text']]],
    ['a text of another name', [['comment', 'text']]],
    ['a file as serial number', [['serial_number', PICTURE]]],
    ['a file under no name of a camera', [['../cam1', PICTURE]]],
    ['a file called __proto__', [['__proto__', PICTURE]]],
    [
      'two parts of one name',
      [
        ['image', PICTURE],
        ['image', PICTURE],
      ],
    ],
    [
      'two texts of one name',
      [
        ['category', 'a'],
        ['category', 'b'],
      ],
    ],
    ['a very long text', [['category', 'x'.repeat(2_000)]]],
  ] as const)('refuses %s in a form', async (_, parts) => {
    const { app, orchestrator } = testServer();
    const answer = await app.inject({ method: 'POST', url: '/api/v1/trigger', ...(await formBody(parts)) });
    expect(answer.json()).toMatchObject({ status: 422, code: 'REQUEST_INVALID' });
    expect(orchestrator.triggers).toEqual([]);
  });

  it('refuses a text part that is not UTF-8', async () => {
    const payload = Buffer.from(
      '--X\r\nContent-Disposition: form-data; name="category"\r\n\r\n\xff\r\n--X--',
      'latin1',
    );
    const request = { method: 'POST', url: '/api/v1/trigger', payload, headers: FORM_HEADERS } as const;
    const answer = await testServer().app.inject(request);
    expect(answer.json()).toMatchObject({ status: 422, message: 'category: expected text in UTF-8' });
  });

  it.each(['multipart/form-data', 'multipart/form-data; boundary=Y'])(
    'refuses a body that is not the %s it claims to be',
    async (type) => {
      const headers = { 'content-type': type };
      const answer = await testServer().app.inject({
        method: 'POST',
        url: '/api/v1/trigger',
        payload: 'junk',
        headers,
      });
      expect(answer.json()).toMatchObject({ status: 400, code: 'REQUEST_MALFORMED' });
    },
  );

  it('refuses a form that ends early, wherever it does', async () => {
    const { app, orchestrator } = testServer();
    const { payload, headers } = await formBody([
      ['category', 'phone'],
      ['image', PICTURE],
    ]);
    // Behind the last boundary stand two dashes and a line break, which some senders leave out.
    for (let length = 1; length < payload.length - 2; length += 1) {
      const request = {
        method: 'POST',
        url: '/api/v1/trigger',
        payload: payload.subarray(0, length),
        headers,
      } as const;
      expect((await app.inject(request)).json()).toMatchObject({ status: 400, code: 'REQUEST_MALFORMED' });
    }
    expect(orchestrator.triggers).toEqual([]);
  });

  it.each([
    ['base64', 400, 'Content-Disposition: form-data; name=image; filename=a\r\nContent-Transfer-Encoding: BASE64'],
    ['no disposition', 400, `Content-Type: image/jpeg\r\nX: ${'x'.repeat(100)}`],
    ['another disposition', 400, `Content-Disposition: attachment; name=image; filename=${'x'.repeat(100)}`],
    ['no name', 422, 'Content-Disposition: form-data; filename="a.jpg"'],
  ])('refuses a form whose part has %s', async (_, status, headers) => {
    const { app, orchestrator } = testServer();
    const request = { method: 'POST', url: '/api/v1/trigger', payload: part(headers), headers: FORM_HEADERS } as const;
    expect((await app.inject(request)).statusCode).toBe(status);
    expect(orchestrator.triggers).toEqual([]);
  });

  it('refuses a form of more parts than any station has cameras', async () => {
    const payload = '--X\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n'.repeat(257).concat('--X--');
    const request = { method: 'POST', url: '/api/v1/trigger', payload, headers: FORM_HEADERS } as const;
    const answer = await testServer().app.inject(request);
    expect(answer.json()).toMatchObject({ status: 413, message: 'a form has at most 256 parts' });
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'image/jpeg',
    'application/xml',
    'garbage',
    'application/json-seq',
  ])('refuses a body of type %s', async (type) => {
    const headers = { 'content-type': type };
    const answer = await testServer().app.inject({ method: 'POST', url: '/api/v1/trigger', payload: 'x=1', headers });
    expect(answer.json()).toMatchObject({ status: 415, code: 'MEDIA_TYPE_UNSUPPORTED' });
  });

  it('passes on the Idempotency-Key', async () => {
    const { app, orchestrator } = testServer();
    const headers = { 'idempotency-key': 'plc-3-part-1029' };
    expect((await app.inject({ method: 'POST', url: '/api/v1/trigger', headers })).statusCode).toBe(200);
    expect((await app.inject({ method: 'POST', url: '/api/v1/trigger' })).statusCode).toBe(200);
    expect(orchestrator.triggers.map(({ idempotencyKey }) => idempotencyKey)).toEqual(['plc-3-part-1029', null]);
  });

  it.each(['', 'x'.repeat(256)])('refuses an Idempotency-Key that is empty or too long', async (key) => {
    const headers = { 'idempotency-key': key };
    const answer = await testServer().app.inject({ method: 'POST', url: '/api/v1/trigger', headers });
    expect(answer.json()).toMatchObject({ status: 422, message: expect.stringContaining('Idempotency-Key') });
  });

  it('passes on what the station refuses', async () => {
    const { app, orchestrator } = testServer();
    orchestrator.failWith(new AppError('REQUEST_INVALID', 'no camera "cam9"', { details: { cameras: ['cam1'] } }));
    const answer = await app.inject({ method: 'POST', url: '/api/v1/trigger' });
    expect(answer.json()).toMatchObject({ status: 422, message: 'no camera "cam9"', details: { cameras: ['cam1'] } });
  });

  it('says when to come back while too many items wait', async () => {
    const { app, orchestrator } = testServer();
    orchestrator.failWith(new AppError('QUEUE_FULL', 'as many items wait as may'));
    const answer = await app.inject({ method: 'POST', url: '/api/v1/trigger' });
    expect(answer.json()).toMatchObject({ status: 503, code: 'QUEUE_FULL' });
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  });
});

describe('POST /upload', () => {
  it('keeps the picture', async () => {
    const { app, orchestrator } = testServer();
    const answer = await app.inject({
      method: 'POST',
      url: '/api/v1/upload',
      ...(await formBody([['image', PICTURE]])),
    });
    expect([answer.statusCode, answer.json()]).toEqual([200, { item_id: 'upload-1' }]);
    expect(orchestrator.uploads.map((bytes) => [...bytes])).toEqual([[...PICTURE]]);
  });

  it.each([
    ['another file', [['cam1', PICTURE]]],
    ['a text', [['image', 'text']]],
    [
      'a second file',
      [
        ['image', PICTURE],
        ['cam1', PICTURE],
      ],
    ],
    [
      'a text beside it',
      [
        ['image', PICTURE],
        ['serial_number', '1'],
      ],
    ],
    ['no part', []],
  ] as const)('refuses %s', async (_, parts) => {
    const { app, orchestrator } = testServer();
    const answer = await app.inject({ method: 'POST', url: '/api/v1/upload', ...(await formBody(parts)) });
    expect(answer.json()).toMatchObject({ status: 422, code: 'REQUEST_INVALID' });
    expect(orchestrator.uploads).toEqual([]);
  });

  it.each([
    ['no body', {}],
    ['a JSON body', { payload: {} }],
  ])('refuses %s', async (_, request) => {
    const answer = await testServer().app.inject({ method: 'POST', url: '/api/v1/upload', ...request });
    expect(answer.json()).toMatchObject({ status: 422, code: 'REQUEST_INVALID' });
  });
});

describe('without an active config', () => {
  it.each(['/trigger', '/upload'])('%s is refused first, whatever the body', async (route) => {
    const { app, orchestrator } = testServer();
    orchestrator.setActive(null);
    const form = await formBody([['image', PICTURE]]);
    const url = `/api/v1${route}`;
    for (const request of [
      {},
      form,
      { payload: '{', headers: JSON_HEADERS },
      { payload: 'x', headers: { 'content-type': 'a/b' } },
    ]) {
      const answer = await app.inject({ method: 'POST', url, ...request });
      expect(answer.json()).toMatchObject({ status: 403, code: 'NO_ACTIVE_CONFIG' });
      expect(answer.json().message).toMatch(/^No active configuration selected!/);
    }
  });
});
