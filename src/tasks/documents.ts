// Classification of a document that spans several segments, any part of which may matter.
import { verdicts } from '../text/document-source.ts';
import { generatedDocuments } from '../text/generated-documents.ts';
import { Vocabulary } from '../text/vocabulary.ts';
import { defineTask } from './sampling.ts';

const builtIn = generatedDocuments();

export const documents = defineTask({
  id: 'documents',
  title: 'Document classification',
  description:
    'Classify a document that spans several segments. The built-in reviews mix praise and criticism, and the ' +
    'majority decides; you can use the Hyperpartisan news articles instead.',
  source: 'Bulatov et al. 2022, arXiv:2207.06881, Hyperpartisan news detection; the built-in reviews are our own',
  kind: 'classification',
  classes: verdicts,
  knobs: {},
  minimumSegmentSize: 16,
  material: 'documents',
  vocabulary: ({ documents = builtIn }) => Vocabulary.of([...verdicts, ...documents.words]),
  sample(random, { segments, segmentSize, split, vocabulary, documents = builtIn }) {
    const { tokens, answer } = documents.draw(random, split, segments * segmentSize, vocabulary);
    return { tokens, answer, marks: [] };
  },
});
