/** The definitions of our kinds on an API server. */
import assert from "node:assert/strict";
import { apiGroupVersion } from "../../../crds/api.ts";
import { definitions, useCustomResources } from "./custom-resources-stage.ts";

describe("definitions of our kinds", function () {
  this.timeout(60_000);
  const requests = useCustomResources();

  it("are structural and have no conflicting names", async () => {
    const { body } = await requests.get(`${definitions}/proxyconfigs.kubesteer.dev`);
    const conditions = (body["status"]?.["conditions"] ?? []) as readonly {
      type: string;
      status: string;
    }[];
    const statuses = Object.fromEntries(conditions.map(({ type, status }) => [type, status]));
    assert.equal(statuses["NamesAccepted"], "True");
    assert.equal(statuses["Established"], "True");
    assert.equal(statuses["NonStructuralSchema"], undefined);
  });

  it("go by their short names and categories", async () => {
    const { body } = await requests.get(`/apis/${apiGroupVersion}`);
    const resources = body["resources"] as unknown as readonly {
      name: string;
      shortNames?: readonly string[];
      categories?: readonly string[];
    }[];
    const named = Object.fromEntries(resources.map((resource) => [resource.name, resource]));
    assert.deepEqual(named["nodeproxies"]?.shortNames, ["npx"]);
    assert.deepEqual(named["proxyconfigs"]?.shortNames, ["pxc"]);
    assert.deepEqual(named["proxyconfigs"]?.categories?.toSorted(), ["kubesteer", "networking"]);
    assert.ok("nodeproxies/status" in named && "proxyconfigs/status" in named);
  });
});
