// A document's question, asked after its segments: of copies of what they pass on, so that the stream goes on without it.
import type { Model } from '../models/model.ts';
import { SegmentReader, type SegmentView } from '../models/reader.ts';

/** The most questions of one pass: small products of four cost little more than those of one. */
export const MOST_QUESTIONS = 4;

/** A pass to come, and how many memories have been collected for it. */
interface Pass {
  questions: number;
  readonly view: Promise<SegmentView>;
  readonly begin: (view: Promise<SegmentView>) => void;
}

function pass(): Pass {
  let begin: Pass['begin'] = () => {};
  const view = new Promise<SegmentView>((resolve) => {
    begin = resolve;
  });
  return { questions: 0, view, begin };
}

export class Asker {
  private coming = pass();

  private constructor(
    private readonly reader: SegmentReader,
    private readonly question: Int32Array,
  ) {}

  /** @param question the words of a segment that asks it */
  static async create(model: Model, question: Int32Array): Promise<Asker> {
    const reader = await SegmentReader.create(model, { batch: MOST_QUESTIONS, attention: 'none' });
    reader.reset();
    return new Asker(reader, question);
  }

  /**
   * Ask after the segment that `reader` was given last.
   * @returns the head's logits, once `ask` was called or `MOST_QUESTIONS` have come together
   */
  async after(reader: SegmentReader): Promise<Float32Array> {
    const { view, questions: row } = this.coming;
    this.reader.copyStates(reader, row);
    this.coming.questions++;
    if (this.coming.questions === MOST_QUESTIONS) this.ask();
    const { logits } = await view;
    return logits[row] as Float32Array;
  }

  /** Ask what has not been asked yet. */
  ask(): void {
    const { questions, begin } = this.coming;
    if (questions === 0) return;
    this.coming = pass();
    // Submitted at once: the next memory takes the place of the first.
    begin(this.reader.step(new Array<Int32Array>(questions).fill(this.question), false));
  }

  release(): void {
    this.reader.release();
  }
}
