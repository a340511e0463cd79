// A file of bAbI, opened.
import { parseStories, type Stories } from './babi.ts';
import { readWholeText, type UserFile } from './open-text.ts';

/** Larger than any file of bAbI. */
const mostCharacters = 2 ** 26;

/** @throws InputError if the file cannot be read, or is none of bAbI */
export async function readStories(file: UserFile): Promise<Stories> {
  return parseStories(file.name, (await readWholeText(file, mostCharacters)).text);
}
