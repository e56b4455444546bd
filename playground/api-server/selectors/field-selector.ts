import { textOf, valueAt } from "../json-value.ts";
import type { KubeObject } from "../kube-object.ts";
import type { ResourceType } from "../resources/resource-type.ts";
import { badRequest } from "../status-error.ts";
import type { Matcher } from "./label-selector.ts";

/**
 * Parses a field selector: `metadata.name=x`, `a!=b`, separated by commas. A missing field counts as "".
 *
 * @throws StatusError 400 for a field that is not selectable for the kind.
 */
export function parseFieldSelector(type: ResourceType, text: string): Matcher {
  const requirements = text
    .split(/(?<!\\),/)
    .filter((part) => part !== "")
    .map((part) => parseRequirement(type, part));
  return (object) => requirements.every((matches) => matches(object));
}

function parseRequirement(type: ResourceType, part: string): Matcher {
  const groups = /^(?<field>[^=!]+)(?<operator>==|=|!=)(?<value>.*)$/s.exec(part)?.groups;
  const field = groups?.["field"];
  if (field === undefined) throw badRequest(`invalid selector: '${part}'; can't understand '${part}'`);
  if (!["metadata.name", "metadata.namespace", ...type.selectableFields].includes(field)) {
    throw badRequest(`field label not supported: ${field}`);
  }
  const wanted = (groups?.["value"] ?? "").replaceAll(/\\(.)/g, "$1");
  const path = field.split(".");
  const matches: Matcher = (object) => textAt(object, path) === wanted;
  return groups?.["operator"] === "!=" ? (object) => !matches(object) : matches;
}

function textAt(object: KubeObject, path: readonly string[]): string {
  return textOf(valueAt(object, ...path));
}
