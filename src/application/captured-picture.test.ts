import { describe, expect, it } from 'vitest';
import { examinePicture } from './captured-picture.ts';
import { identifyTestPicture, pictureOf } from './inspection.test-support.ts';

describe('a captured picture', () => {
  it('can be inspected when it is whole', () => {
    const bytes = pictureOf({ extension: 'png', width: 20, height: 10 });
    const { extension, failure, image } = examinePicture(bytes, identifyTestPicture);
    expect({ extension, failure }).toEqual({ extension: 'png', failure: null });
    expect(image).toMatchObject({ mediaType: 'image/png', width: 20, height: 10 });
    expect(image?.bytes).toBe(bytes);
  });

  it.each([
    ['no bytes', new Uint8Array(0), 'bin', 'the picture is empty (0 bytes)'],
    ['bytes that are no picture', Buffer.from('hello'), 'bin', 'the bytes are no picture that can be read'],
    ['a truncated picture', pictureOf({ complete: false }), 'jpg', 'the picture is truncated'],
    [
      'a picture of 100 megapixels',
      pictureOf({ extension: 'png', width: 10_000, height: 10_000 }),
      'png',
      'the picture has 100 megapixels; above 64 it is stored, not inspected',
    ],
  ])('is stored and not inspected: %s', (_what, bytes, extension, failure) => {
    expect(examinePicture(bytes, identifyTestPicture)).toEqual({ bytes, extension, image: null, failure });
  });

  it('is inspected with 64 megapixels', () => {
    const bytes = pictureOf({ width: 8_000, height: 8_000 });
    expect(examinePicture(bytes, identifyTestPicture).failure).toBeNull();
  });
});
