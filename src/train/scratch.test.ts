import { it } from 'vitest';
import { testGpu, openGpu } from '../testing/gpu.ts';
import { parseConfig } from './config.ts';
import type { Event } from './protocol.ts';
import { Session } from './session.ts';
const base = { task:'memorize', hidden_size:8, num_attention_heads:2, intermediate_size:8, num_hidden_layers:2, num_mem_tokens:2, segment_size:11, noise_words:10, stages:[1,2], stage_steps:[3], batch_size:4, learning_rate:0.01, validate_every:2, validate_samples:32, hidden_dropout_prob:0.1, attention_probs_dropout_prob:0.1, memory_noise:0.2 };
async function go(c: object, open = testGpu) {
  const events: Event[] = [];
  const s = new Session((e) => events.push(e), open);
  const t = performance.now();
  s.handle({ type: 'train-start', config: parseConfig({...base, ...c}) });
  await s.idle();
  console.log((performance.now()-t).toFixed(0), events.map(e => e.type === 'train-step' ? `s${e.loss.toFixed(4)}/${e.milliseconds.toFixed(0)}` : e.type==='validation' ? `v${e.accuracy}` : e.type === 'failed' ? e.message : e.type).join(' '));
  return events;
}
it('x', async () => {
  await go({});
  await go({});
  await go({seed:2});
  await go({hidden_dropout_prob:0, attention_probs_dropout_prob:0, memory_noise:0});
  await go({bptt:'keep', loss:'mean'});
  await go({learning_rate:1, stage_steps:[20], clip_norm:0, initializer_range:1, stages:[4], segments_drawn:'fixed', schedule:'constant', warmup_ratio:0});
  await go({learning_rate:1, stage_steps:[20], clip_norm:0, layer_norm_eps:0, weight_decay:1, adam_epsilon:1e-16, adam_beta1:0,adam_beta2:0, stages:[4], segments_drawn:'fixed', schedule:'constant', warmup_ratio:0});
  await go({}, openGpu);
  console.log((await testGpu()).bytes);
});
