import assert from "node:assert/strict";
import { Stage } from "../../../../playground/demo/stage.ts";
import type { Kubectl } from "../../../../playground/kubectl.ts";

function open({ color = false }: { readonly color?: boolean } = {}) {
  const written: string[] = [];
  return { stage: new Stage({ write: (text) => written.push(text), color }), text: () => written.join("") };
}

function clusterWith(result: Awaited<ReturnType<Kubectl>>): { readonly kubectl: Kubectl } {
  return { kubectl: async () => result };
}

describe("Stage", () => {
  it("counts checks and prints them with what was observed", () => {
    const { stage, text } = open();
    stage.check("pods answer", true, "pod1a 3");
    stage.check("nothing stays behind", true, "");
    stage.check("no request failed", false, "2 failed");
    assert.deepEqual({ passed: stage.passed, failed: stage.failed }, { passed: 2, failed: 1 });
    assert.equal(
      text(),
      "  ok   pods answer (pod1a 3)\n  ok   nothing stays behind\n  FAIL no request failed (2 failed)\n",
    );
  });

  it("prints titles and remarks without counting them", () => {
    const { stage, text } = open();
    stage.title("A Service");
    stage.say("that is reached");
    assert.equal(text(), "\nA Service\n  that is reached\n");
    assert.deepEqual({ passed: stage.passed, failed: stage.failed }, { passed: 0, failed: 0 });
  });

  it("uses colors only if requested", () => {
    const { stage, text } = open({ color: true });
    stage.check("pods answer", true, "");
    assert.equal(text(), "  \u001B[32mok  \u001B[0m pods answer\n");
  });

  it("prints a kubectl command as a user can type it, then its output", async () => {
    const { stage, text } = open();
    const cluster = clusterWith({ exitCode: 0, stdout: "patched\nagain", stderr: "" });
    const shown = await stage.kubectl(cluster, ["patch", "pxc", "default", "-p", '{"spec":{}}']);
    assert.deepEqual(shown, { exitCode: 0, output: "patched\nagain" });
    assert.equal(text(), `  $ kubectl patch pxc default -p '{"spec":{}}'\n    patched\n    again\n`);
  });

  it("prints both output streams of kubectl", async () => {
    const { stage } = open();
    const cluster = clusterWith({ exitCode: 1, stdout: "some", stderr: "refused" });
    assert.deepEqual(await stage.kubectl(cluster, ["apply"]), { exitCode: 1, output: "some\nrefused" });
  });
});
