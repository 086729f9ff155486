import { describe, expect, it } from 'vitest';
import { parseMultipart } from './multipart.ts';
import { formBody } from './test-server.test-support.ts';

const TYPE = 'multipart/form-data; boundary=XX';

function parse(text: string, contentType = TYPE): readonly object[] {
  const parts = parseMultipart(Buffer.from(text, 'latin1'), contentType);
  return parts.map(({ name, isFile, bytes }) => ({ name, isFile, text: Buffer.from(bytes).toString('latin1') }));
}

function part(headers: string, content = 'content'): string {
  return `--XX\r\n${headers}\r\n\r\n${content}\r\n--XX--\r\n`;
}

describe('a multipart body', () => {
  it('gives back every byte of what a standard client encoded', async () => {
    const bytes = Uint8Array.from({ length: 70_000 }, (_, index) => (index * 31) % 256);
    const { payload, headers } = await formBody([
      ['image', bytes],
      ['serial_number', 'Grün "7"'],
      ['empty', new Uint8Array()],
    ]);
    const [image, serial, empty] = parseMultipart(payload, headers['content-type'] ?? '');
    expect(image).toMatchObject({ name: 'image', isFile: true, filename: 'image.jpg' });
    expect(Buffer.compare(image?.bytes ?? new Uint8Array(), bytes)).toBe(0);
    expect(serial).toMatchObject({ name: 'serial_number', isFile: false, filename: undefined });
    expect(Buffer.from(serial?.bytes ?? []).toString()).toBe('Grün "7"');
    expect(empty).toMatchObject({ name: 'empty', isFile: true, bytes: Buffer.alloc(0) });
  });

  it('is not copied', () => {
    const body = Buffer.from(part('Content-Disposition: form-data; name="image"; filename="a.jpg"'));
    expect(parseMultipart(body, TYPE)[0]?.bytes.buffer).toBe(body.buffer);
  });

  it.each([
    ['name without quotes', 'content-disposition:form-data;name=image', 'image', false],
    ['name with escaped quotes', 'Content-Disposition: form-data; name="a\\"b"', 'a"b', false],
    ['file name before name', 'Content-Disposition: form-data; filename="name=x; y"; name="image"', 'image', true],
    ['encoded file name', "Content-Disposition: form-data; name=image; filename*=UTF-8''%C3%BC.jpg", 'image', true],
    ['empty file name', 'Content-Disposition: form-data; name="image"; filename=""', 'image', true],
    [
      'picture without file name',
      'Content-Disposition: form-data; name="image"\r\nContent-Type: image/png',
      'image',
      true,
    ],
    [
      'text with its type',
      'Content-Type: text/plain; charset=utf-8\r\nContent-Disposition: form-data; name="a"',
      'a',
      false,
    ],
    [
      'binary transfer encoding',
      'Content-Disposition: form-data; name="a"\r\nContent-Transfer-Encoding: binary',
      'a',
      false,
    ],
  ])('takes a part with %s', (_, headers, name, isFile) => {
    expect(parse(part(headers))).toEqual([{ name, isFile, text: 'content' }]);
  });

  it.each([
    ['a preamble and an epilogue', `hello\r\n${part('Content-Disposition: form-data; name=a')}bye`],
    ['blanks behind the boundary', part('Content-Disposition: form-data; name=a').replace('--XX\r\n', '--XX \t\r\n')],
    ['no line break at the end', part('Content-Disposition: form-data; name=a').trimEnd()],
  ])('takes %s', (_, text) => {
    expect(parse(text)).toEqual([{ name: 'a', isFile: false, text: 'content' }]);
  });

  it('takes content that looks like a boundary but goes on', () => {
    const content = '\r\n--XXY\r\n--X\r\n--XX-\r\n\r\n';
    expect(parse(part('Content-Disposition: form-data; name=a', content))).toEqual([
      { name: 'a', isFile: false, text: content },
    ]);
  });

  it('takes a quoted boundary', () => {
    const body = part('Content-Disposition: form-data; name=a').replaceAll('XX', 'X (1)');
    expect(parse(body, 'multipart/form-data; charset=utf-8; boundary="X (1)"')).toHaveLength(1);
  });

  it('may have no part at all', () => {
    expect(parse('--XX--\r\n')).toEqual([]);
  });

  it.each([
    ['no boundary in its type', part('Content-Disposition: form-data; name=a'), 'multipart/form-data'],
    ['an empty boundary', part('Content-Disposition: form-data; name=a'), 'multipart/form-data; boundary=""'],
    ['another boundary', part('Content-Disposition: form-data; name=a'), 'multipart/form-data; boundary=YY'],
    ['no closing boundary', part('Content-Disposition: form-data; name=a').replace('--XX--', '')],
    ['an end in the headers', '--XX\r\nContent-Disposition: form-da'],
    ['an end behind the boundary', '--XX'],
    ['garbage behind the first boundary', '--XXgarbage\r\n\r\n--XX--'],
    ['no headers', '--XX\r\n\r\ncontent\r\n--XX--'],
    ['no disposition', part('Content-Type: text/plain')],
    ['another disposition', part('Content-Disposition: attachment; name=a')],
    ['no name', part('Content-Disposition: form-data')],
    ['base64', part('Content-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: BASE64')],
    ['headers without end', part(`Content-Disposition: form-data; name=a\r\nX: ${'x'.repeat(20_000)}`)],
    ['too many parts', '--XX\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n'.repeat(257).concat('--XX--')],
    ['nothing but text', 'hello'],
  ])('is malformed with %s', (_, text, contentType = TYPE) => {
    expect(() => parse(text, contentType)).toThrow(expect.objectContaining({ code: 'REQUEST_MALFORMED' }));
  });
});
