import { cpus, loadavg, release, totalmem } from "node:os";
import { execa } from "execa";

/** Machine and time of the measurement, as one line. */
export async function describeMachine(): Promise<string> {
  const { stdout } = await execa("nft", ["--version"]);
  const processors = cpus();
  return [
    new Date().toISOString().slice(0, 16).replace("T", " "),
    `${processors.length} x ${processors[0]?.model.trim() ?? "unknown CPU"}`,
    `${Math.round(totalmem() / 2 ** 30)} GiB`,
    `kernel ${release()}`,
    stdout.split(" (")[0],
    `Node.js ${process.version}`,
    `load average before ${loadavg()[0]?.toFixed(1)}`,
  ].join(", ");
}
