import assert from "node:assert/strict";
import { waitUntil } from "../../../playground/wait-until.ts";

const impatient = { timeoutMs: 1, intervalMs: 1 };
const refuse = () => Promise.reject(new Error("connection refused"));

describe("waitUntil", () => {
  it("resolves to the final result of the condition", async () => {
    let asked = 0;
    assert.equal(
      await waitUntil("the third answer", () => (asked++ < 2 ? undefined : asked), { intervalMs: 1 }),
      3,
    );
  });

  it("reports what it waited for", async () => {
    await assert.rejects(
      waitUntil("rain", () => false, impatient),
      { message: "timed out after 0.001 s waiting for rain" },
    );
  });

  it("reports the last error of the condition", async () => {
    await assert.rejects(waitUntil("rain", refuse, impatient), {
      message: "timed out after 0.001 s waiting for rain: connection refused",
    });
  });
});
