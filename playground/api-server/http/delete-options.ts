import { isJsonObject, numberAt, stringAt, valueAt, type JsonObject, type JsonValue } from "../json-value.ts";
import type { Deletion, DeleteOptions } from "../registry/delete-object.ts";
import type { Target } from "../registry/target.ts";
import { invalid } from "../status-error.ts";
import { notSupported } from "../../../crds/validation/field-error.ts";
import { parseDryRun } from "./query.ts";

/** DeleteOptions from the body and the query. */
export function parseDeleteOptions(body: JsonValue | undefined, query: URLSearchParams): DeleteOptions {
  const options = isJsonObject(body) ? body : {};
  const policy = parsePolicy(
    stringAt(options, "propagationPolicy") ?? query.get("propagationPolicy") ?? undefined,
  );
  const graceText = query.get("gracePeriodSeconds");
  const grace =
    numberAt(options, "gracePeriodSeconds") ?? (graceText === null ? undefined : Number(graceText));
  const uid = stringAt(options, "preconditions", "uid");
  const resourceVersion = stringAt(options, "preconditions", "resourceVersion");
  const dryRun = parseDryRun(query) || JSON.stringify(valueAt(options, "dryRun")) === '["All"]';
  return {
    dryRun,
    ...(policy === undefined ? {} : { propagationPolicy: policy }),
    ...(grace === undefined ? {} : { gracePeriodSeconds: grace }),
    preconditions: {
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
  };
}

function parsePolicy(policy: string | undefined): DeleteOptions["propagationPolicy"] | undefined {
  switch (policy) {
    case undefined:
    case "Background":
    case "Foreground":
    case "Orphan":
      return policy;
    default:
      throw invalid({ group: "meta.k8s.io", plural: "", kind: "DeleteOptions" }, "", [
        notSupported("propagationPolicy", policy, ["Background", "Foreground", "Orphan"]),
      ]);
  }
}

/** The answer of a DELETE: the object if it is not removed yet or is a Service, otherwise a Status. */
export function statusOfDeletion({ type }: Target, { gone, object }: Deletion): JsonObject {
  if (!gone || type.storedAs === "services" || type.storedAs === "pods") return object;
  const { name, uid } = object.metadata;
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    details: {
      name,
      ...(type.group === "" ? {} : { group: type.group }),
      kind: type.plural,
      ...(uid === undefined ? {} : { uid }),
    },
  };
}
