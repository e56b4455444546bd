import assert from "node:assert/strict";
import { ModeSwitch } from "../../../../agent/sync/mode-switch.ts";
import { FakeDataplane } from "../../../support/fake-dataplane.ts";
import { createRecordingLogger } from "../../../support/recording-logger.ts";

describe("ModeSwitch.haveRules", () => {
  let dataplane: FakeDataplane;
  let log: ReturnType<typeof createRecordingLogger>;
  let modes: ModeSwitch;

  beforeEach(() => {
    dataplane = new FakeDataplane();
    log = createRecordingLogger();
    modes = new ModeSwitch({ dataplanes: new Map([[dataplane.mode, dataplane]]), log });
  });

  it("is false where no mode has any", async () => {
    assert.equal(await modes.haveRules(), false);
  });

  it("is true where some mode has left some", async () => {
    dataplane.hasOldRules = true;
    assert.equal(await modes.haveRules(), true);
  });

  it("is true where a mode cannot tell, and says so", async () => {
    dataplane.hasRules = () => Promise.reject(new Error("nft did not end within 30000 ms"));
    assert.equal(await modes.haveRules(), true);
    assert.deepEqual(
      log.lines.map(({ level, fields }) => [level, fields]),
      [["warn", { mode: "nftables", reason: "nft did not end within 30000 ms" }]],
    );
  });
});
