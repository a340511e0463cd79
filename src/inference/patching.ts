// Activation patching: a part of another document's reading is put in the place of the same part of a document's, and the
// rest is read on. How far the answer moves towards the other document's shows what that part carries.
// Source: Vig et al. 2020, arXiv:2004.12265; Meng et al. 2022, arXiv:2202.05262 (causal tracing)
import { InputError } from '../errors.ts';
import type { Work } from '../experiment/workspace.ts';
import type { Model } from '../models/model.ts';
import { SegmentReader, type SegmentView } from '../models/reader.ts';
import { positionsOf } from '../models/segments.ts';
import { copyPart, SiteValues } from '../models/site-values.ts';
import type { Site } from '../models/sites.ts';
import { joined } from '../models/states.ts';
import type { UserDocument } from '../tasks/user-document.ts';
import { type AnswerAt, answerAt, type Candidate, candidatesOf, contrast, probabilitiesOf } from './answer-at.ts';
import { intervene, type StateLayout, stateLayoutOf } from './interventions.ts';
import { type Patch, type PatchMap, patchesOf, type Sweep } from './patch-sweep.ts';
import { type DocumentSettings, type SegmentText, StreamedDocument, type WordEdit } from './streamed-document.ts';

/** The document that patches come from: drawn by a seed, with other facts, or the first with other words. */
export interface OtherDocument {
  readonly seed?: number | undefined;
  readonly document?: UserDocument | undefined;
  readonly edits?: readonly WordEdit[] | undefined;
}

export interface PatchSettings {
  readonly other: OtherDocument;
  readonly sweep: Sweep;
  /** Of an answer of several words: which one, from 0. */
  readonly word?: number | undefined;
}

/** Both documents, read without a patch. */
export interface PatchReading extends Pick<AnswerAt, 'segment' | 'word' | 'words'> {
  /** The document's own answer, and the one that effects are measured towards: the other document's, where it differs. */
  readonly answer: Candidate;
  readonly than: Candidate;
  /** What the other document's reading makes of the same two answers, and its own answer. */
  readonly other: { readonly answer: Candidate; readonly than: Candidate; readonly own: string };
  /** Whether the two documents have different answers. */
  readonly differs: boolean;
  /** The texts of the segments that differ, for display. */
  readonly texts: readonly { readonly index: number; readonly own: SegmentText; readonly other: SegmentText }[];
}

/** The answer under a patch. */
export interface Patched {
  readonly margin: number;
  readonly answer: number;
  readonly than: number;
}

/** A document as it is read without a patch. */
interface Reading {
  readonly document: StreamedDocument;
  /** The states after each segment, in the layout of one sequence. */
  readonly after: readonly Float32Array[];
  readonly logits: Float32Array;
}

/** Patches read at once, each in a row of one batch. */
const ROWS = 16;
/** Bytes of both documents' states on the host. */
const MOST_STATE_BYTES = 2 ** 28;
const MOST_TEXTS = 24;

/** The settings of the other document: those of the document's own, as far as it does not say. */
function settingsOf(own: DocumentSettings, { seed, document, edits }: OtherDocument): DocumentSettings {
  const facts = document ?? (seed === undefined ? own.document : undefined);
  return { segments: own.segments, seed: seed ?? own.seed, ...(facts ? { document: facts } : {}), edits };
}

const statesOf = ({ states }: SegmentView): Float32Array => joined([...states.values()]);

export class Patching {
  readonly map: PatchMap;
  private readonly layout: StateLayout;
  private reader!: SegmentReader;
  private own!: Reading;
  private other!: Reading;
  reading!: PatchReading;
  private source: { readonly segment: number; readonly values: SiteValues } | undefined;

  private constructor(
    private readonly model: Model,
    private readonly documents: readonly [own: StreamedDocument, other: StreamedDocument],
    private readonly at: AnswerAt,
    private readonly sweep: Sweep,
  ) {
    const { blueprint } = model;
    const [document, other] = documents;
    this.layout = stateLayoutOf(blueprint);
    const segments = at.segment + 1;
    const segment = sweep.kind === 'memory' ? 0 : sweep.segment;
    const lengthOf = (each: StreamedDocument) => each.idsOf(segment).length;
    const positions = positionsOf(blueprint.layout, lengthOf(document));
    this.map = patchesOf(sweep, blueprint, this.layout, { segments, positions });
    if (other.length < segments)
      throw new InputError('other document', `${other.length} segments`, `at least ${segments}, as many as are read`);
    if (sweep.kind !== 'memory' && lengthOf(other) !== lengthOf(document))
      throw new InputError(
        `segment ${segment + 1} of the other document`,
        `${lengthOf(other)} words`,
        `${lengthOf(document)}, so that positions correspond`,
      );
    if (2 * segments * this.layout.size * 4 > MOST_STATE_BYTES)
      throw new InputError(
        'patching',
        `${segments} segments`,
        `at most ${Math.floor(MOST_STATE_BYTES / (8 * this.layout.size))} of this model, whose states are kept`,
      );
  }

