import type { IncludeObject } from "../table/table.ts";

/** Whether the client prefers metav1.Table, as kubectl get does. */
export function acceptsTable(accept: string): boolean {
  return mediaRanges(accept).some(
    (range) => range.includes("as=Table") && range.includes("v=v1") && range.includes("g=meta.k8s.io"),
  );
}

/** Whether the client understands aggregated discovery v2. */
export function acceptsAggregatedDiscovery(accept: string): boolean {
  return mediaRanges(accept).some(
    (range) => range.includes("as=APIGroupDiscoveryList") && range.includes("v=v2"),
  );
}

/** Whether the client wants only metadata: `PartialObjectMetadata` or its list. */
export function acceptsPartialMetadata(accept: string): boolean {
  return mediaRanges(accept).some((range) =>
    range.some((part) => part.startsWith("as=PartialObjectMetadata")),
  );
}

/** Whether JSON, or anything, is acceptable. */
export function acceptsJson(accept: string): boolean {
  if (accept === "") return true;
  return mediaRanges(accept).some(([type = ""]) =>
    ["application/json", "application/*", "*/*"].includes(type),
  );
}

/** The query parameter of the same name. */
export function parseIncludeObject(value: string | null): IncludeObject {
  return value === "None" || value === "Object" ? value : "Metadata";
}

function mediaRanges(accept: string): readonly (readonly string[])[] {
  return accept.split(",").map((range) => range.split(";").map((part) => part.trim()));
}
