import type { JsonObject } from "../../crds/validation/json-object.ts";
import { defaultAffinityTimeoutSeconds } from "../services/policy/resolve-service-policy.ts";
import type { LenientReader } from "./lenient-reader.ts";
import { fieldsOf } from "./read-json.ts";

/** Whether a traffic policy is Local; an unset or unknown one is Cluster. */
export function readIsLocal(
  field: "internalTrafficPolicy" | "externalTrafficPolicy",
  spec: JsonObject,
  reader: LenientReader,
): boolean {
  const policy = spec[field] ?? "Cluster";
  if (policy !== "Cluster" && policy !== "Local") {
    reader.note(`spec.${field}`, policy, "must be Cluster or Local; Cluster is used");
  }
  return policy === "Local";
}

/** Seconds a client keeps its endpoint; undefined without sessionAffinity ClientIP. */
export function readAffinityTimeout(spec: JsonObject, reader: LenientReader): number | undefined {
  const affinity = spec["sessionAffinity"] ?? "None";
  if (affinity !== "ClientIP") {
    if (affinity !== "None")
      reader.note("spec.sessionAffinity", affinity, "must be None or ClientIP; None is used");
    return undefined;
  }
  const { timeoutSeconds } = fieldsOf(fieldsOf(spec["sessionAffinityConfig"])["clientIP"]);
  if (timeoutSeconds === undefined || timeoutSeconds === null) return defaultAffinityTimeoutSeconds;
  const field = "spec.sessionAffinityConfig.clientIP.timeoutSeconds";
  return reader.read(field, timeoutSeconds, parseTimeout) ?? defaultAffinityTimeoutSeconds;
}

function parseTimeout(value: unknown): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 86_400) return value;
  throw new RangeError(`must be an integer in 1–86400; ${defaultAffinityTimeoutSeconds} is used`);
}
