import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { execa } from "execa";
import { namespacesOf, planNetwork } from "../../playground/nodes/network-plan.ts";
import { missingForTopology } from "../../playground/nodes/topology.ts";
import { waitUntil } from "../../playground/wait-until.ts";
import { skipBecause } from "../support/skip.ts";

const root = path.join(import.meta.dirname, "../..");
const namespacesLeft = (prefix: string): readonly string[] =>
  namespacesOf(planNetwork(prefix)).filter((name) => existsSync(`/run/netns/${name}`));

describe("playground", function () {
  this.timeout(120_000);

  before(async function () {
    const missing = await missingForTopology();
    if (missing !== undefined) skipBecause(this, missing);
  });

  it("the demo passes all its checks and leaves nothing behind", async () => {
    const demo = await execa(process.execPath, ["playground/demo/main.ts"], { cwd: root, reject: false });
    const lastLine = demo.stdout.trimEnd().split("\n").at(-1);
    assert.match(lastLine ?? "", /^demo: [1-9]\d* checks passed, 0 failed$/, demo.stdout);
    assert.equal(demo.exitCode, 0);
    assert.deepEqual(namespacesLeft("kubesteer-demo"), []);
    assert.deepEqual(programsOf("/kubesteer-demo-"), []);
  });

  it("a second start has no effect, Ctrl-C removes everything", async () => {
    const first = await startPlayground();
    const second = await execa(process.execPath, ["playground/main.ts"], { cwd: root, reject: false });
    assert.equal(second.exitCode, 1);
    assert.match(second.stderr, new RegExp(`already running as process ${first.pid}\\b`));
    assert.notDeepEqual(namespacesLeft("kubesteer"), [], "the first playground still runs");

    const exited = once(first, "exit");
    first.kill("SIGINT");
    await exited;
    assert.deepEqual(namespacesLeft("kubesteer"), []);
    assert.deepEqual(programsOf("/kubesteer-kubesteer-"), []);
  });

  it("a killed playground is cleaned up too", async () => {
    const killed = await startPlayground();
    killed.kill("SIGKILL");
    await waitUntil("the janitor to remove everything", nothingIsLeft, { timeoutMs: 60_000 });
  });
});

function nothingIsLeft(): boolean {
  return namespacesLeft("kubesteer").length === 0 && programsOf("/kubesteer-kubesteer-").length === 0;
}

async function startPlayground(): Promise<ChildProcess> {
  const child = spawn(process.execPath, ["playground/main.ts"], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    output += chunk;
  });
  await waitUntil("the playground to run", () => output.includes("The cluster is running"), {
    timeoutMs: 60_000,
  });
  return child;
}

/** Command lines of running programs that contain a folder of the run. */
function programsOf(folder: string): readonly string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(commandLine)
    .filter((text) => text.includes(folder));
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return ""; // it has ended in the meantime
  }
}
