import type { ServiceName } from "../../services/desired-state.ts";
import { namespaceOf } from "../../services/service-port-name.ts";

/** The answer to a load balancer about one Service on this node. */
export interface HealthCheckAnswer {
  readonly statusCode: 200 | 503;
  readonly headers: Readonly<Record<string, string>>;
  /** Byte for byte as kube-proxy writes it: balancers may match its text. */
  readonly body: string;
}

/**
 * The answer of a health check node port: 200 while the Service has ready endpoints here and this agent keeps the kernel in
 * step, else 503.
 */
export function answerHealthCheck({
  service,
  localEndpoints,
  isProxyHealthy,
}: {
  readonly service: ServiceName;
  /** Distinct addresses of ready endpoints on this node. */
  readonly localEndpoints: number;
  readonly isProxyHealthy: boolean;
}): HealthCheckAnswer {
  const namespace = namespaceOf(service);
  const facts = {
    service: { namespace, name: service.slice(namespace.length + 1) },
    localEndpoints,
    serviceProxyHealthy: isProxyHealthy,
  };
  return {
    statusCode: localEndpoints > 0 && isProxyHealthy ? 200 : 503,
    headers: {
      "Content-Type": "application/json",
      "X-Content-Type-Options": "nosniff",
      "X-Load-Balancing-Endpoint-Weight": String(localEndpoints),
    },
    body: JSON.stringify(facts, undefined, "\t"),
  };
}
