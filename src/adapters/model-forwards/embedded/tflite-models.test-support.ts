// Classifiers as a converter writes them: they say which of red, green and blue a 16 x 16 picture mostly is, any batch,
// fully quantised. Compressed, as base64.

import { gunzipSync } from 'node:zlib';

const INT8 = [
  'H4sIAAAAAAACA5VVz08TURAe2gVaaEoTG+VHNb3JgRRaORABBQEjCQUCjTFe1oV9wOqyS/YHB2Ni+Q88eODg0YMH41/BwT+CA/FkggcOHDwI68',
  'zb2e5ajMSXfO3b2Zn5vjdvOi0BQOPx0r0ilKEE/VCEAuTQlgEF94A2gEPEGeK4A+AHYq8LII3PuEVvWj0yimJ68CnHcVOIPoQrnH3D2lZ1saX5',
  'pifjFMS7IAg6eZ9B2L6353vqGHBusucvg0DhnK+Eo7mqJyzXdsgnhRhnv2PMleH9DcTcyvLThbX1xZVltb7QmJ2fbcwiR6iR/LoTvruGpTq+5R',
  'm7Qt0XjmvYFmTR/h1xgviK+Iz4iPiAeI/wOP4L63vBGjOQb3FQbYZlfbqkrYtj6GynafKP6q3I2FM1dZ65OzKT4rMpMhKgVqlVK1iVwSDkorzV',
  'SnW8IisVrpFfQTCGGEc8Yj86w9sEnrM9wxqIQ0f/HQTdU31pca08Z1tYA0/oFelTlNnzLaV0jjzbS9wX54ifrHdXMyyKoP74xHWJcgxyjl7OUQ',
  'qlZ+m7zHqStQJoPiQNnYl+SGrpTWihYxV4T75TF0EQxaQZlB9LEFCOoqxjnCPsYxjK8f4Nx6dbusK8ST3A93OEDhOIQzQqiCbzvrwgLujo5/NN',
  'sT+deTWhhziWLsL+LXDuZhCukKc5OYSf657miS3fXNUcz/CwS4U+p5mmWr0/JnNFer+18c6wZuJ91sZ7xLzFNt7ovAdNmL6N31u+tUmUGtKNup',
  'u2I1zc1DWv7ps1zhnxb1xe5VeYf6eNf/7yOv7m5Eg7/7Zpb+BGw0bVtoW6Z9smzpeaToqEZkGbntdhvg7ieMI20kK9ecT85dj+10XvlNTBdITr',
  'alJlDelW3ptyvt7iX1G4utEathbVqj/utdSqrJki6/bgP88/6gjdl96qYenGpnDj3zvpoEk/1Jr0NA/+1EEztRH3eNbk+6N7KXCPpuW8i+IVnn',
  '3/vsc7V/8L1ORMxzZuzcckD2GC60PvTzDvQFyrgTN8ziZ6LIeRfQldw7Hv8G9+b0o08AYAAA==',
];

const UINT8 = [
  'H4sIAAAAAAACA5VVQU8TQRSe0tKWUoHEqiCF9GQ4mEIrMURAIYCRhEIDjfFgsi50C6vLLm53OZAYiyePHjx48ODBo0cPHjhyMMYfYAwmhHgwkR',
  'iORoH1vZm33aUUiJN83dnpe+/73pt5s0nGWOH21LUES7Eka2cJ1sbisBZlIZgzWGPsFWAPsBtgbB+wGWEsCO8wBWscMe6FPjF4i5PfEKAVUFbM',
  'VVVflIpKSbY1i/uFAC8cx4nQPAowbGvFtqQ+RrFx/euB44Qo5iPFlMuSpehlw0SbBkA/2W1BrBjNzwPGZqbvTszOTc5MS7mJwuj4aGEUOIRG5G',
  'ry2S6rumTauqUuK9KqYpZVQ2fNsP6b8v4C2AC8B7wDvAW8BrwEWBTn2aHQ+YC0RllLlQtr1MPrFOZrYfLBHH8G0d6te4j7nvv4pPvCt42uBsox',
  'xD0Zy6azmTRU5xdxYdxMOtOf5hUTY+uP42wDvgN+AHYB3Y6wx5yf+nCd1qOkBbmSfx0nBcB9y01NzqbGDB1qYinFNLdJcJaWqmLMp4XWcc/7wK',
  'gfMBAQupdlVUePRqrnB8CKb9+ugIYo1QzjR+gZJp7LxNNMPEmRZhM+U0ycQ39dGavccv0DxPsJOIRuFm0jrZhrdN9xXJsg6cF1MHf8OTb7coTR',
  '6cZA3ymK4fq6fYE94fZRjGrs5ujZHM2Zkd1nMBgBvIGAScBzrCWgQjwP91EfC7RTDYbID0PnfTkESZ97BgPeMaF5ZbATfucs2VJKtpaXTUu14P',
  'QrxTFZ06TMjT4ey9W8U8M7QtpxP+7V8G4Sr1uniiOGnzt5OnfG7XGXf/7gOH/4BP7xg9P51ytsuAueJVtfQFoZKHvLC4aplGGSk62crWVr+Hfq',
  '8DcS/1Jt/mfyVwav1vIvasY8TGRoOHlRkVYMQ4N7M1tERYqs19bDPPT04P1yh84H6snTHDnbaP/R5/7h2brwnFolLf3YluFSXFOY777yx1oTfo',
  'EEcQeJG+/ATeLxerT+4H3XsD7s4qw9yfj6TMS9yL9bl+g2EiMCq+KYY23ayQcfoi4hns/N/6x/r6kUbW4tqXpRXVDK3r2JOvAL2ln9gmJPHtWB',
  'd17e68Pg0gl7FK/6h+gOqd+/uFfdx7+vkv87CS1cd+9wDXtmgOqD79ugo8OrVccevDf5zlQcvFt9uno82544vyfFScH/TLFu/gNPC+myYAgAAA',
  '==',
];

function fileOf(lines: readonly string[]): Uint8Array {
  return gunzipSync(Buffer.from(lines.join(''), 'base64'));
}

/** Input quantised as byte / 255, shifted by 128. */
export const int8Classifier = (): Uint8Array => fileOf(INT8);

/** Input quantised as byte / 255. */
export const uint8Classifier = (): Uint8Array => fileOf(UINT8);
