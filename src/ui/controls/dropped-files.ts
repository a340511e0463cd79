// The files of a drop: those dropped themselves, and those directly in dropped folders.

const entriesOf = (folder: FileSystemDirectoryEntry) =>
  new Promise<FileSystemEntry[]>((resolve, reject) => folder.createReader().readEntries(resolve, reject));
const fileOf = (entry: FileSystemFileEntry) => new Promise<File>((resolve, reject) => entry.file(resolve, reject));
const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;
const isFolder = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;

export async function droppedFiles({ files, items }: DataTransfer): Promise<readonly File[]> {
  // What was dropped is accessible only until the event is over.
  const direct = [...files];
  const entries = [...(items ?? [])].flatMap((item) => item.webkitGetAsEntry?.() ?? []);
  const folders = entries.filter(isFolder);
  if (folders.length === 0) return direct;
  const inside = (await Promise.all(folders.map(entriesOf))).flat();
  return Promise.all([...entries, ...inside].filter(isFile).map(fileOf));
}
