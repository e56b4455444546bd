import { readFileSync } from "node:fs";
import { KubeConfig } from "@kubernetes/client-node";
import { errorMessage, TerminalError } from "../errors.ts";
import { parseYaml } from "./yaml.ts";

/**
 * Address and credentials of the API server, from the given kubeconfig file, or else from the locations that kubectl uses.
 *
 * @param options.server replaces only the address: for programs that must not use a Service to reach the API server, because
 * they make Services work
 * @throws {TerminalError} with the file and its problem
 */
export function loadKubeConfig(options: {
  readonly kubeconfig?: string;
  readonly server?: string;
}): KubeConfig {
  const kubeConfig = options.kubeconfig === undefined ? fromDefault() : fromFile(options.kubeconfig);
  const cluster = kubeConfig.getCurrentCluster();
  const source = options.kubeconfig ?? "the default kubeconfig";
  if (cluster === null) {
    throw new TerminalError(`${source} has no cluster for its current context`, {
      hint: "Set current-context to a context whose cluster exists in the same file.",
    });
  }
  const server = parseServer(
    options.server ?? cluster.server,
    options.server === undefined ? source : "the server",
  );
  kubeConfig.clusters = kubeConfig.clusters.map((other) =>
    other.name === cluster.name
      ? { ...other, server, skipTLSVerify: other.skipTLSVerify || server.startsWith("http:") }
      : other,
  );
  return kubeConfig;
}

function fromFile(path: string): KubeConfig {
  const kubeConfig = new KubeConfig();
  try {
    kubeConfig.loadFromFile(path);
    kubeConfig.users = withTokenFiles(kubeConfig.users, readFileSync(path, "utf8"));
  } catch (error) {
    throw new TerminalError(`cannot read kubeconfig ${path}: ${errorMessage(error)}`, {
      hint: "Specify a kubeconfig file that exists and that this user may read.",
      cause: error,
    });
  }
  return kubeConfig;
}

interface KubeconfigFile {
  readonly users?: readonly { readonly name: string; readonly user?: { readonly tokenFile?: string } }[];
}

/**
 * The users of a kubeconfig with their `tokenFile`, which client-node 2.0.1 does not read although kubeadm's kubeconfig.conf
 * uses it. client-node's own provider of that name rereads the file every minute, because tokens rotate.
 */
function withTokenFiles(users: KubeConfig["users"], text: string): KubeConfig["users"] {
  const { users: entries = [] } = parseYaml(text) as KubeconfigFile;
  return users.map((user) => {
    const tokenFile = entries.find(({ name }) => name === user.name)?.user?.tokenFile;
    if (tokenFile === undefined) return user;
    return { ...user, authProvider: { name: "tokenFile", config: { tokenFile } } };
  });
}

/** As kubectl: KUBECONFIG, then ~/.kube/config, then the service account of this pod. */
function fromDefault(): KubeConfig {
  const kubeConfig = new KubeConfig();
  try {
    kubeConfig.loadFromDefault();
  } catch (error) {
    throw new TerminalError(`cannot read the default kubeconfig: ${errorMessage(error)}`, {
      hint: "Check the files in KUBECONFIG and ~/.kube/config, or specify another kubeconfig.",
      cause: error,
    });
  }
  return kubeConfig;
}

function parseServer(server: string, source: string): string {
  const url = URL.parse(server);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new TerminalError(
      `${source} has server ${JSON.stringify(server)}, which is not an http or https URL`,
      {
        hint: "Write the address as in https://192.0.2.10:6443.",
      },
    );
  }
  return server.replace(/\/+$/, "");
}
