import { expect, it } from 'vitest';
import { badgeSvg } from './badge.ts';

it('draws a badge that says its label and its value', () => {
  const svg = badgeSvg('unit tests', '412');
  expect(svg).toContain('<title>unit tests: 412</title>');
  expect(svg.match(/<text /g)).toHaveLength(2);
});

it('keeps text from becoming markup', () => {
  expect(badgeSvg('<a>', '"&"')).toContain('&lt;a&gt;: &quot;&amp;&quot;');
});
