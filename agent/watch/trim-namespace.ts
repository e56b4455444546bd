import { fieldsOf, labelsOf, textOf } from "./read-json.ts";

/** The fields of a Namespace that a namespaceSelector can match. */
export interface KeptNamespace {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Undefined for an object without a name. */
export function trimNamespace(object: unknown): KeptNamespace | undefined {
  const metadata = fieldsOf(fieldsOf(object)["metadata"]);
  const name = textOf(metadata["name"]);
  return name === undefined ? undefined : { name, labels: labelsOf(metadata["labels"]) };
}
