import assert from "node:assert/strict";
import type { NftFamily } from "../../agent/kernel/nft/nft-session.ts";
import type { ClusterState, Scenario } from "../scenarios/scenario.ts";
import { ScenarioNode } from "../support/scenario-node.ts";
import { goldenFileName } from "./golden-folder.ts";
import { NftablesRecorder, recordScenario, type SentTransaction } from "./record-nftables.ts";

/** Ending of the files with nft text. */
export const nftExtension = ".nft";

/** Folder of the goldens that the others refer to: the commands that make the tables before there is any Service. */
export const baseFolder = "base";

/** All that a scenario sends, with a line before each transaction. What makes the empty tables is a reference to its golden. */
export async function renderScenario(scenario: Scenario): Promise<string> {
  const lines = [`# ${scenario.name}`];
  for (const { name, state, transactions } of await recordScenario(scenario)) {
    const base = await recordBase(state);
    if (name !== undefined) lines.push("", `# ${name}`);
    for (const transaction of transactions) lines.push(...renderTransaction(transaction, base));
  }
  return [...lines, ""].join("\n");
}

/** What every table of a node has, whatever its Services. */
export interface Base {
  /** What it depends on. */
  readonly facts: string;
  readonly commands: Readonly<Record<NftFamily, readonly string[]>>;
}

/** What is sent for a node without Services, but for the removal of an earlier table. */
export async function recordBase(state: ClusterState): Promise<Base> {
  const settings = settingsOf(state);
  const [ip, ip6, ...others] = await new NftablesRecorder().record(settings);
  assert.deepEqual(others, []);
  return { facts: describeFacts(settings), commands: { ip: creationIn(ip), ip6: creationIn(ip6) } };
}

/** What a state of the cluster says about the node. */
export function settingsOf({ config, node }: ClusterState): ClusterState {
  return { ...(config === undefined ? {} : { config }), ...(node === undefined ? {} : { node }) };
}

/** How pods are told from other clients: the only thing that the empty tables of scenarios depend on. */
export function describeFacts(settings: ClusterState): string {
  const { ipv4 } = new ScenarioNode("node1").update(settings).desired.node;
  const { kind, ...detector } = ipv4.localDetector;
  const pods = [kind, ...Object.values(detector)].join(" ");
  return ipv4.clusterIPMasquerade.pod ? `pods ${pods}, masqueradeAll` : `pods ${pods}`;
}

function creationIn(transaction: SentTransaction | undefined): readonly string[] {
  const { family, commands } = withoutRevision(transaction);
  const [add, remove, ...creation] = commands;
  assert.deepEqual([add, remove], [`add table ${family} kubesteer`, `delete table ${family} kubesteer`]);
  return creation;
}

function renderTransaction(transaction: SentTransaction, { facts, commands: base }: Base): readonly string[] {
  const { family, commands } = withoutRevision(transaction);
  const time = transaction.afterMs === 0 ? "" : `, ${transaction.afterMs / 1_000} s later`;
  const reference = `# … all for ${family} in ${baseFolder}/${goldenFileName(facts, nftExtension)}`;
  return [
    `# transaction in table ${family} kubesteer${time}`,
    ...replaceSequence(commands, base[family], reference),
  ];
}

/** The two commands at the end that every transaction has, which hold a number that starts at random. */
function withoutRevision(transaction: SentTransaction | undefined): {
  readonly family: NftFamily;
  readonly commands: readonly string[];
} {
  const commands = transaction?.commands ?? [];
  const [flush = "", add = ""] = commands.slice(-2);
  const family = flush.startsWith("flush set ip6 ") ? "ip6" : "ip";
  assert.equal(flush, `flush set ${family} kubesteer rev`);
  assert.match(add, new RegExp(`^add element ${family} kubesteer rev \\{ \\d+ \\}$`));
  return { family, commands: commands.slice(0, -2) };
}

/** `lines` with `replacement` in the place of the first run of lines that equals `sequence`. */
function replaceSequence(
  lines: readonly string[],
  sequence: readonly string[],
  replacement: string,
): readonly string[] {
  const start = lines.findIndex((_, index) =>
    sequence.every((line, offset) => lines[index + offset] === line),
  );
  return start === -1 ? lines : lines.toSpliced(start, sequence.length, replacement);
}
