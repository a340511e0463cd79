// Where a knob comes from: the paper that has it, or that it is ours.
import { type Knob, type KnobName, knobs } from '../../experiment/config.ts';

const report = 'Bulatov et al. 2023, arXiv:2304.11062';
const paper = 'Bulatov et al. 2022, arXiv:2207.06881';
const bert = 'Devlin et al. 2018, arXiv:1810.04805';
const transformer = 'Vaswani et al. 2017, arXiv:1706.03762';
const xl = 'Dai et al. 2019, arXiv:1901.02860';
const adamw = 'Loshchilov & Hutter 2017, arXiv:1711.05101';
const adam = 'Kingma & Ba 2014, arXiv:1412.6980';
const clipping = 'Pascanu et al. 2012, arXiv:1211.5063';
const lmRmt = 'LM-RMT, the code of the 2022 paper';
const ours = 'ours';

const sources: Readonly<Partial<Record<KnobName, string>>> = {
  fact_position: ours,
  sampling: ours,
  practice: ours,
  noise_words: `ours; the report takes its noise from QuALITY, arXiv:2112.08608`,
  num_hidden_layers: transformer,
  hidden_size: transformer,
  num_attention_heads: transformer,
  intermediate_size: transformer,
  num_mem_tokens: paper,
  memory_mask: lmRmt,
  write_tokens: paper,
  mem_len: xl,
  head_size: xl,
  d_mem: 'Rodkin et al. 2024, arXiv:2407.04841',
  segment_size: paper,
  segment_alignment: 'the official code of RMT',
  layer_norm_eps: 'Ba et al. 2016, arXiv:1607.06450',
  hidden_dropout_prob: 'Srivastava et al. 2014, jmlr.org/papers/v15/srivastava14a.html',
  attention_probs_dropout_prob: bert,
  initializer_range: bert,
  stages: `${report}, curriculum learning`,
  stage_steps: `${report}, curriculum learning`,
  stage_until: `${report}, curriculum learning`,
  segments_drawn: 'the official code of RMT',
  schedule: `linear as in the report, arXiv:2304.11062; cosine and plateau as in ${lmRmt}`,
  plateau_factor: lmRmt,
  plateau_patience: lmRmt,
  learning_rate_min: lmRmt,
  warmup_ratio: transformer,
  weight_decay: adamw,
  adam_beta1: adam,
  adam_beta2: adam,
  adam_epsilon: adam,
  clip_norm: clipping,
  clip_value: report,
  memory_noise: ours,
  loss: 'the official code of RMT',
  loss_words: lmRmt,
  bptt_depth: paper,
  bptt: 'Chen et al. 2016, arXiv:1604.06174',
};

const ofGroup: Readonly<Record<Knob['group'], string>> = {
  task: 'see the task',
  model: 'see the model',
  curriculum: report,
  optimiser: adamw,
  run: 'ours',
};

export const sourceOf = (name: KnobName): string => sources[name] ?? ofGroup[knobs[name].group];
