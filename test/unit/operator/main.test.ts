import assert from "node:assert/strict";
import { join } from "node:path";
import { execa } from "execa";
import packageJson from "../../../package.json" with { type: "json" };

const main = join(import.meta.dirname, "../../../operator/main.ts");

function run(...args: readonly string[]) {
  return execa(process.execPath, [main, ...args], { reject: false, timeout: 20_000 });
}

describe("operator program", function () {
  this.timeout(60_000);

  it("explains itself and ends with 0", async () => {
    const { exitCode, stdout } = await run("--help");
    assert.equal(exitCode, 0);
    assert.match(stdout, /--leader-elect/);
  });

  it("prints its version and ends with 0", async () => {
    const { exitCode, stdout } = await run("--version");
    assert.deepEqual([exitCode, stdout], [0, packageJson.version]);
  });

  it("ends with 2 and one sentence for a flag it does not understand", async () => {
    const { exitCode, stderr } = await run("--leader-elect", "maybe");
    assert.equal(exitCode, 2);
    assert.match(
      stderr,
      /^kubesteer-operator: --leader-elect must be true or false; got "maybe"\. Run with --help/,
    );
  });

  it("ends with 1 and names the file for a kubeconfig that is not there", async () => {
    const { exitCode, stdout } = await run("--kubeconfig", "/nonexistent");
    assert.equal(exitCode, 1);
    assert.match(stdout, /cannot read kubeconfig \/nonexistent/);
  });
});
