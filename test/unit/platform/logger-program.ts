/** Writes logs for `logger.test.ts`: the arguments are the level and the stream. */
import { createLogger, logLevels } from "../../../platform/logger.ts";

const [wanted, stream] = process.argv.slice(2);
const level = logLevels.find((known) => known === wanted) ?? "info";
const log = createLogger({ name: "program", level, stream: stream === "stderr" ? "stderr" : "stdout" });

log.debug({ step: 1 }, "looked");
log.info({ step: 2 }, "found");
log.warn({ step: 3 }, "lost");
log.child({ node: "node1" }).error({ error: new Error("outer", { cause: new Error("inner") }) }, "failed");
for (let number = 0; number < 2_000; number += 1) log.info({ number }, "counted");
// No handler runs: lines that are not yet written are lost.
process.kill(process.pid, "SIGKILL");
