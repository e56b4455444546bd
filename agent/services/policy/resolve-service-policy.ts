import type { NodeProxyConfig, ProxyMode, SchedulingAlgorithm, ServiceRule } from "../../../crds/api.ts";
import { assertNever } from "../../../platform/assert-never.ts";
import { matchesSelector } from "../../../platform/kube/label-selector.ts";
import type { KeptService } from "../catalog/kept-service.ts";

type Labels = Readonly<Record<string, string>>;

/** What the ProxyConfig says about one Service. */
export interface ServicePolicy {
  readonly algorithm: SchedulingAlgorithm;
  /** How long a new endpoint takes to get its full weight; 0 is at once. */
  readonly slowStartSeconds: number;
  /** Session affinity ClientIP with this timeout; undefined is none. */
  readonly affinityTimeoutSeconds: number | undefined;
  /** Undefined is the mode of the node. */
  readonly mode: ProxyMode | undefined;
}

/** The default of the API, also of Service.spec.sessionAffinityConfig. */
export const defaultAffinityTimeoutSeconds = 10_800;

/** For each field the first rule that matches the Service and sets it wins; else the settings for all Services apply. */
export function resolveServicePolicy(
  service: KeptService,
  namespaceLabels: Labels,
  config: NodeProxyConfig,
): ServicePolicy {
  const rules = config.services.filter((rule) => matchesRule(rule, service, namespaceLabels));
  const exceptions = rules.flatMap(({ scheduling }) => scheduling ?? []);
  const affinity =
    rules.find((rule) => rule.sessionAffinity !== undefined)?.sessionAffinity ?? config.sessionAffinity;
  return {
    algorithm: firstSet(exceptions.map(({ algorithm }) => algorithm)) ?? config.scheduling.algorithm,
    slowStartSeconds:
      firstSet(exceptions.map(({ slowStartSeconds }) => slowStartSeconds)) ??
      config.scheduling.slowStartSeconds,
    affinityTimeoutSeconds: affinityTimeout(affinity, service),
    mode: firstSet(rules.map(({ mode }) => mode)),
  };
}

function firstSet<Value>(values: readonly (Value | undefined)[]): Value | undefined {
  return values.find((value) => value !== undefined);
}

/** A rule selects the Services that satisfy everything it sets. */
function matchesRule(rule: ServiceRule, service: KeptService, namespaceLabels: Labels): boolean {
  const { names = [], serviceSelector = {}, namespaceSelector = {} } = rule;
  return (
    (names.length === 0 || names.includes(service.name)) &&
    matchesSelector(serviceSelector, service.labels) &&
    matchesSelector(namespaceSelector, namespaceLabels)
  );
}

function affinityTimeout(
  affinity: NodeProxyConfig["sessionAffinity"],
  service: KeptService,
): number | undefined {
  switch (affinity.type) {
    case "Service":
      return service.affinityTimeoutSeconds;
    case "None":
      return undefined;
    case "ClientIP":
      return affinity.clientIP?.timeoutSeconds ?? defaultAffinityTimeoutSeconds;
    default:
      return assertNever(affinity.type);
  }
}
