import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

const manifest = join(import.meta.dirname, "../../../config/agent/daemonset.yaml");

interface DaemonSet {
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly containers: readonly {
          readonly env?: readonly { readonly name: string; readonly value?: string }[];
        }[];
      };
    };
  };
}

/** NODE_OPTIONS of the agent in a cluster, "" if it has none; they affect its memory. */
export function shippedNodeOptions(): string {
  const { spec } = parse(readFileSync(manifest, "utf8")) as DaemonSet;
  const variables = spec.template.spec.containers.flatMap(({ env = [] }) => env);
  return variables.find(({ name }) => name === "NODE_OPTIONS")?.value ?? "";
}
