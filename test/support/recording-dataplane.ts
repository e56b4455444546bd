import type {
  Abilities,
  Applied,
  Dataplane,
  DataplaneDeps,
  ModeShare,
} from "../../agent/dataplane/dataplane.ts";
import type { RunningCommand } from "../../agent/kernel/command/command.ts";
import type { DesiredService, ServiceName } from "../../agent/services/desired-state.ts";
import { systemClock } from "../../platform/async/clock.ts";
import { waitUntil } from "../../playground/wait-until.ts";

/** Connections that wait for a listener when it ends would be reset. */
const drainMs = 100;

/** What each listener answers. */
export const recordingAnswer = "recording\n";

const abilities: Abilities = {
  algorithms: new Set(["Random"]),
  protocols: new Set(["TCP"]),
  affinity: false,
  sourceRanges: false,
  kernelLeastConnection: false,
  flows: "none",
  servesLoopback: false,
  survivesAgent: false,
};

/**
 * A small mode for tests: for each TCP frontend a listener on its address, which the network namespace must have, answers in place
 * of the endpoints. It records which Services came and went.
 */
export class RecordingDataplane implements Dataplane {
  readonly mode = "userspace";
  readonly abilities = abilities;
  /** `+ns/name` when a Service is served from now on, `-ns/name` when it is not. */
  readonly record: string[] = [];
  /** Thrown by the next refills and updates, one each. */
  readonly failures: Error[] = [];
  readonly #commands: DataplaneDeps["commands"];
  readonly #listeners = new Map<ServiceName, readonly RunningCommand[]>();

  constructor({ commands }: Pick<DataplaneDeps, "commands">) {
    this.#commands = commands;
  }

  missingRequirements(): Promise<readonly string[]> {
    return Promise.resolve([]);
  }

  toolVersions(): Promise<Readonly<Record<string, string>>> {
    return Promise.resolve({});
  }

  hasState(): Promise<boolean> {
    return Promise.resolve(this.#listeners.size > 0);
  }

  refill(share: ModeShare): Promise<Applied> {
    return this.update(share, new Set([...this.#listeners.keys(), ...share.services.keys()]));
  }

  async update({ services }: ModeShare, changed: ReadonlySet<ServiceName>): Promise<Applied> {
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    for (const name of changed) {
      const service = services.get(name);
      if (service === undefined) await this.#remove(name);
      else if (!this.#listeners.has(name)) await this.#add(service);
    }
    return { changes: changed.size, rejected: [] };
  }

  async cleanup(): Promise<void> {
    for (const name of this.#listeners.keys()) await this.#remove(name);
  }

  /** Nothing survives the process. */
  close(): Promise<void> {
    return this.cleanup();
  }

  async #add({ name, ports }: DesiredService): Promise<void> {
    const sockets = ports.flatMap(({ frontends }) =>
      frontends.map(({ address, port }) => `TCP-LISTEN:${port},bind=${address},fork,reuseaddr`),
    );
    const listeners = sockets.map((socket) => this.#start(socket));
    this.#listeners.set(name, listeners);
    await waitUntil("the listeners", () => this.#areListening(ports), { intervalMs: 10 });
    this.record.push(`+${name}`);
  }

  async #remove(name: ServiceName): Promise<void> {
    const listeners = this.#listeners.get(name);
    if (listeners === undefined) return;
    await systemClock.sleep(drainMs);
    for (const listener of listeners) await listener.stop();
    this.#listeners.delete(name);
    this.record.push(`-${name}`);
  }

  #start(socket: string): RunningCommand {
    const command = `EXEC:echo ${recordingAnswer.trim()}`;
    return this.#commands.start("socat", ["-U", socket, command], { onStdout: () => {}, onStderr: () => {} });
  }

  async #areListening(ports: DesiredService["ports"]): Promise<boolean> {
    const { stdout } = await this.#commands.run("ss", ["-Hltn"]);
    return ports.every(({ frontends }) =>
      frontends.every(({ address, port }) => stdout.includes(`${address}:${port} `)),
    );
  }
}
