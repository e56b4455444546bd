import assert from "node:assert/strict";
import {
  countInModes,
  needsCounts,
  someNeedCounts,
} from "../../../../../agent/node-services/connections/count-in-modes.ts";
import type { ConnectionCounts } from "../../../../../agent/services/endpoints/endpoint-connections.ts";
import { FakeDataplane } from "../../../../support/fake-dataplane.ts";
import { makeServingModes } from "../../../../support/fake-serving-modes.ts";
import { makeDesiredService } from "../../../../support/make-desired-state.ts";

const web = makeDesiredService("ns/web");
const counts: ConnectionCounts = new Map([["TCP 10.244.1.2 80", 3]]);
const countTranslated = () => Promise.resolve(counts);
const refuse = () => assert.fail("conntrack is not asked");

describe("connections of all running modes", () => {
  let translating: FakeDataplane;
  let own: FakeDataplane;

  beforeEach(() => {
    translating = new FakeDataplane("nftables");
    own = new FakeDataplane("userspace");
    own.abilities = { ...own.abilities, flows: "own" };
    Object.assign(own, { countConnections: () => Promise.resolve(new Map([["TCP 10.244.1.2 80", 4]])) });
  });

  it("are those that conntrack translates where no mode carries any itself", async () => {
    assert.equal(await countInModes(makeServingModes(translating), countTranslated), counts);
  });

  it("are the sum where one does", async () => {
    const sum = await countInModes(makeServingModes(translating, own), countTranslated);
    assert.deepEqual([...sum], [["TCP 10.244.1.2 80", 7]]);
  });

  it("are the mode's own where conntrack translates none", async () => {
    assert.deepEqual([...(await countInModes(makeServingModes(own), refuse))], [["TCP 10.244.1.2 80", 4]]);
  });

  it("are needed for Services whose mode does not compare them itself", () => {
    own.abilities = { ...own.abilities, kernelLeastConnection: true };
    const serving = makeServingModes(translating, own);
    assert.equal(needsCounts(serving, web.name), true);
    assert.equal(someNeedCounts(serving, [web.name]), true);
    own.held.set(web.name, web);
    assert.equal(needsCounts(serving, web.name), false);
    assert.equal(someNeedCounts(serving, [web.name]), false);
    assert.equal(someNeedCounts(makeServingModes(), [web.name]), false, "nothing runs yet");
  });
});
