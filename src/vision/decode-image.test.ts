import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { Image } from '../domain/image.ts';
import { createImageDecoder, decodeImage } from './decode-image.ts';
import { identifyImage } from './identify-image.ts';

const ORANGE = { r: 200, g: 100, b: 10 };

function imageOf(bytes: Buffer): Image {
  const info = identifyImage(bytes);
  if (info === null) throw new Error('the test made no image');
  return { ...info, bytes };
}

const plain = (channels: 3 | 4 = 3) =>
  sharp({ create: { width: 6, height: 4, channels, background: { ...ORANGE, alpha: channels === 4 ? 0.3 : 1 } } });

const grey = () => sharp(Buffer.alloc(24, 119), { raw: { width: 6, height: 4, channels: 1 } }).toColourspace('b-w');

describe('decoding an image', () => {
  it.each([
    ['an alpha channel', () => plain(4).png().toBuffer(), [200, 100, 10]],
    ['a palette', () => plain().png({ palette: true }).toBuffer(), [200, 100, 10]],
    ['16 bits', () => plain().toColourspace('rgb16').png().toBuffer(), [200, 100, 10]],
    ['one channel', () => grey().png().toBuffer(), [119, 119, 119]],
    ['one channel of 16 bits', () => grey().toColourspace('grey16').png().toBuffer(), [119, 119, 119]],
    ['one channel as jpeg', () => grey().jpeg().toBuffer(), [119, 119, 119]],
  ])('brings %s to 8-bit RGB', async (_, make, expected) => {
    const pixels = await decodeImage(imageOf(await make()));
    expect([pixels.width, pixels.height, pixels.data.length]).toEqual([6, 4, 72]);
    for (const [index, value] of [...pixels.data.subarray(0, 3)].entries()) {
      expect(Math.abs(value - (expected[index] ?? 0))).toBeLessThanOrEqual(6);
    }
  });

  it('brings CMYK to RGB', async () => {
    const bytes = await plain().toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer();
    const [red = 0, green = 0, blue = 0] = (await decodeImage(imageOf(bytes))).data;
    expect(red).toBeGreaterThan(green);
    expect(green).toBeGreaterThan(blue);
  });

  it('turns a picture upright as its EXIF orientation says', async () => {
    const bytes = await plain().withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const pixels = await decodeImage(imageOf(bytes));
    expect([pixels.width, pixels.height]).toEqual([4, 6]);
  });

  it('keeps the pixels in memory that threads share', async () => {
    const pixels = await decodeImage(imageOf(await plain().png().toBuffer()));
    expect(pixels.data.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  it('keeps every pixel of a picture of several megapixels', async () => {
    const background = { r: 1, g: 2, b: 3 };
    const bytes = await sharp({ create: { width: 2400, height: 1800, channels: 3, background } })
      .png()
      .toBuffer();
    const { data } = await decodeImage(imageOf(bytes));
    expect(data.length).toBe(2400 * 1800 * 3);
    expect([...data.subarray(-6)]).toEqual([1, 2, 3, 1, 2, 3]);
  });

  it('refuses a picture that is cut off', async () => {
    const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const;
    const bytes = await sharp({ create: { width: 64, height: 64, channels: 3, background: ORANGE, noise } })
      .jpeg()
      .toBuffer();
    const cut = imageOf(bytes.subarray(0, Math.floor(bytes.length / 2)));
    await expect(decodeImage(cut)).rejects.toMatchObject({ code: 'IMAGE_UNREADABLE' });
  });

  it('refuses a picture above 64 megapixels without decoding it', async () => {
    const image = { ...imageOf(await plain().png().toBuffer()), width: 10_000, height: 6_401 };
    await expect(decodeImage(image)).rejects.toMatchObject({ code: 'IMAGE_TOO_LARGE' });
  });

  it('decodes one image once and equal images each for themselves', async () => {
    const decode = createImageDecoder();
    const image = imageOf(await plain().png().toBuffer());
    const first = await decode(image);
    expect(await decode(image)).toBe(first);
    expect(await decode({ ...image })).not.toBe(first);
  });
});
