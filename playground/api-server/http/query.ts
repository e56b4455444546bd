import { badRequest, invalid } from "../status-error.ts";
import type { WriteOptions } from "../registry/target.ts";
import { notSupported } from "../../../crds/validation/field-error.ts";

/** Query parameters of reads. Times are seconds. */
export interface ListQuery {
  readonly labelSelector: string;
  readonly fieldSelector: string;
  /** 0 means no limit. */
  readonly limit: number;
  readonly continueToken: string;
  readonly resourceVersion: string;
  readonly resourceVersionMatch: string;
  readonly watch: boolean;
  readonly allowWatchBookmarks: boolean;
  readonly sendInitialEvents: boolean;
  readonly timeoutSeconds: number | undefined;
}

/** @throws StatusError 400 for an invalid number. */
export function parseListQuery(query: URLSearchParams): ListQuery {
  const timeout = query.get("timeoutSeconds");
  return {
    labelSelector: query.get("labelSelector") ?? "",
    fieldSelector: query.get("fieldSelector") ?? "",
    limit: wholeNumber(query.get("limit") ?? "0", "limit"),
    continueToken: query.get("continue") ?? "",
    resourceVersion: query.get("resourceVersion") ?? "",
    resourceVersionMatch: query.get("resourceVersionMatch") ?? "",
    watch: isTrue(query.get("watch")),
    allowWatchBookmarks: isTrue(query.get("allowWatchBookmarks")),
    sendInitialEvents: isTrue(query.get("sendInitialEvents")),
    timeoutSeconds: timeout === null ? undefined : wholeNumber(timeout, "timeoutSeconds"),
  };
}

/** @throws StatusError 400 or 422 for values that kube-apiserver rejects too. */
export function parseWriteOptions(query: URLSearchParams, userAgent: string): WriteOptions {
  return {
    fieldManager: query.get("fieldManager") || userAgent.split("/", 1)[0] || "unknown",
    dryRun: parseDryRun(query),
    fieldValidation: parseFieldValidation(query.get("fieldValidation")),
  };
}

/** @throws StatusError 422 for anything but `All`. */
export function parseDryRun(query: URLSearchParams): boolean {
  const value = query.get("dryRun");
  if (value === null || value === "") return false;
  if (value === "All") return true;
  throw invalid({ group: "meta.k8s.io", plural: "", kind: "CreateOptions" }, "", [
    notSupported("dryRun", [value], ["All"]),
  ]);
}

function parseFieldValidation(value: string | null): WriteOptions["fieldValidation"] {
  switch (value) {
    case null:
    case "":
    case "Warn":
      return "Warn";
    case "Strict":
    case "Ignore":
      return value;
    default:
      throw invalid({ group: "meta.k8s.io", plural: "", kind: "CreateOptions" }, "", [
        notSupported("fieldValidation", value, ["Ignore", "Strict", "Warn"]),
      ]);
  }
}

/** A resourceVersion as a number; `undefined` for none. */
export function parseRevision(text: string): number | undefined {
  return text === "" ? undefined : wholeNumber(text, "resourceVersion");
}

function wholeNumber(text: string, parameter: string): number {
  if (!/^\d+$/.test(text))
    throw badRequest(`invalid ${parameter} ${JSON.stringify(text)}: must be a whole number`);
  return Number(text);
}

/** A boolean query parameter; one without a value counts as set, as in kube-apiserver. */
export function isTrue(value: string | null): boolean {
  return value === "true" || value === "1" || value === "";
}
