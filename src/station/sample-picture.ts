import sharp from 'sharp';

const SIZE_PX = 320;

/** A small drawn picture of a metal plate, with a hole (good) or with a scratch instead (defect). JPEG bytes. */
export async function samplePicture(kind: 'good' | 'defect', variation: number): Promise<Uint8Array> {
  const turn = variation * 7 - 10;
  const mark =
    kind === 'good'
      ? '<circle cx="160" cy="160" r="34" fill="#20242a"/>'
      : '<path d="M108 214 L150 160 L166 172 L216 104" stroke="#b3261e" stroke-width="9" fill="none"/>';
  const drawing = `<svg xmlns="http://www.w3.org/2000/svg" width="${SIZE_PX}" height="${SIZE_PX}">
    <rect width="100%" height="100%" fill="#3d444d"/>
    <g transform="rotate(${turn} 160 160)">
      <rect x="60" y="60" width="200" height="200" rx="18" fill="#c8ced6"/>
      <circle cx="86" cy="86" r="8" fill="#6b7480"/><circle cx="234" cy="234" r="8" fill="#6b7480"/>
      ${mark}
    </g>
  </svg>`;
  return await sharp(Buffer.from(drawing)).jpeg({ quality: 85 }).toBuffer();
}
