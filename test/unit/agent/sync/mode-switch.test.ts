import assert from "node:assert/strict";
import { ModeSwitch } from "../../../../agent/sync/mode-switch.ts";
import { FakeDataplane, makeRunners } from "../../../support/fake-dataplane.ts";
import { createRecordingLogger } from "../../../support/recording-logger.ts";

async function chooseName(modes: ModeSwitch, settings: Parameters<ModeSwitch["choose"]>[0]) {
  const choice = await modes.choose(settings);
  return choice.kind === "usable" ? choice.mode : choice.reason;
}

describe("ModeSwitch.findProblem", () => {
  const nftables = { mode: "nftables", fallbackModes: [] } as const;
  const ipvs = { mode: "ipvs", fallbackModes: [] } as const;

  it("reports what settings lack that are not applied yet, and keeps the running mode", async () => {
    const [running, other] = [new FakeDataplane(), new FakeDataplane("ipvs")];
    const modes = new ModeSwitch({ runners: makeRunners(running, other), log: createRecordingLogger() });
    await modes.choose(nftables);
    other.missing = ["the kernel module ip_vs"];
    assert.equal(await modes.findProblem(ipvs), "mode ipvs cannot run: the kernel module ip_vs");
    assert.equal(await chooseName(modes, nftables), "nftables");
    other.missing = [];
    assert.equal(await modes.findProblem(ipvs), undefined);
    running.missing = ["nft"];
    assert.equal(await chooseName(modes, nftables), "nftables", "without another look at the node");
  });

  it("found none: the next choice is the same, whatever the node lacks a moment later", async () => {
    const other = new FakeDataplane("ipvs");
    const modes = new ModeSwitch({ runners: makeRunners(other), log: createRecordingLogger() });
    assert.equal(await modes.findProblem(ipvs), undefined);
    other.missing = ["the kernel module ip_vs"];
    assert.equal(await chooseName(modes, ipvs), "ipvs");
  });
});

describe("ModeSwitch.haveRules", () => {
  let dataplane: FakeDataplane;
  let log: ReturnType<typeof createRecordingLogger>;
  let modes: ModeSwitch;

  beforeEach(() => {
    dataplane = new FakeDataplane();
    log = createRecordingLogger();
    modes = new ModeSwitch({ runners: makeRunners(dataplane), log });
  });

  it("is false where no mode has any", async () => {
    assert.equal(await modes.haveRules(), false);
  });

  it("is true where some mode has left some", async () => {
    dataplane.hasOldRules = true;
    assert.equal(await modes.haveRules(), true);
  });

  it("is true where a mode cannot tell, and says so", async () => {
    dataplane.hasState = () => Promise.reject(new Error("nft did not end within 30000 ms"));
    assert.equal(await modes.haveRules(), true);
    assert.deepEqual(
      log.lines.map(({ level, fields }) => [level, fields]),
      [["warn", { mode: "nftables", reason: "nft did not end within 30000 ms" }]],
    );
  });
});
