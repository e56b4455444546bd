import { objectAt, stringAt, stringsAt, type JsonObject } from "../../json-value.ts";
import { parseKubeObject, type KubeObject } from "../../kube-object.ts";
import type { Strategy } from "../../resources/resource-type.ts";
import { plainStrategy } from "../../resources/strategy.ts";
import { invalid } from "../../../../crds/validation/field-error.ts";
import { checkServiceName } from "../names.ts";
import { allocateService, allocationErrors } from "./allocate-service.ts";
import { keepAllocated } from "./keep-allocated.ts";
import { defaultService, dropObsolete, isHeadlessWithoutSelector } from "./service-defaults.ts";
import { validateService } from "./validate-service.ts";

/**
 * Services as in kube-apiserver's registry: defaults, then validation of the request, then allocation. Allocation needs a valid
 * object, so it is the last step of `prepare` and reports separate errors.
 */
export const serviceStrategy: Strategy = {
  ...plainStrategy,
  checkName: checkServiceName,
  prepare: (service, old, { allocations }) => {
    const kept = old === undefined ? service : keepAllocated(dropObsolete(service, old), old);
    const defaulted = defaultService(releaseSecondary(syncClusterIPs(kept, old), old));
    if (validateService(defaulted, old).length > 0 || allocationErrors(defaulted, allocations).length > 0)
      return defaulted;
    return allocateService(defaulted, allocations);
  },
  validate: (service, old, { allocations }) => {
    const errors = validateService(service, old);
    return errors.length > 0
      ? errors
      : [...allocationErrors(service, allocations), ...stackErrors(service, allocations.serviceCIDRs.length)];
  },
};

/** A Service with two IP families that becomes SingleStack releases the second one automatically. */
function releaseSecondary(service: KubeObject, old: KubeObject | undefined): KubeObject {
  const before = objectAt(old, "spec");
  const spec = objectAt(service, "spec");
  const wasDual = ["PreferDualStack", "RequireDualStack"].includes(stringAt(before, "ipFamilyPolicy") ?? "");
  if (!wasDual || stringAt(spec, "ipFamilyPolicy") !== "SingleStack") return service;
  const clusterIPs = stringsAt(spec, "clusterIPs").slice(0, 1);
  const ipFamilies = stringsAt(spec, "ipFamilies").slice(0, 1);
  return withSpec(service, {
    ...spec,
    ...(clusterIPs.length === 0 ? {} : { clusterIPs }),
    ...(ipFamilies.length === 0 ? {} : { ipFamilies }),
  });
}

/** clusterIP and clusterIPs[0] are the same field with two names. */
function syncClusterIPs(service: KubeObject, old: KubeObject | undefined): KubeObject {
  const spec = objectAt(service, "spec");
  const single = stringAt(spec, "clusterIP") ?? "";
  const list = stringsAt(spec, "clusterIPs");
  if (single === "" && list.length === 0) return service;
  if (single !== "" && list.length === 0) return withSpec(service, { ...spec, clusterIPs: [single] });
  if (single === "") return service;
  const changed = old !== undefined && stringAt(old, "spec", "clusterIP") !== single;
  return changed && list[0] !== single ? withSpec(service, { ...spec, clusterIPs: [single] }) : service;
}

function stackErrors(service: KubeObject, ranges: number): ReturnType<Strategy["validate"]> {
  const policy = stringAt(service, "spec", "ipFamilyPolicy");
  if (policy !== "RequireDualStack" || ranges > 1) return [];
  if (isHeadlessWithoutSelector(objectAt(service, "spec"))) return [];
  return [invalid("spec.ipFamilyPolicy", policy, "this cluster is not configured for dual-stack services")];
}

function withSpec(service: KubeObject, spec: JsonObject): KubeObject {
  return parseKubeObject({ ...service, spec });
}
