/**
 * Measures connections one after the other, alternately to several targets. Prints the milliseconds from the SYN to the answer
 * as JSON, one list per target.
 *
 *   node test/bench/traffic/connect-timer.ts ROUNDS HOST:PORT...
 */
import { connect } from "node:net";

const [rounds, ...targets] = process.argv.slice(2);
if (rounds === undefined || targets.length === 0) {
  throw new Error("usage: node test/bench/traffic/connect-timer.ts ROUNDS HOST:PORT...");
}
const durations = targets.map((): number[] => []);
for (let round = 0; round < Number(rounds); round += 1) {
  for (const [index, target] of targets.entries()) durations[index]?.push(await timeConnection(target));
}
process.stdout.write(JSON.stringify(durations));

function timeConnection(target: string): Promise<number> {
  const [host, port] = target.split(":");
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const startedAtMs = performance.now();
  const socket = connect({ host: host ?? "", port: Number(port) });
  socket.once("error", reject).once("connect", () => {
    resolve(performance.now() - startedAtMs);
    socket.resetAndDestroy(); // leaves no entry in any table
  });
  return promise;
}
