import { execa } from "execa";

export interface KubectlResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the real kubectl against one API server, with its own cache. */
export type Kubectl = (
  args: readonly string[],
  options?: { readonly input?: string; readonly timeoutMs?: number },
) => Promise<KubectlResult>;

/** `home` is for kubectl's caches, so that nothing is written to those of the user. */
export function createKubectl({
  kubeconfig,
  home,
}: {
  readonly kubeconfig: string;
  readonly home: string;
}): Kubectl {
  return async (args, { input, timeoutMs = 60_000 } = {}) => {
    const result = await execa("kubectl", args, {
      reject: false,
      timeout: timeoutMs,
      env: { KUBECONFIG: kubeconfig, HOME: home },
      ...(input === undefined ? { stdin: "ignore" } : { input }),
    });
    if (result.code === "ENOENT") throw new Error("kubectl is missing: apt-get install kubernetes-client");
    const late = result.timedOut ? `kubectl was still waiting after ${timeoutMs / 1_000} s\n` : "";
    return { exitCode: result.exitCode ?? 1, stdout: result.stdout, stderr: `${result.stderr}${late}` };
  };
}
