import { destination, pino, stdSerializers, stdTimeFunctions } from "pino";
import type { Logger } from "./log.ts";

export const logLevels = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof logLevels)[number];

/**
 * Logs JSON lines, which are written before the call returns, so that none is lost when the process ends. Put errors into the
 * field `error`, which is logged with stack and causes.
 */
export function createLogger({
  level,
  name,
  stream = "stdout",
}: {
  readonly level: LogLevel;
  readonly name: string;
  readonly stream?: "stdout" | "stderr";
}): Logger {
  return pino(
    {
      name,
      level,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: stdSerializers.errWithCause },
    },
    destination({ dest: stream === "stdout" ? 1 : 2, sync: true }),
  );
}
