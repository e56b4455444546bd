import { invalid, notSupported, required, type FieldError } from "../../../crds/validation/field-error.ts";
import { stringAt, textOf } from "../json-value.ts";
import type { KubeObject } from "../kube-object.ts";
import type { Strategy } from "./resource-type.ts";
import { plainStrategy } from "./strategy.ts";

/** Events of the core group: only their namespace must match their object. */
export const eventStrategy: Strategy = {
  ...plainStrategy,
  checkName: () => undefined,
  validate: (event) => namespaceErrors(event, "involvedObject"),
};

/** Events of events.k8s.io also require a time, a reporter and an action. */
export const newEventStrategy: Strategy = {
  ...eventStrategy,
  validate: (event, old) => [
    ...namespaceErrors(event, "regarding"),
    ...(old === undefined ? requiredFieldErrors(event) : []),
    ...typeErrors(event),
  ],
};

/** Events about cluster-scoped objects are in the namespace default. */
function namespaceErrors(event: KubeObject, field: string): readonly FieldError[] {
  const about = stringAt(event, field, "namespace") ?? "";
  const own = event.metadata.namespace ?? "";
  if (about === own || (about === "" && own === "default")) return [];
  return [invalid("involvedObject.namespace", about, "does not match event.namespace")];
}

function requiredFieldErrors(event: KubeObject): readonly FieldError[] {
  const fields = ["eventTime", "reportingController", "reportingInstance", "action", "reason"];
  return fields.flatMap((field) => (textOf(event[field]) === "" ? [required(field)] : []));
}

function typeErrors(event: KubeObject): readonly FieldError[] {
  const type = stringAt(event, "type") ?? "";
  return type === "Normal" || type === "Warning" ? [] : [notSupported("type", type, ["Normal", "Warning"])];
}
