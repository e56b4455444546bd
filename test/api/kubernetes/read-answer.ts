import assert from "node:assert/strict";
import type { ApiAnswer, Json } from "../../support/api-requests.ts";

/** Names of the items of a list. */
export function namesOf(list: Json | undefined): readonly string[] {
  return elements(list?.["items"]).map((item) => textOf(item["metadata"]?.["name"]));
}

/** Elements of an array; none where the value is something else. */
export function elements(list: unknown): readonly Json[] {
  return Array.isArray(list) ? list : [];
}

/** A string as it is, anything else as JSON. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The answer, which must have the status code. */
export function expectCode(answer: ApiAnswer, code: number): ApiAnswer {
  assert.equal(answer.code, code, answer.text);
  return answer;
}

/** Field and reason of each cause of a refusal. */
export function causesOf(answer: ApiAnswer): readonly unknown[] {
  return elements(answer.body["details"]?.["causes"]).map(({ field, reason }) => ({ field, reason }));
}
