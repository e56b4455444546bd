import { spawn, type ChildProcess } from "node:child_process";
import { execa } from "execa";

/** Another host next to the node: a network namespace that exists as long as a process, and a link to it. */
export class NetworkPeer {
  readonly #holder: ChildProcess;
  readonly #pid: number;

  private constructor(holder: ChildProcess, pid: number) {
    this.#holder = holder;
    this.#pid = pid;
  }

  /**
   * @param options.name name of the link on the node; in the peer it is eth0
   * @param options.nodeAddress with prefix length, like `address`; the gateway of the peer's default route
   */
  static async create(options: {
    readonly name: string;
    readonly address: string;
    readonly nodeAddress: string;
  }): Promise<NetworkPeer> {
    const { name, address, nodeAddress } = options;
    const holder = spawn("setpriv", ["--pdeathsig", "KILL", "--", "unshare", "--net", "sleep", "infinity"], {
      stdio: "ignore",
    });
    if (holder.pid === undefined) throw new Error("setpriv could not be started");
    const peer = new NetworkPeer(holder, holder.pid);
    await peer.#isolated();
    const link = `link add ${name} type veth peer name eth0 netns ${holder.pid}`;
    await ipBatch([link, `address add ${nodeAddress} dev ${name}`, `link set ${name} up`], []);
    await ipBatch(
      [
        "link set lo up",
        `address add ${address} dev eth0`,
        "link set eth0 up",
        `route add default via ${nodeAddress.split("/")[0]}`,
      ],
      peer.enter(),
    );
    return peer;
  }

  /** Prefix of a command line that runs on this host. */
  enter(): readonly string[] {
    return ["nsenter", `--target=${this.#pid}`, "--net", "--"];
  }

  close(): void {
    this.#holder.kill("SIGKILL");
  }

  async #isolated(): Promise<void> {
    for (let attempt = 0; attempt < 200; attempt += 1) {
      const { stdout } = await execa("readlink", [`/proc/${this.#pid}/ns/net`, "/proc/self/ns/net"]);
      const [its, ours] = stdout.split("\n");
      if (its !== ours) return;
    }
    throw new Error("unshare --net does not work on this machine");
  }
}

async function ipBatch(lines: readonly string[], place: readonly string[]): Promise<void> {
  await execa("env", [...place, "ip", "-batch", "-"], { input: lines.join("\n") });
}
