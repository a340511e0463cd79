import { act, fireEvent, screen, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { readAddress } from '../../store/address.ts';
import { readScenes } from '../../store/scenes.ts';
import { button, field, renderPage, textIn, textOf } from '../../testing/playground.tsx';
import { snippetOf } from '../learn/EmbedSnippet.tsx';
import { lecture } from '../learn/lecture.ts';
import { Presenter } from '../present/Presenter.tsx';
import { Learn } from './Learn.tsx';

describe('Learn', () => {
  it('draws a segment and its memory with the numbers of Train, in words too', async () => {
    await renderPage(<Learn />, { address: '#/learn?num_mem_tokens=7&stages=1,5&bptt_depth=2' });
    const region = within(screen.getByRole('region', { name: 'A segment and its memory' }));
    const picture = region.getByRole('img', { name: 'A segment and its memory' });
    expect(textOf(picture)).toContain('m = 7');
    expect(textOf(picture)).toContain('… Segment 5');
    expect(textOf(picture.querySelector('desc'))).toContain('7 vectors of 32 numbers');
    const through = screen.getByRole('img', { name: 'Backpropagation through time' });
    expect(textOf(through)).toContain('k = 2');
    expect(textOf(through.querySelector('desc'))).toContain('into segments 3 to 4; it is cut before segment 3');
    // Two borders are passed by the gradient, and one more arrow comes from the loss.
    expect(through.querySelectorAll('[data-kind="backward"]')).toHaveLength(3);
    expect(through.querySelectorAll('[data-kind="forward"]')).toHaveLength(4);
  });

  it('lets the depth be tried out', async () => {
    await renderPage(<Learn />, { address: '#/learn?stages=1,5' });
    fireEvent.change(field(/^Depth k = 4 \(all/), { target: { value: '0' } });
    expect(textIn('Backpropagation through time')).toContain('with a depth of 0 the gradient stays in segment 5');
  });

  it('lists a lecture whose addresses are all valid', async () => {
    await renderPage(<Learn />);
    const list = within(screen.getByRole('list', { name: 'Scenes of the lecture' }));
    expect(list.getAllByRole('listitem')).toHaveLength(lecture.length);
    for (const { address, title, caption } of lecture) {
      expect(readAddress(address).problems, title).toEqual([]);
      expect(list.getByRole('link', { name: title }).getAttribute('href')).toBe(address);
      expect(caption.length).toBeGreaterThan(20);
    }
  });

  it('collects scenes: titled, captioned, ordered, shared', async () => {
    const page = await renderPage(<Learn />);
    await page.change(({ scenes }) => {
      scenes.add([
        { address: '#/stream?stream.seed=1', title: 'one', caption: '' },
        { address: '#/stream?stream.seed=2', title: 'two', caption: '' },
      ]);
    });
    const list = within(screen.getByRole('list', { name: 'Your scenes' }));
    await page.user.type(list.getAllByLabelText('Caption')[1] as HTMLElement, 'see');
    await page.user.click(button('Move scene 2 up'));
    expect(page.state().scenes.own.map(({ title, caption }) => [title, caption])).toEqual([
      ['two', 'see'],
      ['one', ''],
    ]);
    await page.user.click(button('Copy a link to all'));
    const link = await navigator.clipboard.readText();
    const { experiment, problems } = readAddress(link.slice(link.indexOf('#')));
    expect(problems).toEqual([]);
    expect(experiment.learn.scenes).toEqual(page.state().scenes.own);
    await page.user.click(button('Remove scene 1'));
    expect(page.state().scenes.own.map(({ title }) => title)).toEqual(['one']);
  });

  it('shows the scenes of a link', async () => {
    const scenes = readScenes('W1siIy9zdHJlYW0iLCJ0IiwiYyJdXQ');
    expect(scenes).toEqual([{ address: '#/stream', title: 't', caption: 'c' }]);
    const page = await renderPage(<Learn />, { address: '#/learn?learn.scenes=W1siIy9zdHJlYW0iLCJ0IiwiYyJdXQ' });
    expect(textIn('Scenes of the link')).toContain('Present 1 scene');
    await page.user.click(button('Add to your scenes'));
    expect(page.state().scenes.own).toEqual(scenes);
  });

  it('offers a snippet with the document alone', () => {
    expect(snippetOf('https://a.b/c/?x=1#/learn', '#/stream?stream.seed=5&stream.at=2')).toContain(
      'src="https://a.b/c/?embed#/stream?stream.seed=5&amp;stream.at=2"',
    );
  });
});

describe('a presentation', () => {
  const scenes = [
    { address: '#/stream?stream.seed=1', title: 'one', caption: 'first' },
    { address: '#/learn?panel=bptt', title: 'two', caption: 'second' },
    { address: '#/compute', title: 'three', caption: 'third' },
  ];
  const presented = async () => {
    const page = await renderPage(<Presenter />);
    await page.change((state) => state.scenes.present(scenes));
    return page;
  };

  it('is driven by a clicker and by the keyboard, and left by Escape', async () => {
    const page = await presented();
    expect(textIn('Presentation')).toContain('one');
    expect(document.documentElement.hasAttribute('data-presenting')).toBe(true);
    await page.user.keyboard('{PageDown}');
    expect(textIn('Presentation')).toMatch(/two.*second.*2 of 3/);
    expect(page.state().experiment).toMatchObject({ view: 'learn', panel: 'bptt' });
    await page.user.keyboard('{ArrowRight}{PageDown}');
    expect(textIn('Presentation')).toContain('3 of 3');
    await page.user.keyboard('{PageUp}{ArrowLeft}');
    expect(page.state().experiment.stream.seed).toBe(1);
    await page.user.keyboard('{Escape}');
    expect(page.state().scenes.presenting).toBeUndefined();
  });

  it('leaves the arrow keys to a control that has the focus, but not the keys of a clicker', async () => {
    const page = await presented();
    const select = screen.getByLabelText<HTMLSelectElement>('Scene');
    act(() => select.focus());
    await page.user.keyboard('{ArrowRight}');
    expect(page.state().scenes.presenting?.at).toBe(0);
    await page.user.keyboard('{PageDown}');
    expect(page.state().scenes.presenting?.at).toBe(1);
    await page.user.selectOptions(select, '2');
    expect(page.state().experiment.view).toBe('compute');
    await page.user.click(button('Leave'));
    expect(screen.queryByRole('region', { name: 'Presentation' })).toBeNull();
  });
});