  /**
   * Read both documents without a patch.
   * @param proceed called after each segment of either; false stops
   * @returns undefined if it was stopped
   * @throws InputError if the documents or the patches do not fit
   */
  static async create(
    model: Model,
    work: Work,
    { other, sweep, word, ...settings }: DocumentSettings & PatchSettings,
    proceed: () => boolean = () => true,
  ): Promise<Patching | undefined> {
    const { blueprint } = model;
    const document = new StreamedDocument(blueprint, work, settings);
    const second = new StreamedDocument(blueprint, work, settingsOf(settings, other));
    const at = answerAt(blueprint, work, document, word);
    const patching = new Patching(model, [document, second], at, sweep);
    try {
      if (await patching.prepare(proceed)) return patching;
    } catch (error) {
      patching.release();
      throw error;
    }
    patching.release();
    return undefined;
  }

  private async prepare(proceed: () => boolean): Promise<boolean> {
    const { model, documents, at, sweep } = this;
    const batch = Math.min(ROWS, this.map.patches.length);
    this.reader = await SegmentReader.create(model, { batch, sites: sweep.kind !== 'memory' });
    const readings: Reading[] = [];
    for (const document of documents) {
      const reading = await this.readThrough(document, proceed);
      if (!reading) return false;
      readings.push(reading);
    }
    [this.own, this.other] = readings as [Reading, Reading];
    const candidates = candidatesOf(at, this.own.logits);
    const others = candidatesOf(at, this.other.logits);
    const [own, theirs] = [candidates[0], others[0]];
    const differs = own?.word !== theirs?.word;
    const [answer, than] = contrast(candidates, differs ? { than: theirs?.word } : {});
    const find = ({ id }: Candidate) => others.find((each) => each.id === id) ?? answer;
    const { segment, word, words } = at;
    this.reading = {
      segment,
      word,
      words,
      answer,
      than,
      other: { answer: find(answer), than: find(than), own: theirs?.word ?? '' },
      differs,
      texts: this.differing(),
    };
    return true;
  }

  private differing(): PatchReading['texts'] {
    const [own, other] = this.documents;
    const indexes = Array.from({ length: this.at.segment + 1 }, (_, i) => i).filter((index) => {
      const [one, two] = [own.idsOf(index), other.idsOf(index)];
      return one.length !== two.length || one.some((id, i) => id !== two[i]);
    });
    const marked = (index: number) => own.textOf(index).marks.length + other.textOf(index).marks.length > 0;
    const shown = indexes.length > MOST_TEXTS ? indexes.filter(marked).slice(0, MOST_TEXTS) : indexes;
    return shown.map((index) => ({ index, own: own.textOf(index), other: other.textOf(index) }));
  }

  private async readThrough(document: StreamedDocument, proceed: () => boolean): Promise<Reading | undefined> {
    const { reader, at } = this;
    const after: Float32Array[] = [];
    reader.reset();
    for (let n = 0; ; n++) {
      const view = await reader.step(document.segments[n] ?? []);
      after.push(this.rowOf(statesOf(view), 0, reader.batch));
      const logits = view.logits[at.row];
      if (n === at.segment && logits) return { document, after, logits };
      if (n === at.segment || !proceed()) return undefined;
    }
  }

  /** One sequence's states out of those of a batch. */
  private rowOf(states: Float32Array, row: number, batch: number): Float32Array {
    const parts: Float32Array[] = [];
    let at = 0;
    for (const { shape } of this.model.blueprint.states(1)) {
      const size = shape.reduce((product, length) => product * length, 1);
      parts.push(states.subarray(at + row * size, at + (row + 1) * size));
      at += batch * size;
    }
    return joined(parts);
  }

  /** The states of several sequences, for a batch of the reader; missing rows repeat the first. */
  private stacked(rows: readonly Float32Array[]): Float32Array {
    const parts: Float32Array[] = [];
    let at = 0;
    for (const { shape } of this.model.blueprint.states(1)) {
      const size = shape.reduce((product, length) => product * length, 1);
      for (let b = 0; b < this.reader.batch; b++)
        parts.push((rows[b] ?? (rows[0] as Float32Array)).subarray(at, at + size));
      at += size;
    }
    return joined(parts);
  }

