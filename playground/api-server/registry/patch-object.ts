import { invalidWithoutValue } from "../../../crds/validation/field-error.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../json-value.ts";
import type { KubeObject } from "../kube-object.ts";
import { applyJsonPatch } from "../patch/json-patch.ts";
import { applyMergePatch } from "../patch/merge-patch.ts";
import { applyStrategicMergePatch } from "../patch/strategic-merge-patch.ts";
import type { ResourceType } from "../resources/resource-type.ts";
import { badRequest, invalid, unsupportedMediaType } from "../status-error.ts";
import { decodeObject, strictDecodingError } from "./decode-object.ts";
import { warnOfUnknownFields, type Target, type WriteOptions } from "./target.ts";

const applyPatch = "application/apply-patch+yaml";
const builtInPatches = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
  applyPatch,
];

/** Allowed content types of a PATCH of the kind; strategic merge patches need a built-in schema. */
function acceptedPatches(type: ResourceType): readonly string[] {
  return type.custom
    ? builtInPatches.filter((mediaType) => !mediaType.includes("strategic"))
    : builtInPatches;
}

/** A patch other than server-side apply, as a function that changes the object. */
export function patchChange(
  target: Target,
  {
    mediaType,
    body,
    options,
  }: { readonly mediaType: string; readonly body: JsonValue; readonly options: WriteOptions },
): (current: KubeObject) => KubeObject {
  const { type } = target;
  if (!acceptedPatches(type).includes(mediaType) || mediaType === applyPatch)
    throw unsupportedMediaType(acceptedPatches(type));
  return (current) => {
    const { object, unknownFields } = decodeObject(type, patched(type, current, { mediaType, body }));
    if (unknownFields.length > 0 && options.fieldValidation === "Strict") {
      throw invalid(type, target.name, [
        invalidWithoutValue("patch", `${JSON.stringify(body)}: ${strictDecodingError(unknownFields)}`),
      ]);
    }
    warnOfUnknownFields(unknownFields, options);
    return object;
  };
}

function patched(
  type: ResourceType,
  current: KubeObject,
  { mediaType, body }: { readonly mediaType: string; readonly body: JsonValue },
): JsonObject {
  if (mediaType === "application/json-patch+json") return applyJsonPatch(current, body);
  if (!isJsonObject(body)) throw badRequest("a merge patch must be an object");
  if (mediaType === "application/merge-patch+json") return applyMergePatch(current, body);
  return applyStrategicMergePatch(type.schema(), current, body);
}
