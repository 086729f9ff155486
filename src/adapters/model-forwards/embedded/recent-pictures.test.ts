import { describe, expect, it } from 'vitest';
import { plainImage } from '../model-forward.test-support.ts';
import { createRecentPictures } from './recent-pictures.ts';

const bytesOf = async (colour: string) => (await plainImage(colour, 10, 10)).bytes;

describe('pictures that come as bytes', () => {
  it('are decoded once, whoever brings the same bytes', async () => {
    const decode = createRecentPictures(1_000);
    const [first, again] = [decode(await bytesOf('red')), decode(await bytesOf('red'))];
    expect(await again).toBe(await first);
  });

  it('are forgotten, the oldest first, when there is no room for more', async () => {
    const decode = createRecentPictures(600);
    const red = await decode(await bytesOf('red'));
    const lime = await decode(await bytesOf('lime'));
    expect(await decode(await bytesOf('red'))).toBe(red);
    await decode(await bytesOf('blue'));
    expect(await decode(await bytesOf('red'))).toBe(red);
    expect(await decode(await bytesOf('lime'))).not.toBe(lime);
  });

  it('are refused when they are none, each time', async () => {
    const decode = createRecentPictures(600);
    for (let time = 0; time < 2; time += 1) {
      await expect(decode(Buffer.from('nothing'))).rejects.toMatchObject({ code: 'IMAGE_UNREADABLE' });
    }
  });
});
