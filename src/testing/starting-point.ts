// A model that a run can start from, as a session describes it.
import { presetConfig } from '../experiment/presets.ts';
import type { StartingPoint } from '../protocol/index.ts';

const trainedWith = { ...presetConfig('detect'), hidden_size: 32, segment_size: 12, num_mem_tokens: 4 };
const { model, hidden_size, num_hidden_layers, num_mem_tokens, segment_size, noise_words } = trainedWith;

export const detectModel: StartingPoint = {
  name: 'detect.safetensors',
  description: '2-layer BERT',
  bytes: 297_160,
  parameters: 23_366,
  tokens: { kind: 'words', count: 129 },
  settings: { model, hidden_size, num_hidden_layers, num_mem_tokens, segment_size, noise_words },
  unused: ['initializer_range'],
  trainedWith,
  metadata: { rmt_config: '{}' },
};

export const detectOrigin = { name: detectModel.name, size: detectModel.bytes, hash: '0123456789abcdef'.repeat(4) };
