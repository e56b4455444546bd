import * as fc from "fast-check";
import assert from "node:assert/strict";
import { JsonLines } from "../../../../platform/kube/json-lines.ts";

function valuesOf(chunks: readonly Buffer[]): readonly unknown[] {
  const values: unknown[] = [];
  const lines = new JsonLines((value) => values.push(value));
  for (const chunk of chunks) lines.push(chunk);
  return values;
}

describe("JsonLines", () => {
  it("finds the same values wherever the stream is split", () => {
    const text = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.constantFrom("\u2028", "\u2029", "\u0085", "é😀\r"),
    );
    fc.assert(
      fc.property(fc.array(text), fc.integer({ min: 1, max: 9 }), (texts, size) => {
        const stream = Buffer.from(texts.map((value) => `${JSON.stringify({ value })}\n`).join(""));
        const chunks = Array.from({ length: Math.ceil(stream.length / size) }, (_, index) =>
          stream.subarray(index * size, (index + 1) * size),
        );
        assert.deepEqual(
          valuesOf(chunks),
          texts.map((value) => ({ value })),
        );
      }),
    );
  });

  it("holds back an incomplete line", () => {
    assert.deepEqual(valuesOf([Buffer.from('{"a":1}\n{"b"')]), [{ a: 1 }]);
  });

  it("skips empty lines and accepts CRLF", () => {
    assert.deepEqual(valuesOf([Buffer.from('\n\r\n{"a":1}\r\n')]), [{ a: 1 }]);
  });

  it("throws for a line that is not JSON", () => {
    assert.throws(() => valuesOf([Buffer.from("oops\n")]), SyntaxError);
  });
});
