import { screen, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import type { StartingPoint } from '../../protocol/index.ts';
import { button, field, renderPage, textIn, textOf } from '../../testing/playground.tsx';
import { detectModel } from '../../testing/starting-point.ts';
import { Train } from '../views/Train.tsx';

const name = 'Starting weights';

it('random weights are the default, and every knob can be changed', async () => {
  const page = await renderPage(<Train />);
  expect(field('Start from').value).toBe('');
  expect(page.hasAsked('describe')).toBe(false);
  expect(field('Hidden size').disabled).toBe(false);
});

it('a bundled model is read, its settings are shown as fixed, with the reason, and what is trained is asked', async () => {
  const page = await renderPage(<Train />);
  await page.user.selectOptions(field('Start from'), 'detect.safetensors');
  const job = await page.asked('describe');
  expect(textIn(name)).toContain('Reading the model …');
  job.send({ type: 'describe-end', model: detectModel });
  expect(textIn(name)).toContain('detect.safetensors: 2-layer BERT, 23,366 parameters (297 kB), 129 words.');
  for (const label of ['Hidden size', 'Model']) {
    expect(field(label).disabled, label).toBe(true);
    expect(textOf(field(label).closest('form, section'))).toContain('Fixed: taken from detect.safetensors');
  }
  expect(field('Hidden size').value).toBe('32');
  expect(field('Learning rate').disabled).toBe(false);
  // Its weights and words are there.
  expect(screen.queryByLabelText('Initialisation range')).toBeNull();
  const region = within(screen.getByRole('region', { name }));
  await page.user.selectOptions(region.getByLabelText('Trained parameters'), 'memory-and-head');
  expect(page.state().experiment.config.trained).toBe('memory-and-head');
  await page.user.click(button('Use its run’s settings'));
  expect(page.state().experiment.config).toMatchObject({ task: 'detect', trained: 'all' });
  await page.user.selectOptions(field('Start from'), '');
  expect(field('Hidden size').disabled).toBe(false);
  expect(textOf(region.queryByLabelText('Trained parameters'))).toBe('');
});

it('memory is put around a model of this page that has none, and the run starts from that', async () => {
  const page = await renderPage(<Train />);
  await page.user.selectOptions(field('Start from'), 'detect.safetensors');
  (await page.asked('describe')).send({ type: 'describe-end', model: detectModel });
  expect(screen.queryByRole('button', { name: 'Put 8 memory tokens around it' })).toBeNull();
  const plain: StartingPoint = { ...detectModel, settings: { ...detectModel.settings, model: 'bert' } };
  await page.user.selectOptions(field('Start from'), '');
  await page.user.selectOptions(field('Start from'), 'detect.safetensors');
  page.job('describe').send({ type: 'describe-end', model: plain });
  await page.user.click(button('Put 8 memory tokens around it'));
  const job = await page.asked('import');
  expect(job.request).toMatchObject({ options: { memory: 8 } });
  expect(job.request.files.map((file) => file.name)).toEqual(['detect.safetensors']);
  const report = {
    ...{ format: 'a checkpoint of this program', model: 'rmt-bert', description: '2-layer BERT', parameters: 23_400 },
    ...{ renamed: [], leftOut: [], initialised: [{ name: 'rmt.memory', how: 'normal' }], words: 129, assumed: [] },
    ...{ converted: {}, config: { num_mem_tokens: 8, segment_size: 12 } },
  };
  job.send({ type: 'import-end', report, bytes: 5000, answers: 'class' });
  await expect.poll(() => page.state().experiment.train.from).toMatch(/^file:.* with memory$/);
  expect(await screen.findByText(/Its vocabulary of 129 words is kept/)).toBeTruthy();
  expect(page.job('describe').request.model).toMatchObject({ kind: 'files', options: { memory: 8 } });
});

it('a link names a bundled model, which is read when it is opened', async () => {
  const page = await renderPage(<Train />, { address: '#/train?train.from=detect.safetensors' });
  expect(field('Start from').value).toBe('detect.safetensors');
  (await page.asked('describe')).send({ type: 'describe-end', model: detectModel });
  expect(field('Hidden size').value).toBe('32');
});

it('what is wrong is said there: a model that is not here, that cannot be read, or that cannot do the task', async () => {
  const page = await renderPage(<Train />, { address: '#/train?train.from=run:gone' });
  const region = within(screen.getByRole('region', { name }));
  expect(textOf(await region.findByRole('alert'))).toContain('is not in this browser');
  await page.user.selectOptions(field('Start from'), 'detect.safetensors');
  const job = await page.asked('describe');
  job.fail('checkpoint detect.safetensors: neither a tokenizer nor a vocabulary (expected one of them)');
  expect(textOf(await region.findByRole('alert'))).toContain('neither a tokenizer nor a vocabulary');
  await page.user.selectOptions(field('Start from'), '');
  expect(region.queryByRole('alert')).toBeNull();
  await page.user.selectOptions(field('Start from'), 'detect.safetensors');
  page.job('describe').send({ type: 'describe-end', model: detectModel });
  await expect.poll(() => page.job('estimate').request.from?.name).toBe('detect.safetensors');
  page.job('estimate').fail('checkpoint detect.safetensors: vocabulary: no word "a" (expected every word of copy)');
  expect(textOf(await region.findByRole('alert'))).toMatch(/^This run cannot start from this model\./);
});
