/** Advance of one character of the badge's font at 11 pixels; near enough, as `textLength` fits the text exactly. */
const CHARACTER_PX = 6.6;
const PADDING_PX = 7;

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** A flat badge: `label` on grey, `value` on green. Self-contained SVG, 20 pixels high. */
export function badgeSvg(label: string, value: string): string {
  const textWidths = [label, value].map((text) => Math.round(text.length * CHARACTER_PX));
  const [labelText = 0, valueText = 0] = textWidths;
  const [labelWidth, valueWidth] = [labelText + 2 * PADDING_PX, valueText + 2 * PADDING_PX];
  const width = labelWidth + valueWidth;
  const text = (x: number, length: number, content: string) =>
    `<text x="${x + PADDING_PX}" y="14" textLength="${length}" lengthAdjust="spacingAndGlyphs">${escaped(content)}</text>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="20" role="img">`,
    `<title>${escaped(`${label}: ${value}`)}</title>`,
    `<rect width="${width}" height="20" rx="3" fill="#2e7d32"/>`,
    `<path d="M3 0h${labelWidth - 3}v20H3a3 3 0 0 1-3-3V3a3 3 0 0 1 3-3z" fill="#484f58"/>`,
    '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">',
    text(0, labelText, label),
    text(labelWidth, valueText, value),
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}
