import { isIP } from "node:net";
import {
  duplicate,
  forbidden,
  invalid,
  notSupported,
  type FieldError,
} from "../../../../crds/validation/field-error.ts";
import { objectAt, stringAt, stringsAt, type JsonObject } from "../../json-value.ts";
import type { KubeObject } from "../../kube-object.ts";
import { isHeadlessWithoutSelector } from "./service-defaults.ts";

const families = ["IPv4", "IPv6"];
const policies = ["PreferDualStack", "RequireDualStack", "SingleStack"];

/** Errors of kube-apiserver for the combination of clusterIPs, ipFamilies and ipFamilyPolicy, with its wording. */
export function familyErrors(service: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  const spec = objectAt(service, "spec");
  if (stringAt(spec, "type") === "ExternalName") return externalNameErrors(spec);
  const errors = [...syncErrors(spec), ...valueErrors(spec), ...addressCountErrors(spec)];
  if (errors.length > 0) return errors;
  const mismatches = stringAt(spec, "clusterIP") === "None" ? [] : mismatchErrors(spec);
  return mismatches.length > 0 ? mismatches : policyErrors(spec, objectAt(old, "spec"));
}

function externalNameErrors(spec: JsonObject): readonly FieldError[] {
  const detail = "may not be set for ExternalName services";
  return ["clusterIPs", "ipFamilies", "ipFamilyPolicy"].flatMap((field) => {
    const isSet = stringsAt(spec, field).length > 0 || stringAt(spec, field) !== undefined;
    return isSet ? [forbidden(`spec.${field}`, detail)] : [];
  });
}

/** clusterIP and clusterIPs[0] are the same field with two names. */
function syncErrors(spec: JsonObject): readonly FieldError[] {
  const single = stringAt(spec, "clusterIP") ?? "";
  const list = stringsAt(spec, "clusterIPs");
  if (list.length === 0 || list[0] === single) return [];
  const detail =
    single === "" ? "must be empty when `clusterIP` is not specified" : "first value must match `clusterIP`";
  return [invalid("spec.clusterIPs", list, detail)];
}

function valueErrors(spec: JsonObject): readonly FieldError[] {
  const policy = stringAt(spec, "ipFamilyPolicy");
  const asked = stringsAt(spec, "ipFamilies");
  return [
    ...asked.flatMap((family, index) => {
      const field = `spec.ipFamilies[${index}]`;
      return [
        ...(families.includes(family) ? [] : [notSupported(field, family, families)]),
        ...(asked.indexOf(family) < index ? [duplicate(field, family)] : []),
      ];
    }),
    ...(policy === undefined || policies.includes(policy)
      ? []
      : [notSupported("spec.ipFamilyPolicy", policy, policies)]),
  ];
}

function addressCountErrors(spec: JsonObject): readonly FieldError[] {
  const list = stringsAt(spec, "clusterIPs");
  const field = "spec.clusterIPs";
  if (list[0] === "None" && list.length > 1)
    return [invalid(field, list, "'None' must be the first and only value")];
  const errors = list.length > 2 ? [invalid(field, list, "may only hold up to 2 values")] : [];
  const isDistinct = new Set(list.map((address) => isIP(address))).size === list.length;
  return isDistinct
    ? errors
    : [...errors, invalid(field, list, "may specify no more than one IP for each IP family")];
}

/** This also keeps the first family of a Service: its first address never changes. */
function mismatchErrors(spec: JsonObject): readonly FieldError[] {
  const asked = stringsAt(spec, "ipFamilies");
  return stringsAt(spec, "clusterIPs").flatMap((address, index) => {
    const family = asked[index];
    if (family === undefined || isIP(address) === 0 || `IPv${isIP(address)}` === family) return [];
    const detail = `expected an ${family} value as indicated by \`ipFamilies[${index}]\``;
    return [invalid(`spec.clusterIPs[${index}]`, address, detail)];
  });
}

/** Two IP families need a policy that allows them, and releasing one needs the policy that forbids two. */
function policyErrors(spec: JsonObject, before: JsonObject): readonly FieldError[] {
  const field = "spec.ipFamilyPolicy";
  const policy =
    stringAt(spec, "ipFamilyPolicy") ??
    (isHeadlessWithoutSelector(spec) ? "RequireDualStack" : "SingleStack");
  const what = { clusterIPs: "cluster IP", ipFamilies: "IP family" };
  const many = { clusterIPs: "cluster IPs", ipFamilies: "IP families" };
  return (["clusterIPs", "ipFamilies"] as const).flatMap((list) => {
    const count = stringsAt(spec, list).length;
    if (policy === "SingleStack") {
      const detail = `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${many[list]} are specified`;
      return count > 1 ? [invalid(field, policy, detail)] : [];
    }
    const isReleased = count === 1 && stringsAt(before, list).length > 1;
    const detail = `must be 'SingleStack' to release the secondary ${what[list]}`;
    return isReleased ? [invalid(field, policy, detail)] : [];
  });
}
