import type { Clock } from "../async/clock.ts";
import { errorMessage } from "../errors.ts";
import { type RouteHandler, serveHttp } from "./serve.ts";
import type { Logger } from "../log.ts";

const retryMs = 5_000;

/**
 * Serves HTTP until `signal` aborts. If the address is already in use, for example while another proxy still runs, it
 * retries every 5 seconds, because the node's traffic does not depend on it. Never rejects.
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
      log.error({ reason: errorMessage(error) }, "cannot serve HTTP, retrying");
      await clock.sleep(retryMs, signal);
    }
  }
}
