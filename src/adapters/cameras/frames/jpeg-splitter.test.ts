import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { createJpegSplitter, type JpegSplitterOptions } from './jpeg-splitter.ts';

const jpeg = async (color: string, options = {}): Promise<Buffer> =>
  await sharp({ create: { width: 40, height: 30, channels: 3, background: color } })
    .jpeg(options)
    .toBuffer();

/** A segment of a length: its content is skipped whatever it holds. */
const segment = (code: number, content: Uint8Array): Buffer => {
  const head = Buffer.from([0xff, code, 0, 0]);
  head.writeUInt16BE(content.byteLength + 2, 2);
  return Buffer.concat([head, content]);
};

/** The pictures that come out when the bytes go in by portions of this size. */
function split(bytes: Uint8Array, portion: number, options: Partial<JpegSplitterOptions> = {}): readonly Buffer[] {
  const found: Buffer[] = [];
  const onPicture: JpegSplitterOptions['onPicture'] = (picture) => found.push(Buffer.from(picture.bytes()));
  const splitter = createJpegSplitter({ onPicture, now: () => 0, ...options });
  for (let at = 0; at < bytes.byteLength; at += portion) splitter.push(bytes.subarray(at, at + portion));
  return found;
}

describe('the pictures of a stream of bytes', () => {
  it.each([1, 2, 3, 7, 100, 65_536])('are found when %i bytes come at a time', async (portion) => {
    const pictures = [await jpeg('red'), await jpeg('green', { progressive: true }), await jpeg('blue')];
    expect(split(Buffer.concat(pictures), portion)).toEqual(pictures);
  });

  it.each([1, 50, 65_536])('are found between the lines of a multipart answer, by %i bytes', async (portion) => {
    const picture = await jpeg('red');
    const part = Buffer.concat([Buffer.from('--b\r\ncontent-type: image/jpeg\r\n\r\n'), picture, Buffer.from('\r\n')]);
    expect(split(Buffer.concat([part, part]), portion)).toEqual([picture, picture]);
  });

  it('are whole although a thumbnail with its own beginning and end stands in them', async () => {
    const [picture, thumbnail] = [await jpeg('red'), await jpeg('blue')];
    const withThumbnail = Buffer.concat([picture.subarray(0, 2), segment(0xe1, thumbnail), picture.subarray(2)]);
    expect(split(Buffer.concat([withThumbnail, picture]), 64)).toEqual([withThumbnail, picture]);
  });

  it('are found behind one that was cut off', async () => {
    const picture = await jpeg('red');
    for (const length of [3, 20, 200, picture.byteLength - 1]) {
      const bytes = Buffer.concat([picture.subarray(0, length), picture, picture]);
      expect(split(bytes, 64).at(-1), `cut off after ${length} bytes`).toEqual(picture);
    }
  });

  it('are found behind bytes that mean nothing', async () => {
    const picture = await jpeg('red');
    const garbage = Buffer.from([0xff, 0xd8, 0xff, 0x00, 0xff, 0xff, 0xd8, 0xff, 0xe0, 0, 1, 0xd8, 0xff, 0xd9, 0xff]);
    expect(split(Buffer.concat([garbage, picture, garbage, picture]), 5)).toEqual([picture, picture]);
  });

  it('are dropped when they grow beyond every bound, and the next one is found', async () => {
    const picture = await jpeg('red');
    const endless = Buffer.concat([picture.subarray(0, picture.byteLength - 2), Buffer.alloc(5_000, 1)]);
    expect(split(Buffer.concat([endless, picture]), 500, { maxBytes: 2_000 }).at(-1)).toEqual(picture);
  });

  it('say when their first bytes came, not their last', async () => {
    let time = 1;
    const starts: number[] = [];
    const splitter = createJpegSplitter({ now: () => time, onPicture: ({ startedAt }) => starts.push(startedAt) });
    const picture = await jpeg('red');
    splitter.push(picture.subarray(0, 10));
    time = 2;
    splitter.push(picture.subarray(10));
    splitter.push(picture);
    expect(starts).toEqual([1, 2]);
  });
});
