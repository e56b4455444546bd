import { loadYaml } from "@kubernetes/client-node";

/** The only document of a YAML text as plain values. @throws if the text is not YAML */
export function parseYaml(text: string): unknown {
  return loadYaml<unknown>(text);
}
