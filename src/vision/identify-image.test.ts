import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { identifyImage } from './identify-image.ts';

const picture = () => sharp({ create: { width: 40, height: 30, channels: 3, background: { r: 200, g: 90, b: 10 } } });

function bmp(width: number, height: number): Buffer {
  const bytes = Buffer.alloc(54 + width * height * 4);
  bytes.write('BM');
  bytes.writeUInt32LE(bytes.length, 2);
  bytes.writeUInt32LE(54, 10);
  bytes.writeUInt32LE(40, 14);
  bytes.writeInt32LE(width, 18);
  bytes.writeInt32LE(height, 22);
  return bytes;
}

describe('identifying an image', () => {
  it.each([
    ['jpeg', 'image/jpeg', 'jpg'],
    ['png', 'image/png', 'png'],
    ['webp', 'image/webp', 'webp'],
    ['gif', 'image/gif', 'gif'],
    ['tiff', 'image/tiff', 'tiff'],
  ] as const)('knows %s by its bytes', async (format, mediaType, extension) => {
    const bytes = await picture().toFormat(format).toBuffer();
    expect(identifyImage(bytes)).toEqual({ mediaType, extension, width: 40, height: 30, complete: true });
  });

  it('knows a bmp by its bytes', () => {
    const expected = { mediaType: 'image/bmp', extension: 'bmp', width: 8, height: 6, complete: true };
    expect(identifyImage(bmp(8, 6))).toEqual(expected);
  });

  it.each([
    ['no bytes', Buffer.alloc(0)],
    ['text', Buffer.from('BM is only how this sentence begins')],
    ['an SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')],
    ['the first bytes of a jpeg alone', Buffer.from([0xff, 0xd8, 0xff])],
    ['zeros', Buffer.alloc(1000)],
  ])('takes %s for no image', (_, bytes) => {
    expect(identifyImage(bytes)).toBeNull();
  });

  it.each(['jpeg', 'png'] as const)('sees that a %s is cut off', async (format) => {
    const bytes = await picture().toFormat(format).toBuffer();
    expect(identifyImage(bytes.subarray(0, bytes.length - 20))?.complete).toBe(false);
  });

  it('takes a jpeg with padding behind its end for complete', async () => {
    const bytes = await picture().jpeg().toBuffer();
    expect(identifyImage(Buffer.concat([bytes, Buffer.alloc(64)]))?.complete).toBe(true);
  });

  it('is not misled by the end marker of a thumbnail inside the headers', async () => {
    const bytes = await picture().jpeg({ quality: 100 }).toBuffer();
    const thumbnail = Buffer.from([0xff, 0xe2, 0x00, 0x06, 0xff, 0xd9, 0x00, 0x00]);
    const whole = Buffer.concat([bytes.subarray(0, 2), thumbnail, bytes.subarray(2)]);
    expect(identifyImage(whole.subarray(0, whole.length - 10))?.complete).toBe(false);
  });

  it('takes a progressive jpeg, which has several scans, for complete', async () => {
    const bytes = await picture().jpeg({ progressive: true }).toBuffer();
    expect(identifyImage(Buffer.concat([bytes, Buffer.from([0])]))?.complete).toBe(true);
  });
});
