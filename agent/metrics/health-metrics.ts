import type { Meter } from "@opentelemetry/api";

export interface HealthMetrics {
  count(endpoint: "healthz" | "livez", statusCode: number): void;
}

/** Answers of the health endpoints by status code, under kube-proxy's names. */
export function createHealthMetrics(meter: Meter): HealthMetrics {
  const answers = {
    healthz: meter.createCounter("kubeproxy_proxy_healthz", { description: "Answers of /healthz" }),
    livez: meter.createCounter("kubeproxy_proxy_livez", { description: "Answers of /livez" }),
  };
  return {
    count(endpoint, statusCode) {
      answers[endpoint].add(1, { code: String(statusCode) });
    },
  };
}
