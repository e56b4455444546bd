import type { Clock } from "../async/clock.ts";
import { errorMessage } from "../errors.ts";
import { type RouteHandler, serveHttp } from "./serve.ts";
import type { Logger } from "../log.ts";

const retryMs = 5_000;

/**
 * Serves HTTP until `signal` aborts. Where the address cannot be had, as while another proxy still runs, it is tried
 * again every 5 seconds: the node's traffic does not depend on it. Never rejects.
 */
export async function keepServing({
  clock,
  ...server
}: {
  readonly address: string;
  readonly routes: Readonly<Record<string, RouteHandler>>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { address, log, signal } = server;
  while (!signal.aborted) {
    try {
      const { port, closed } = await serveHttp(server);
      log.info({ address, port }, "serving HTTP");
      await closed;
    } catch (error) {
      log.error({ reason: errorMessage(error) }, "cannot serve HTTP, trying again");
      await clock.sleep(retryMs, signal);
    }
  }
}
