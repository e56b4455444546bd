import { randomInt } from "node:crypto";
import { errorMessage } from "../../../platform/errors.ts";
import type { Logger } from "../../../platform/log.ts";
import { CommandError, type CommandRunner, type RunningCommand } from "../command/command.ts";
import { createMutex } from "../../../platform/async/mutex.ts";

/** nft's word for an IP family. */
export type NftFamily = "ip" | "ip6";

/** Commands that take effect together or not at all. Each is one complete nft command on one line. */
export interface NftTransaction {
  readonly family: NftFamily;
  readonly commands: readonly string[];
}

export type NftCommit =
  | { readonly kind: "committed" }
  /** The kernel is unchanged. `reason` is nft's first error line. */
  | { readonly kind: "refused"; readonly reason: string };

/** Applies transactions to one table, one at a time, in the order of the calls. */
export interface NftSession {
  /** @throws {CommandError} when it is unknown whether the transaction took effect */
  commit(transaction: NftTransaction): Promise<NftCommit>;
  /**
   * Whether the last transaction that took effect in this family is still the table's last one: false when somebody else
   * has removed the table or writes it too. Only reads.
   */
  isLatest(family: NftFamily): Promise<boolean>;
  /** Whether a transaction with this number in the revision set is, or will be, one of this session's. */
  hasIssued(revision: number): boolean;
  /** Asks nft and the kernel about a transaction of any size without applying it. */
  check(transaction: NftTransaction): Promise<NftCommit>;
  /** Ends the helper process. */
  close(): Promise<void>;
}

export interface NftSessionOptions {
  readonly commands: CommandRunner;
  readonly table: string;
  readonly log: Logger;
}

/** The set of the table that holds the number of the last transaction: `typeof meta mark`. */
export const revisionSet = "rev";

/**
 * nft -i reads its lines through a line editor, which takes a millisecond for each KiB: from here on a process is faster.
 * It also gives the memory of its parser back.
 *
 * And nft -i takes what stands before the end of its input for a line. A line must not be cut there: one of this length goes into
 * the empty socket with one write, which the kernel does as a whole or not at all (one buffer, see unix_stream_sendmsg).
 */
const maxInteractiveLength = 32 * 1024;
/** The line history costs some 0.35 MB per 1000 lines. */
const maxLinesPerProcess = 20_000;
const maxFailedStarts = 3;
const interactiveTimeoutMs = 20_000;
const oneShotTimeoutMs = 120_000;

/** `describe` answers from nft's own tables, whatever the kernel holds: its output marks the end of a transaction. */
const endMarkerCommand = "describe meta mark";
const endMarker = /^meta expression, datatype mark .*$/m;

/**
 * A session over a long-lived `nft -i`: one line is one transaction and costs a third of a millisecond, where a process
 * for each costs 15. Every transaction also writes a fresh number into the revision set; reading it back tells committed
 * from refused. Big transactions go through `nft -f -`, and so does everything when `nft -i` does not work here. Where this
 * process is killed, nft has got the whole transaction or nothing of it.
 */
export function createNftSession({ commands, table, log }: NftSessionOptions): NftSession {
  const firstRevision = randomInt(1, 2 ** 30);
  let revision = firstRevision;
  let process: InteractiveNft | undefined;
  let failedStarts = 0;
  const latest = new Map<NftFamily, RevisionProof>();
  const inTurn = createMutex();

  async function commit(transaction: NftTransaction): Promise<NftCommit> {
    revision += 1;
    const proof = { family: transaction.family, table, revision };
    const result = await commitWithProof(transaction, proof);
    if (result.kind === "committed") latest.set(proof.family, proof);
    return result;
  }

  async function commitWithProof(
    { commands: lines }: NftTransaction,
    proof: RevisionProof,
  ): Promise<NftCommit> {
    const withProof = [...lines, ...revisionCommands(proof)];
    const line = withProof.join("; ");
    if (line.length > maxInteractiveLength || failedStarts >= maxFailedStarts) return oneShot(withProof, []);
    const answer = await interactively((nft) => nft.commit(line, proof));
    if (answer !== undefined) return answer;
    if (await isRevision(proof)) return { kind: "committed" };
    return oneShot(withProof, []);
  }

  async function isLatest(family: NftFamily): Promise<boolean> {
    const proof = latest.get(family);
    if (proof === undefined) return false;
    if (failedStarts >= maxFailedStarts) return isRevision(proof);
    return (await interactively((nft) => nft.isRevision(proof))) ?? isRevision(proof);
  }

  /** Undefined when the process died or fell silent, so that the outcome is unknown. */
  async function interactively<Result>(
    work: (nft: InteractiveNft) => Promise<Result>,
  ): Promise<Result | undefined> {
    if (process !== undefined && process.lines >= maxLinesPerProcess) await stopProcess();
    process ??= startInteractiveNft(commands);
    try {
      const result = await work(process);
      failedStarts = 0;
      return result;
    } catch (error) {
      failedStarts += 1;
      await stopProcess();
      const fallback = failedStarts >= maxFailedStarts;
      log.warn(
        { error: errorMessage(error), fallback },
        fallback ? "nft -i does not work here; using nft -f - from now on" : "nft -i failed and is restarted",
      );
      return undefined;
    }
  }

  async function oneShot(lines: readonly string[], args: readonly string[]): Promise<NftCommit> {
    const input = `${lines.join("\n")}\n`;
    const { exitCode, stderr } = await commands.run("nft", [...args, "-f", "-"], {
      input,
      timeoutMs: oneShotTimeoutMs,
    });
    return exitCode === 0 ? { kind: "committed" } : { kind: "refused", reason: firstError(stderr) };
  }

  async function isRevision({ family, revision: expected }: RevisionProof): Promise<boolean> {
    const { stdout } = await commands.run("nft", ["list", "set", family, table, revisionSet]);
    return parseRevision(stdout) === expected;
  }

  async function stopProcess(): Promise<void> {
    const stopped = process;
    process = undefined;
    await stopped?.stop();
  }

  return {
    commit: (transaction) => inTurn(() => commit(transaction)),
    isLatest: (family) => inTurn(() => isLatest(family)),
    hasIssued: (number) => number > firstRevision && number <= revision,
    check: ({ commands: lines }) => inTurn(() => oneShot(lines, ["--check"])),
    close: () => inTurn(stopProcess),
  };
}

