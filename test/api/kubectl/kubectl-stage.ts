import assert from "node:assert/strict";
import { join } from "node:path";
import { createKubectl, type Kubectl, type KubectlResult } from "../../../playground/kubectl.ts";
import { useApiServer, type UsedApiServer } from "../../support/use-api-server.ts";

const crdFolder = join(import.meta.dirname, "../../../crds");

export interface KubectlStage extends UsedApiServer {
  readonly kubectl: Kubectl;
  /** Applies manifests. */
  readonly apply: (input: string, ...flags: readonly string[]) => Promise<KubectlResult>;
  /** The JSON at a path of the API server. */
  readonly shown: (resource: string, path: string) => Promise<unknown>;
}

/**
 * Gives the surrounding suite a kubectl and an API server with our kinds.
 *
 * @param manifests what is applied before the first test
 */
export function useKubectl(...manifests: readonly string[]): KubectlStage {
  const used = useApiServer(async () => {
    const definitions = ["proxyconfigs", "nodeproxies"].map((plural) =>
      join(crdFolder, `kubesteer.dev_${plural}.yaml`),
    );
    succeeded(await kubectl(["apply", ...definitions.map((file) => `--filename=${file}`)]));
    succeeded(await kubectl(["wait", "--for=condition=Established", "crd", "--all", "--timeout=20s"]));
    for (const manifest of manifests) succeeded(await apply(manifest));
  });
  const kubectl: Kubectl = (args, options) => {
    const server = used.server();
    assert.ok(server !== undefined, "kubectl runs only in tests");
    return createKubectl({ kubeconfig: server.kubeconfig, home: server.folder })(args, options);
  };
  const apply: KubectlStage["apply"] = (input, ...flags) =>
    kubectl(["apply", ...flags, "-f", "-"], { input });
  return {
    ...used,
    kubectl,
    apply,
    shown: async (resource, path) =>
      JSON.parse(succeeded(await kubectl(["get", resource, "-o", `jsonpath={${path}}`]))),
  };
}

/** Environment for a kubectl that a test runs by itself. @throws AssertionError outside tests */
export function kubectlEnvironment({ server }: UsedApiServer): {
  readonly KUBECONFIG: string;
  readonly HOME: string;
} {
  const { kubeconfig, folder } = server() ?? assert.fail("kubectl runs only in tests");
  return { KUBECONFIG: kubeconfig, HOME: folder };
}

/** What kubectl printed; it must have ended with 0. */
export function succeeded(result: KubectlResult): string {
  assert.equal(result.exitCode, 0, `${result.stdout}\n${result.stderr}`);
  return result.stdout;
}

/** What kubectl complained about; it must not have ended with 0. */
export function failed(result: KubectlResult): string {
  assert.notEqual(result.exitCode, 0, result.stdout);
  return result.stderr;
}
