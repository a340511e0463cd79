// Learn: the tour, a lecture in scenes, scenes of the user's own, the two diagrams, and the ribbon for other pages.
import { Associative, associativeInWords } from '../diagrams/Associative.tsx';
import { Recurrence, recurrenceInWords } from '../diagrams/Recurrence.tsx';
import { useAssociativeNumbers, useModelNumbers } from '../diagrams/use-numbers.ts';
import { DepthOfGradient } from '../learn/DepthOfGradient.tsx';
import { EmbedSnippet } from '../learn/EmbedSnippet.tsx';
import { lecture } from '../learn/lecture.ts';
import { OwnScenes } from '../learn/OwnScenes.tsx';
import { SceneList } from '../learn/SceneList.tsx';
import { useActions, usePlayground } from '../playground.tsx';
import layout from '../styles/layout.module.css';
import sections from '../styles/sections.module.css';
import typography from '../styles/typography.module.css';

export function Learn() {
  const linked = usePlayground(({ experiment }) => experiment.learn.scenes);
  const numbers = useModelNumbers();
  const associative = useAssociativeNumbers();
  const { scenes } = useActions();
  return (
    <>
      <div className={layout.lead}>
        <h1>Learn how a memory works</h1>
        <p>
          The tour plays on the page itself and takes about ten minutes. The lecture is the same in scenes, for a room.
        </p>
      </div>
      {linked && (
        <section className={sections.panel} aria-label="Scenes of the link">
          <header className={sections.head}>
            <h2>Scenes of the link</h2>
            <button type="button" onClick={() => scenes.add(linked)}>
              Add to your scenes
            </button>
          </header>
          <SceneList scenes={linked} label="Scenes of the link" />
        </section>
      )}
      <section className={sections.panel} aria-label="A segment and its memory">
        <h2>A segment and its memory</h2>
        <Recurrence numbers={numbers} />
        <p className={typography.note} data-aside="presenting">
          {recurrenceInWords(numbers)} Numbers of{' '}
          {numbers.source === 'stream' ? 'the model on Stream' : 'the settings on Train'}.
        </p>
      </section>
      <section className={sections.panel} aria-label="Backpropagation through time">
        <h2>Backpropagation through time</h2>
        <DepthOfGradient />
      </section>
      <section className={sections.panel} aria-label="An associative memory">
        <h2>An associative memory</h2>
        <Associative numbers={associative} />
        <p className={typography.note} data-aside="presenting">
          {associativeInWords(associative)} φ is a fixed function that makes features of keys and queries, and z counts
          what was written. ARMT (Rodkin et al. 2024); numbers of the settings on Train.
        </p>
      </section>
      <section className={sections.panel} aria-label="Lecture">
        <h2>Lecture</h2>
        <SceneList scenes={lecture} label="Scenes of the lecture" />
      </section>
      <section className={sections.panel} aria-label="Your scenes">
        <h2>Your scenes</h2>
        <OwnScenes />
      </section>
      <section className={sections.panel} aria-label="Embed">
        <h2>On a page of yours</h2>
        <EmbedSnippet />
      </section>
    </>
  );
}
