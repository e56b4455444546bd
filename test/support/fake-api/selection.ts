import type { ApiObject, Selectors, WatchEvent } from "../../../platform/kube/api-client.ts";
import { matchesSelector } from "../../../platform/kube/label-selector.ts";
import { parseLabelSelector } from "../parse-label-selector.ts";

/** Which objects of a resource a list or a watch is about. */
export type Scope = Selectors & { readonly namespace?: string };

export function isSelected(object: ApiObject, scope: Scope): boolean {
  const { namespace, labelSelector, fieldSelector } = scope;
  return (
    (namespace === undefined || object.metadata.namespace === namespace) &&
    (labelSelector === undefined ||
      matchesSelector(parseLabelSelector(labelSelector), object.metadata.labels)) &&
    (fieldSelector === undefined || fieldSelector === `metadata.name=${object.metadata.name}`)
  );
}

/** What a watcher with selectors sees: an object that leaves its selection is deleted for it, one that enters is added. */
export function eventForSelection(
  event: WatchEvent,
  before: ApiObject | undefined,
  scope: Scope,
): WatchEvent | undefined {
  const was = before !== undefined && isSelected(before, scope);
  const is = event.type !== "DELETED" && isSelected(event.object, scope);
  if (is) return { ...event, type: was ? "MODIFIED" : "ADDED" };
  return was ? { ...event, type: "DELETED" } : undefined;
}
