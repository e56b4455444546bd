import { readFile } from "node:fs/promises";
import type { NodeProxySpec, ProxyConfig } from "../../crds/api.ts";
import type { NodeFacts } from "../../crds/node-facts.ts";
import { settingsOf } from "../../crds/node-settings.ts";
import { errorMessage, TerminalError } from "../../platform/errors.ts";

/**
 * Reads a ProxyConfig from a YAML file, under the rules of the API server.
 *
 * @throws {TerminalError} naming the file and what is wrong with it
 */
export async function readConfigFile(path: string): Promise<ProxyConfig> {
  try {
    // Loaded only here: an agent that gets its settings from the API server needs neither.
    const { parseYaml } = await import("../../platform/kube/yaml.ts");
    const { parseProxyConfig } = await import("../../crds/load-proxy-config.ts");
    return parseProxyConfig(parseYaml(await readFile(path, "utf8")));
  } catch (error) {
    throw new TerminalError(`cannot use ${path}: ${errorMessage(error)}`, {
      hint: "--config needs a file with one ProxyConfig in YAML",
      cause: error,
    });
  }
}

/** What the operator would write into the NodeProxy of a node with these facts. */
export function nodeSettingsOf(config: ProxyConfig, node: NodeFacts): NodeProxySpec {
  return { ...settingsOf(config), node };
}
