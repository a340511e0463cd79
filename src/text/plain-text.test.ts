import { describe, expect, it } from 'vitest';
import { plainText } from './plain-text.ts';

describe('plainText', () => {
  it.each([
    ['<p class="a">Two<br/>lines</p>', 'Two lines'],
    ['<!DOCTYPE html><?xml version="1.0"?><!-- no <b> --> text', 'text'],
    ['<style>p { color: red }</style>a<SCRIPT>if (a < b) "</p>"</SCRIPT >b', 'a b'],
    [
      'a &lt;b&gt; &amp;amp; &quot;c&quot; &#39;d&#x27; &nbsp;e &unknown; &#1114112;',
      `a <b> &amp; "c" 'd' e &unknown; &#1114112;`,
    ],
    ['1 < 2 and 3 > 2', '1 < 2 and 3 > 2'],
    ['open <!-- never closed', 'open'],
    ['open <script> never closed', 'open'],
  ])('of %j', (html, text) => {
    expect(plainText(html).replace(/\s+/g, ' ').trim()).toBe(text);
  });

  it('takes time proportional to the length, even with unclosed constructs', () => {
    const start = performance.now();
    for (const piece of ['<', '<a', '<!--', '<script', '</script ', '&a', '&#1']) {
      plainText(piece.repeat(300_000));
      plainText(`<script>${piece.repeat(300_000)}`);
    }
    // About 0.1 s; quadratic time would be minutes.
    expect(performance.now() - start).toBeLessThan(5000);
  });
});
