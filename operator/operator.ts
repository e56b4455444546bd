import { systemClock, type Clock } from "../platform/async/clock.ts";
import { createApiClient } from "../platform/kube/client-node.ts";
import { createEventRecorder } from "../platform/kube/events.ts";
import { loadKubeConfig } from "../platform/kube/kube-config.ts";
import { runLeaderElection } from "../platform/kube/leader-election.ts";
import type { Logger } from "../platform/log.ts";
import { createMeterProvider } from "../platform/telemetry/metrics.ts";
import { createTracing } from "../platform/telemetry/traces.ts";
import { lead } from "./reconcile/lead.ts";
import { createOperatorMetrics } from "./http/metrics.ts";
import type { OperatorOptions } from "./options.ts";
import { proveAccess } from "./watch/prove-access.ts";
import { serveEndpoints } from "./http/serve-endpoints.ts";

const component = "kubesteer-operator";

export interface OperatorEnvironment {
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly clock?: Clock;
}

/**
 * Runs the operator until `signal` aborts. The API server may become unreachable at any time; only an
 * error that a retry cannot fix ends it.
 *
 * @throws {TerminalError} for an unusable kubeconfig or listen address
 */
export async function runOperator(options: OperatorOptions, environment: OperatorEnvironment): Promise<void> {
  const { log, clock = systemClock } = environment;
  const kubeConfig = loadKubeConfig(options);
  const client = createApiClient(kubeConfig, { userAgent: component });
  const telemetry = createMeterProvider({ service: component });
  const tracing = await createTracing({ service: component, otlpEndpoint: options.otlpEndpoint });
  const recorder = createEventRecorder({ client, component, instance: options.identity, clock, log });
  const stop = new AbortController();
  const signal = AbortSignal.any([environment.signal, stop.signal]);

  const metrics = createOperatorMetrics(telemetry.meter);
  metrics.setLeader(false);
  const { namespace } = options;
  const leading = { kubeConfig, client, namespace, recorder, metrics, tracing, clock, log };
  const health = { synced: false };

  try {
    await serveEndpoints(options, { isReady: () => health.synced, telemetry, log, signal });
    await proveAccess({ kubeConfig, client, namespace, clock, log }, signal);
    if (signal.aborted) return;
    health.synced = true;
    if (options.leaderElect) {
      await runLeaderElection({
        client,
        namespace,
        name: component,
        identity: options.identity,
        clock,
        log,
        signal,
        lead: (term) => lead(leading, term),
      });
    } else {
      await lead(leading, signal);
    }
  } finally {
    stop.abort();
    await recorder.flush();
    await Promise.all([tracing.shutdown(), telemetry.shutdown()]);
  }
}
