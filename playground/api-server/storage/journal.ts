import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import type { KubeObject } from "../kube-object.ts";
import type { Change, ChangeLog, ObjectKey, StoredState } from "./object-store.ts";

/** A line of the journal. The first line is a snapshot, on which later changes build. */
type JournalLine =
  | { readonly kind: "snapshot"; readonly revision: number; readonly objects: StoredState["objects"] }
  | {
      readonly kind: "change";
      readonly type: Change["type"];
      readonly key: ObjectKey;
      readonly revision: number;
      readonly object: KubeObject;
    };

/** An open journal and its content when it was opened. */
export interface OpenJournal extends ChangeLog {
  readonly state: StoredState;
  close(): void;
}

/**
 * Opens the journal, replays it, and rewrites it as a snapshot plus the last `historyLength` changes. Each change is one line
 * that is written before it takes effect, so it survives SIGKILL of the process. A last line without a newline is incomplete:
 * its change was never acknowledged, so it is dropped.
 *
 * @throws Error with the line number if any other line is invalid.
 */
export function openJournal(path: string, historyLength: number): OpenJournal {
  mkdirSync(dirname(path), { recursive: true });
  const replayed = replay(existsSync(path) ? readLines(path) : []);
  const history = replayed.history.slice(-historyLength);
  rewrite(path, { revision: replayed.revision, objects: replayed.objects, history });
  const file = openSync(path, "a");
  return {
    state: { ...replayed, history },
    append: (change) => {
      writeSync(file, `${JSON.stringify(changeLine(change))}\n`);
    },
    close: () => closeSync(file),
  };
}

function readLines(path: string): readonly JournalLine[] {
  const complete = readFileSync(path, "utf8").split("\n").slice(0, -1);
  return complete.map((line, index) => parseLine(line, `${path}:${index + 1}`));
}

function parseLine(line: string, place: string): JournalLine {
  try {
    return JSON.parse(line) as JournalLine;
  } catch (cause) {
    throw new Error(`${place}: not a journal line; move the file away to start empty`, { cause });
  }
}

function replay(lines: readonly JournalLine[]): StoredState {
  const entries = new Map<string, { readonly key: ObjectKey; readonly object: KubeObject }>();
  const history: Change[] = [];
  let revision = 1;
  for (const line of lines) {
    revision = line.revision;
    if (line.kind === "snapshot") {
      for (const entry of line.objects) entries.set(identity(entry.key), entry);
      continue;
    }
    const { type, key, object } = line;
    const previous = entries.get(identity(key))?.object;
    history.push({ type, key, revision, object, ...(previous === undefined ? {} : { previous }) });
    if (type === "DELETED") entries.delete(identity(key));
    else entries.set(identity(key), { key, object });
  }
  return { revision, objects: [...entries.values()], history };
}

/** The snapshot is the state before the history, so that replaying the file gives both. */
function rewrite(path: string, state: StoredState): void {
  const before = new Map(state.objects.map((entry) => [identity(entry.key), entry]));
  for (const { key, previous } of state.history.toReversed()) {
    if (previous === undefined) before.delete(identity(key));
    else before.set(identity(key), { key, object: previous });
  }
  const first = state.history[0];
  const snapshot: JournalLine = {
    kind: "snapshot",
    revision: first === undefined ? state.revision : first.revision - 1,
    objects: [...before.values()],
  };
  const lines = [snapshot, ...state.history.map(changeLine)].map((line) => `${JSON.stringify(line)}\n`);
  writeFileSync(`${path}.new`, lines.join(""));
  renameSync(`${path}.new`, path);
}

function changeLine({ type, key, revision, object }: Change): JournalLine {
  return { kind: "change", type, key, revision, object };
}

function identity(key: ObjectKey): string {
  return `${key.resource}/${key.namespace}/${key.name}`;
}
