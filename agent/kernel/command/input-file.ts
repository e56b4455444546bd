import { randomUUID } from "node:crypto";
import { type FileHandle, open, unlink } from "node:fs/promises";
import { join } from "node:path";

/** In memory, and writable even in containers with a read-only root file system (OCI runtime specification). */
const memoryDirectory = "/dev/shm";

/**
 * A file without a name that holds `text`, open for reading at its beginning. The reader gets all of `text`, whatever
 * happens to this process. A reader of a pipe whose writer is killed would take the part that arrived for the whole.
 */
export async function openInput(text: string, directory = memoryDirectory): Promise<FileHandle> {
  const path = join(directory, `kubesteer-${randomUUID()}`);
  const writer = await open(path, "wx", 0o600);
  try {
    const reader = await openAndUnlink(path);
    await writer.writeFile(text).catch(async (error: unknown) => {
      await reader.close();
      throw error;
    });
    return reader;
  } finally {
    await writer.close();
  }
}

async function openAndUnlink(path: string): Promise<FileHandle> {
  try {
    return await open(path, "r");
  } finally {
    await unlink(path);
  }
}
