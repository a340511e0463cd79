// Built-in stories in the form of bAbI's first task: people move, and the question is where one of them is.
import { Random } from '../random.ts';
import { type Stories, type StoryQuestion, storiesOf } from './babi.ts';

const people = ['Anna', 'Boris', 'Clara', 'David'];
const rooms = ['attic', 'cellar', 'library', 'parlour', 'pantry', 'study'];
const verbs = ['went', 'walked', 'ran', 'moved'];
const stories = 200;
const questionsEach = 5;

function storyQuestions(random: Random, story: number): StoryQuestion[] {
  const places = new Map<string, string>();
  const facts: string[] = [];
  return Array.from({ length: questionsEach }, () => {
    for (let k = 0; k < 2; k++) {
      const [person, room] = [random.pick(people), random.pick(rooms)];
      places.set(person, room);
      facts.push(`${person} ${random.pick(verbs)} to the ${room}.`);
    }
    const person = random.pick([...places.keys()]);
    return { story, facts: [...facts], question: `Where is ${person}?`, answer: places.get(person) ?? '' };
  });
}

let made: Stories | undefined;

export function generatedStories(): Stories {
  const random = new Random(20);
  made ??= storiesOf(
    'the built-in stories',
    Array.from({ length: stories }, (_, story) => storyQuestions(random, story)).flat(),
  );
  return made;
}
