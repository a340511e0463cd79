import { describe, expect, it } from 'vitest';
import { beginsAsStories, parseStories } from './babi.ts';

const file = `1 Lena went to the harbour.
2 Otto picked up the lamp there.
3 Where is Lena? \tharbour\t1
4 Lena took the rope.
5 What has Lena and Otto? \tlamp,rope\t2 4
1 Otto ran home.
2 Where is Otto?\thome\t1
`;

describe('a file of bAbI', () => {
  it('is stories, and questions with the sentences before them', () => {
    const { questions, answers } = parseStories('qa.txt', file);
    expect(questions).toEqual([
      {
        story: 0,
        facts: ['Lena went to the harbour.', 'Otto picked up the lamp there.'],
        question: 'Where is Lena?',
        answer: 'harbour',
      },
      {
        story: 0,
        facts: ['Lena went to the harbour.', 'Otto picked up the lamp there.', 'Lena took the rope.'],
        question: 'What has Lena and Otto?',
        answer: 'lamp,rope',
      },
      { story: 1, facts: ['Otto ran home.'], question: 'Where is Otto?', answer: 'home' },
    ]);
    expect(answers).toEqual(['harbour', 'home', 'lamp,rope']);
  });

  it('is told from other texts by its beginning', () => {
    expect(beginsAsStories(file)).toBe(true);
    for (const other of ['1 of us went\nhome', 'Lena went.\n1 a\n', '']) expect(beginsAsStories(other)).toBe(false);
  });

  it.each([
    ['1 Lena went.\nOtto ran.\n', "qa.txt: line 2: 'Otto ran.'"],
    ['2 Lena went.\n', 'qa.txt: line 1: '],
    ['1 Where is Lena?\tharbour\t1\n', 'qa.txt: line 1: a question before any fact'],
    ['1 Lena went.\n2 Where is Lena?\t\t1\n', 'qa.txt: line 2: '],
    ['1 Lena went.\n', 'qa.txt: no questions'],
    ['', 'qa.txt: no questions'],
  ])('is refused otherwise: %j', (text, message) => {
    expect(() => parseStories('qa.txt', text)).toThrow(message);
  });
});
