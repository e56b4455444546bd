import assert from "node:assert/strict";
import { readModel } from "../../../../../playground/api-server/schema/client-models.ts";
import { mergeRules } from "../../../../../playground/api-server/schema/merge-rules.ts";

describe("merge rules", () => {
  for (const path of Object.keys(mergeRules)) {
    it(`${path} is a field or model of the client library`, () => {
      const [model = "", field] = path.split(".");
      const { fields } = readModel(model);
      assert.ok(field === undefined || fields.some(({ name }) => name === field));
    });
  }
});
