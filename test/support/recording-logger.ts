import type { Logger } from "../../platform/log.ts";

export interface LogLine {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

/** A logger that keeps its lines in `lines`, those of its children too. */
export function createRecordingLogger(): Logger & { readonly lines: readonly LogLine[] } {
  const lines: LogLine[] = [];
  const loggerWith = (bound: object): Logger => ({
    debug: (fields, message) => lines.push({ level: "debug", fields: { ...bound, ...fields }, message }),
    info: (fields, message) => lines.push({ level: "info", fields: { ...bound, ...fields }, message }),
    warn: (fields, message) => lines.push({ level: "warn", fields: { ...bound, ...fields }, message }),
    error: (fields, message) => lines.push({ level: "error", fields: { ...bound, ...fields }, message }),
    child: (fields) => loggerWith({ ...bound, ...fields }),
  });
  return { ...loggerWith({}), lines };
}
