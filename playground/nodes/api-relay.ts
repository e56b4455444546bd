import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

/** Forwards connections from inside network namespaces to the API server outside of them. */
export interface ApiRelay {
  /** Resolves when all its processes have ended. Idempotent. */
  close(): Promise<void>;
}

/**
 * Listens on 127.0.0.1:`port` in each namespace and forwards connections to the unix socket, which is reachable from every
 * network namespace. So one kubeconfig with https://127.0.0.1:port works everywhere.
 * @throws Error if socat is missing or the port is already in use in a namespace.
 */
export async function startApiRelay(options: {
  readonly namespaces: readonly string[];
  readonly port: number;
  readonly socketPath: string;
}): Promise<ApiRelay> {
  const relays = options.namespaces.map((namespace) => new NamespaceRelay(namespace, options));
  const close = async (): Promise<void> => {
    await Promise.all(relays.map((relay) => relay.close()));
  };
  try {
    await Promise.all(relays.map((relay) => relay.listening()));
  } catch (error) {
    await close();
    throw error;
  }
  return { close };
}

/** socat in one namespace: 3 MB, and one process per connection. */
class NamespaceRelay {
  readonly #namespace: string;
  readonly #child: ChildProcessByStdio<null, null, Readable>;
  readonly #exited: Promise<unknown>;

  constructor(
    namespace: string,
    { port, socketPath }: { readonly port: number; readonly socketPath: string },
  ) {
    const listen = `TCP4-LISTEN:${port},bind=127.0.0.1,fork,reuseaddr,backlog=128`;
    const socat = ["socat", "-d", "-d", listen, `UNIX-CONNECT:${escapeForSocat(socketPath)}`];
    const enter = ["--pdeathsig", "KILL", "--", "ip", "netns", "exec", namespace];
    this.#namespace = namespace;
    // Detached, so that it leads a process group, which is used to stop its children for the connections too.
    this.#child = spawn("setpriv", [...enter, ...socat], {
      stdio: ["ignore", "ignore", "pipe"],
      detached: true,
    });
    this.#exited = once(this.#child, "exit");
    this.#exited.catch(() => {});
  }

  /** Resolves when connections are accepted. */
  async listening(): Promise<void> {
    let said = "";
    const output = createInterface({ input: this.#child.stderr });
    for await (const line of output) {
      if (line.includes(" listening on ")) {
        this.#child.stderr.resume(); // socat reports each connection; ignored
        return;
      }
      said += `${line}\n`;
    }
    await this.#exited; // rejects if setpriv is missing
    const hint = said.includes('exec of "socat" failed') ? " (apt-get install socat)" : "";
    throw new Error(`the API relay in ${this.#namespace} did not start${hint}: ${said}`);
  }

  async close(): Promise<void> {
    const { pid, exitCode, signalCode } = this.#child;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    process.kill(-pid, "SIGKILL");
    await this.#exited;
  }
}

/** Escapes the characters with which socat separates options and address parts, and its quotes. */
function escapeForSocat(path: string): string {
  return path.replaceAll(/[\\,:!"'()[\]{}]/g, String.raw`\$&`);
}
