// The programs and settings of a folder for PyTorch, as texts.
import associativeMemory from './python/associative_memory.py?raw';
import batches from './python/batches.py?raw';
import convertBack from './python/convert_back.py?raw';
import eventFile from './python/event_file.py?raw';
import folder from './python/folder.py?raw';
import modelingRmt from './python/modeling_rmt.py?raw';
import schedule from './python/schedule.py?raw';
import train from './python/train.py?raw';
import transformerXl from './python/transformer_xl.py?raw';
import deepspeed from './settings/deepspeed.yaml?raw';
import fsdp from './settings/fsdp.yaml?raw';
import requirements from './settings/requirements.txt?raw';
import slurm from './settings/slurm.sh?raw';

/** What a folder contains besides its model and data: by name, with what it is for. */
export interface Program {
  readonly name: string;
  readonly text: string;
  readonly purpose: string;
}

/** @param model such as rmt-bert: parts that it lacks are left out */
export const programsFor = (model: string): Program[] => [
  { name: 'modeling_rmt.py', text: modelingRmt, purpose: 'the model: recurrence, loss, truncated BPTT' },
  ...(model.endsWith('transformer-xl')
    ? [{ name: 'transformer_xl.py', text: transformerXl, purpose: 'its backbone, which transformers no longer has' }]
    : []),
  ...(model.startsWith('armt')
    ? [{ name: 'associative_memory.py', text: associativeMemory, purpose: 'its memory in every layer' }]
    : []),
  { name: 'train.py', text: train, purpose: 'training: steps, validation, saving, resuming' },
  { name: 'schedule.py', text: schedule, purpose: 'curriculum and learning rate' },
  { name: 'batches.py', text: batches, purpose: 'the data and its batches' },
  { name: 'folder.py', text: folder, purpose: 'reads and writes the files of this folder' },
  { name: 'event_file.py', text: eventFile, purpose: 'writes events for TensorBoard' },
  { name: 'convert_back.py', text: convertBack, purpose: 'makes one file for RMT Playground' },
  { name: 'requirements.txt', text: requirements, purpose: 'for pip install -r' },
  { name: 'settings/deepspeed.yaml', text: deepspeed, purpose: 'settings of accelerate for DeepSpeed' },
  { name: 'settings/fsdp.yaml', text: fsdp, purpose: 'settings of accelerate for FSDP' },
  { name: 'slurm.sh', text: slurm, purpose: 'an example for SLURM, two machines' },
];
