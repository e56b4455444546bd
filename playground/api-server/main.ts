import { createLogger } from "../../platform/logger.ts";
import { parseOptions } from "./options.ts";
import { startApiServer } from "./start.ts";

const log = createLogger({ level: "info", name: "api-server", stream: "stderr" });
const server = await startApiServer({ ...parseOptions(process.argv.slice(2)), log });

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => {
    void server.close().then(() => process.exit(0));
  });
}
