import assert from "node:assert/strict";
import { settingsOf } from "../../../../../crds/node-settings.ts";
import {
  controllerRevisionOf,
  parseControllerRevision,
} from "../../../../../operator/plan/history/controller-revision.ts";
import { makeProxyConfig } from "../make-cluster.ts";

const config = makeProxyConfig({ name: "edge" });
const settings = settingsOf(config);
const object = controllerRevisionOf(config, { ...settings, sequence: 7 });

describe("ControllerRevision", () => {
  it("is read as it was written", () => {
    assert.deepEqual(parseControllerRevision(object), {
      name: `kubesteer-edge-${settings.revision}`,
      uid: "",
      configName: "edge",
      ownerUid: "uid-edge",
      revision: settings.revision,
      sequence: 7,
      content: settings.config,
      config: settings.config,
    });
  });

  it("of an earlier version gets the defaults of newer settings", () => {
    const { drift: _drift, ...content } = settings.config;
    const stored = parseControllerRevision({ ...object, data: { config: content } });
    assert.deepEqual(stored.config, settings.config);
    assert.deepEqual(stored.content, content);
  });

  for (const data of [undefined, {}, { config: { mode: "nft" } }, { config: 7 }]) {
    it(`without usable settings is known to have none: ${JSON.stringify(data)}`, () => {
      assert.equal(parseControllerRevision({ ...object, data }).config, undefined);
    });
  }

  it("has no owner when only others own it", () => {
    const metadata = { ...object.metadata, ownerReferences: [] };
    assert.equal(parseControllerRevision({ ...object, metadata }).ownerUid, undefined);
  });
});