  /** Positions of the segments before segment n. */
  private positionsBefore(document: StreamedDocument, n: number): number {
    const { layout } = this.model.blueprint;
    let sum = 0;
    for (let index = 0; index < n; index++) sum += positionsOf(layout, document.idsOf(index).length);
    return sum;
  }

  /** How many of the patches from `from` on can be read at once: those in the same segment. */
  together(from: number): number {
    const { patches } = this.map;
    const segment = patches[from]?.segment;
    let count = 0;
    while (count < this.reader.batch && patches[from + count]?.segment === segment) count++;
    return count;
  }

  /**
   * Read on under each of these patches, which are in the same segment.
   * @param proceed called after each segment; false stops
   * @returns the answer under each; undefined if it was stopped
   */
  async read(patches: readonly Patch[], proceed: () => boolean = () => true): Promise<Patched[] | undefined> {
    const { reader, at, own, other } = this;
    const { rows } = this.model.blueprint.layout.head;
    const segment = patches[0]?.segment ?? 0;
    const answers = (view: SegmentView) => patches.map((_, b) => this.judge(view.logits[b * rows + at.row]));
    const textOf = (n: number) => patches.map(() => own.document.idsOf(n));
    let from = segment;
    if (patches[0]?.kind === 'memory') {
      const left = own.after[segment] ?? new Float32Array(0);
      const changed = patches.map((patch) => {
        const token = patch.kind === 'memory' ? patch.token : undefined;
        const swap = { kind: 'swap', segment, seed: 0, ...(token === undefined ? {} : { tokens: [token] }) } as const;
        return intervene(swap, this.layout, left, left, other.after[segment]);
      });
      from = segment + 1;
      reader.reset();
      reader.writeStates(this.stacked(changed), this.positionsBefore(own.document, from));
    }
    const values = patches[0]?.kind === 'memory' ? undefined : await this.valuesAt(segment);
    if (values) this.startAt(own, segment);
    for (let n = from; ; n++) {
      const view = await reader.step(
        textOf(n),
        true,
        n === segment && values ? (encoder, site) => this.put(encoder, site, patches, values) : undefined,
      );
      if (n === at.segment) return answers(view);
      if (!proceed()) return undefined;
    }
  }

  /** Make the reader continue at segment n with the states that a document's reading passes on to it. */
  private startAt({ document, after }: Reading, n: number): void {
    const { reader } = this;
    reader.reset();
    const before = after[n - 1];
    if (before && before.length > 0) reader.writeStates(this.stacked([before]), this.positionsBefore(document, n));
  }

  /** What the other document's reading has at the sites of a segment, computed by the reader that it is put into. */
  private async valuesAt(segment: number): Promise<SiteValues> {
    if (this.source?.segment === segment) return this.source.values;
    const { model, other, reader } = this;
    const values = await SiteValues.create(model.gpu, reader.sites, 1);
    this.source?.values.release();
    this.source = { segment, values };
    this.startAt(other, segment);
    await reader.step([other.document.idsOf(segment)], true, (encoder, site) => values.take(encoder, site));
    return values;
  }

  /** Encode the patches of this site, each into its own row. */
  private put(encoder: GPUCommandEncoder, site: Site, patches: readonly Patch[], values: SiteValues): void {
    const wide = (site.tensor.shape[2] ?? 0) / this.model.blueprint.shape.heads;
    patches.forEach((patch, row) => {
      if (patch.kind === 'memory' || patch.layer !== site.layer) return;
      if (site.kind !== (patch.kind === 'head' ? 'attended' : 'hidden')) return;
      const { position } = patch;
      copyPart(encoder, [values.of(site), 0], [site.tensor, row], {
        ...(position === undefined ? {} : { positions: [position, position + 1] }),
        ...(patch.kind === 'head' ? { channels: [patch.head * wide, (patch.head + 1) * wide] } : {}),
      });
    });
  }

  private judge(logits: Float32Array = new Float32Array(0)): Patched {
    const [one, two] = [this.reading.answer.id, this.reading.than.id];
    const [answer = Number.NaN, than = Number.NaN] = probabilitiesOf(this.at, logits, [one, two]);
    return { margin: (logits[one] ?? Number.NaN) - (logits[two] ?? Number.NaN), answer, than };
  }

  release(): void {
    this.reader?.release();
    this.source?.values.release();
  }
}
