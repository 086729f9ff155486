/**
 * A stroke font of our own, so that the pictures do not depend on the fonts of the machine.
 * Each glyph is a list of strokes on a grid of 4 × 6 units, `xy` pairs of digits, strokes separated by a space.
 */
const GLYPHS: Readonly<Record<string, string>> = {
  A: '062046 1434',
  B: '00063645443303 3342413000',
  C: '4130100105163645',
  D: '000626442000',
  E: '40000646 0333',
  F: '400006 0333',
  G: '41301001051636454323',
  H: '0006 4046 0343',
  I: '2026',
  J: '404536160504',
  K: '0006 400346',
  L: '000646',
  M: '0600234046',
  N: '06004640',
  O: '103041453616050110',
  P: '0600304142330303',
  Q: '103041453616050110 2446',
  R: '06003041423303 2346',
  S: '4130100102134445361605',
  T: '0040 2026',
  U: '000516364540',
  V: '002640',
  W: '0016233640',
  X: '0046 4006',
  Y: '002340 2326',
  Z: '00400646',
  0: '103041453616050110 4105',
  1: '112026 1636',
  2: '01103041420646',
  3: '0110304142332313 334445361605',
  4: '30044434 3036 0444',
  5: '4000033344453606',
  6: '41301001051636454433130405',
  7: '004016',
  8: '103041423313020110 133344453616050413',
  9: '45361605 4532 4130100102133342 4145',
  '/': '4006',
  '.': '2526',
  '-': '1333',
};

/** Width of a text set at this height. */
export function textWidth(text: string, height: number): number {
  return (text.length * 5.6 - 1.6) * (height / 6);
}

/** The SVG path data of a text whose top left corner is (x, y). */
export function textPath(text: string, x: number, y: number, height: number): string {
  const unit = height / 6;
  const strokes: string[] = [];
  [...text].forEach((character, index) => {
    const left = x + index * 5.6 * unit;
    for (const stroke of (GLYPHS[character] ?? '').split(' ')) {
      const points = stroke.match(/\d\d/g) ?? [];
      const steps = points.map(
        (pair) => `${(left + Number(pair[0]) * unit).toFixed(1)} ${(y + Number(pair[1]) * unit).toFixed(1)}`,
      );
      if (steps.length > 0) strokes.push(`M${steps.join('L')}`);
    }
  });
  return strokes.join('');
}
