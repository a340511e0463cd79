// The README of a folder for PyTorch.
import type { RunConfig } from '../experiment/config.ts';
import { catalogue } from '../models/catalogue.ts';
import { tasks } from '../tasks/index.ts';
import { totalSteps } from '../train/schedule.ts';
import type { FolderFacts } from './folder-facts.ts';
import type { Program } from './programs.ts';

const number = (value: number) => value.toLocaleString('en');

/** Where the run is, in a sentence. */
function position(config: RunConfig, { step, steps }: FolderFacts): string {
  if (step === 0) return `It begins at the first of ${number(steps)} steps.`;
  return `It continues after step ${number(step)} of ${number(totalSteps(config))}: ${number(steps)} steps are left.`;
}

function data({ samples, reads, validationSamples }: FolderFacts): string {
  const held = `${number(validationSamples)} samples for validation`;
  if (samples >= reads) return `${number(samples)} samples for training, all that the run reads, and ${held}`;
  return `${number(samples)} samples for training, which are read again in another order when they run out (the run reads ${number(reads)}; export with --samples for more), and ${held}`;
}

export function readmeOf(config: RunConfig, facts: FolderFacts, programs: readonly Program[]): string {
  const model = catalogue[config.model];
  const task = tasks[config.task];
  const stages = config.stages.join(', ');
  return `# ${model.title} on ${task.title}

A training run of RMT Playground, for PyTorch. ${model.description}

- Model: ${number(facts.parameters)} parameters, segments of ${config.segment_size} tokens, ${config.num_mem_tokens} memory tokens.
- Task: ${task.description}
- Run: stages of ${stages} segments, batches of ${config.batch_size}. ${position(config, facts)}

## Run it

\`\`\`sh
python3 -m venv venv && . venv/bin/activate      # Python 3.10 or later
pip install -r requirements.txt
python train.py
\`\`\`

\`train.py\` prints a line for each validation and writes to \`out/\`: \`metrics.jsonl\`, \`checkpoint.safetensors\`, events for
TensorBoard (\`tensorboard --logdir out\`), and \`state/\`, from which it resumes. On the batches of RMT Playground and without
dropout, its losses are those of RMT Playground up to rounding.

| command | does |
|---|---|
| \`python train.py --resume\` | continues after a stop or a crash, with the same losses |
| \`accelerate launch --num_processes 8 train.py\` | eight GPUs share each batch; add \`--multi_gpu --num_machines …\` for several machines |
| \`accelerate launch --cpu --num_processes 2 train.py\` | two processes without a GPU |
| \`python train.py --bf16 --accumulate 4\` | bfloat16, and a quarter of a batch at a time |
| \`accelerate launch --config_file settings/fsdp.yaml train.py\` | FSDP; \`settings/deepspeed.yaml\` for DeepSpeed |
| \`sbatch slurm.sh\` | an example for SLURM; adapt its first lines |

However many processes there are, a batch has ${config.batch_size} sequences, so the run stays the same. Options: \`python train.py --help\`.

## Change it

The settings of the run are in \`run.json\` under \`run\`: learning rate, schedule, clipping, steps. Those that change the data or
the model (batches, stages, task, sizes) need another export. The model is \`modeling_rmt.py\`:

\`\`\`python
from batches import batch_of, read_table
from folder import load
from pathlib import Path

model = load(".").eval()                                 # or load(".", weights="my.safetensors")
table = read_table(Path("."), "validation")
score = model(batch_of(model, table, range(8), range(8)))
print(score.loss, score.right.sum() / score.counted.sum())
\`\`\`

## Take it back

\`python convert_back.py\` makes \`run.zip\`. Drop it on the page of RMT Playground, on the view Runs: the run appears with its
curves and can be streamed, evaluated and resumed. On the command line: \`rmt import --from run.zip --out F\`.

## Files

| file | contents |
|---|---|
| \`model.safetensors\`, \`config.json\` | the weights and the configuration, under Hugging Face's names |
${facts.hasMoments ? '| `optimizer.safetensors` | the moments of AdamW, where the run is in the middle of a stage |\n' : ''}| \`run.json\` | the settings of the run and where it begins |
| \`vocabulary.json\` or \`tokenizer.json\` | what the token ids stand for |
| \`data/\` | ${data(facts)} |
${programs.map(({ name, purpose }) => `| \`${name}\` | ${purpose} |`).join('\n')}

\`data/*.safetensors\` are columns of integers: \`tokens\` (all sequences, one after the other), \`lengths\`, \`step\` (the step whose
batch a sample is in), \`stage\`, \`segments\`, ${
    model.answers === 'class'
      ? '`label`'
      : '`answer` (the answer is the tokens from the first to before the second number)'
  }. \`rmt data\` writes more of them.
`;
}
