import { without, type JsonObject } from "../json-value.ts";
import { parseKubeObject, type KubeObject } from "../kube-object.ts";

/** Fields that have different names in v1 Events (stored) and events.k8s.io/v1 Events. */
const renamed = [
  ["involvedObject", "regarding"],
  ["message", "note"],
  ["source", "deprecatedSource"],
  ["firstTimestamp", "deprecatedFirstTimestamp"],
  ["lastTimestamp", "deprecatedLastTimestamp"],
  ["count", "deprecatedCount"],
  ["reportingComponent", "reportingController"],
] as const;

/** The same Event under both of its API groups. */
export const eventConversion = {
  fromStored: (event: KubeObject): KubeObject =>
    parseKubeObject({ ...rename(event, renamed), apiVersion: "events.k8s.io/v1" }),
  toStored: (event: KubeObject): KubeObject =>
    parseKubeObject({
      ...rename(
        event,
        renamed.map(([stored, served]) => [served, stored] as const),
      ),
      apiVersion: "v1",
    }),
};

function rename(object: JsonObject, names: readonly (readonly [string, string])[]): JsonObject {
  const moved = names.flatMap(([from, to]) =>
    object[from] === undefined ? [] : [[to, object[from]] as const],
  );
  return { ...without(object, ...names.map(([from]) => from)), ...Object.fromEntries(moved) };
}