/** Listens to nothing. */
function ignore(): void {}

interface RevisionProof {
  readonly family: NftFamily;
  readonly table: string;
  readonly revision: number;
}

interface InteractiveNft {
  /** Questions and transactions so far. */
  readonly lines: number;
  /** @throws {CommandError} when the process died or did not answer in time */
  commit(line: string, proof: RevisionProof): Promise<NftCommit>;
  /** @throws {CommandError} likewise */
  isRevision(proof: RevisionProof): Promise<boolean>;
  stop(): Promise<void>;
}

function startInteractiveNft(commands: CommandRunner): InteractiveNft {
  let lines = 0;
  let stdout = "";
  let stderr = "";
  let notify: () => void = ignore;
  let death: CommandError | undefined;
  const child: RunningCommand = commands.start("nft", ["-i"], {
    // nft -i reads and appends $HOME/.nft.history.
    env: { HOME: "/nonexistent" },
    onStdout(text) {
      stdout += text;
      notify();
    },
    onStderr(text) {
      stderr += text;
      notify();
    },
  });

  void watchEnd();

  async function watchEnd(): Promise<void> {
    death = new CommandError("nft", await child.ended);
    notify();
  }

  async function until(isDone: () => boolean): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const timer = setTimeout(
      () => reject(new CommandError("nft", `nft -i did not answer within ${interactiveTimeoutMs} ms`)),
      interactiveTimeoutMs,
    );
    notify = () => {
      if (isDone()) resolve(undefined);
      else if (death !== undefined) reject(death);
    };
    notify();
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      notify = ignore;
    }
  }

  /** Writes lines, then reads the revision back. */
  async function askRevision(proof: RevisionProof, ...before: readonly string[]): Promise<boolean> {
    stdout = "";
    stderr = "";
    lines += 1;
    child.write([...before, listRevision(proof), endMarkerCommand, ""].join("\n"));
    await until(() => endMarker.test(stdout));
    return parseRevision(stdout) === proof.revision;
  }

  return {
    get lines() {
      return lines;
    },
    isRevision: (proof) => askRevision(proof),
    async commit(line, proof) {
      if (await askRevision(proof, line)) return { kind: "committed" };
      // Errors come through another pipe; one that we cause on purpose ends what belongs to this transaction.
      const barrier = `barrier-${proof.revision}`;
      child.write(`list set ${proof.family} ${proof.table} ${barrier}\n`);
      await until(() => stderr.includes(barrier));
      return { kind: "refused", reason: firstError(stderr) };
    },
    stop: () => child.stop(),
  };
}

function revisionCommands({ family, table, revision }: RevisionProof): readonly string[] {
  const set = `${family} ${table} ${revisionSet}`;
  return [`flush set ${set}`, `add element ${set} { ${revision} }`];
}

function listRevision({ family, table }: RevisionProof): string {
  return `list set ${family} ${table} ${revisionSet}`;
}

function parseRevision(stdout: string): number | undefined {
  const [, digits] = /elements = \{ (0x[0-9a-f]+) \}/.exec(stdout) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** nft's first error without its position, or what else it said. */
function firstError(stderr: string): string {
  const [, message] = /Error: (.*)/.exec(stderr) ?? [];
  return (message ?? stderr.trim().split("\n")[0] ?? "") || "nft gave no reason";
}
