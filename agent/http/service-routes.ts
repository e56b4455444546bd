import type { ServerResponse } from "node:http";
import { errorMessage } from "../../platform/errors.ts";
import type { RouteHandler } from "../../platform/http/serve.ts";
import type { ServingModes } from "../dataplane/serving-modes.ts";
import type { ConnectionCounts } from "../services/endpoints/endpoint-connections.ts";
import type { DesiredState } from "../services/desired-state.ts";
import { readServiceName } from "../services/service-port-name.ts";
import { describeService } from "./describe-service.ts";
import type { FrontendCounters } from "../metrics/frontend-counters.ts";

export interface ServiceRoutesDeps {
  /** undefined before the first sync. */
  readonly desired: () => DesiredState | undefined;
  readonly serving: Pick<ServingModes, "of">;
  readonly counters: FrontendCounters;
  /** Open connections of all endpoints; may throw. */
  readonly countConnections: () => Promise<ConnectionCounts>;
}

/** `/services/NAMESPACE/NAME`: what this node serves for a Service and what comes through it, in JSON. */
export function createServiceRoutes({
  desired,
  serving,
  counters,
  countConnections,
}: ServiceRoutesDeps): Readonly<Record<string, RouteHandler>> {
  return {
    "/services/": async (request, response) => {
      const [, , namespace, name, ...rest] = (request.url ?? "").split("?", 1)[0]?.split("/") ?? [];
      const serviceName = rest.length === 0 ? readServiceName(namespace, name) : undefined;
      if (serviceName === undefined) {
        send(response, 404, { error: "the path is /services/NAMESPACE/NAME" });
        return;
      }
      const service = desired()?.services.get(serviceName);
      if (service === undefined) {
        send(response, 404, { error: `this node does not serve ${serviceName}` });
        return;
      }
      const [frontends, endpoints] = await Promise.allSettled([counters.reading(), countConnections()]);
      const problems = [frontends, endpoints].flatMap((result) =>
        result.status === "rejected" ? [errorMessage(result.reason)] : [],
      );
      const description = describeService(service, {
        mode: serving.of(serviceName)?.mode,
        frontends: frontends.status === "fulfilled" ? frontends.value : undefined,
        endpoints: endpoints.status === "fulfilled" ? endpoints.value : undefined,
        problems,
      });
      send(response, 200, description);
    },
  };
}

function send(response: ServerResponse, statusCode: number, body: object): void {
  response.writeHead(statusCode, { "content-type": "application/json", "x-content-type-options": "nosniff" });
  response.end(`${JSON.stringify(body, undefined, 2)}\n`);
}
