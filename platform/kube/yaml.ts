import { loadYaml } from "@kubernetes/client-node";

/** The one document of a YAML text as plain values. @throws when the text is not YAML */
export function parseYaml(text: string): unknown {
  return loadYaml<unknown>(text);
}
