import { forbidden as forbiddenField } from "../../../crds/validation/field-error.ts";
import type { KubeObject } from "../kube-object.ts";
import type { ResourceType } from "../resources/resource-type.ts";
import { parseFieldSelector } from "../selectors/field-selector.ts";
import { parseLabelSelector, type Matcher } from "../selectors/label-selector.ts";
import { served } from "../registry/target.ts";
import { badRequest, expired, invalid, resourceVersionTooLarge, StatusError } from "../status-error.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { parseRevision, type ListQuery } from "./query.ts";

/** One page of a list. */
export interface Page {
  readonly objects: readonly KubeObject[];
  readonly revision: number;
  /** "" on the last page. */
  readonly continueToken: string;
  readonly remaining: number;
}

/** Label and field selector together, for stored objects. */
export function parseSelectors(type: ResourceType, query: ListQuery): Matcher {
  const labels = parseLabelSelector(query.labelSelector);
  const fields = parseFieldSelector(type, query.fieldSelector);
  return (object) => labels(object) && fields(object);
}

/**
 * The page of a list that the query requests. Later pages show the same revision as the first one.
 *
 * @throws StatusError 400 for a bad token or selector, 410 for a token that is too old, 504 for a future revision.
 */
export function listObjects(
  store: ObjectStore,
  type: ResourceType,
  request: { readonly namespace: string | undefined; readonly query: ListQuery },
): Page {
  const { namespace, query } = request;
  checkVersionMatch(query);
  const matches = parseSelectors(type, query);
  const position = query.continueToken === "" ? undefined : parseToken(query.continueToken);
  const revision = position?.revision ?? wantedRevision(store, query);
  const all = allAt(store, type, { revision, namespace, isContinuation: position !== undefined }).filter(
    matches,
  );
  const start = position === undefined ? 0 : all.findIndex((object) => placeOf(object) > position.after);
  const rest = start === -1 ? [] : all.slice(start);
  const page = query.limit > 0 ? rest.slice(0, query.limit) : rest;
  const last = page.at(-1);
  const remaining = rest.length - page.length;
  const continueToken =
    remaining > 0 && last !== undefined ? renderToken({ revision, after: placeOf(last) }) : "";
  return { objects: page.map((object) => served(type, object)), revision, continueToken, remaining };
}

function checkVersionMatch({ resourceVersion, resourceVersionMatch }: ListQuery): void {
  if (resourceVersionMatch === "" || resourceVersion !== "") return;
  const detail = "resourceVersionMatch is forbidden unless resourceVersion is provided";
  const field = forbiddenField("resourceVersionMatch", detail);
  throw invalid({ group: "meta.k8s.io", plural: "", kind: "ListOptions" }, "", [field]);
}

function allAt(
  store: ObjectStore,
  type: ResourceType,
  at: { readonly revision: number; readonly namespace: string | undefined; readonly isContinuation: boolean },
): readonly KubeObject[] {
  try {
    return store.listAt(type.storedAs, at.revision, at.namespace);
  } catch (error) {
    if (!at.isContinuation || !(error instanceof StatusError) || error.code !== 410) throw error;
    throw expired(
      "The provided continue parameter is too old to display a consistent list result. You must start a new list without the continue parameter.",
    );
  }
}

/** Only `Exact` requests an old state; otherwise a resourceVersion is a lower bound. */
function wantedRevision(store: ObjectStore, query: ListQuery): number {
  const asked = parseRevision(query.resourceVersion);
  if (asked === undefined || asked === 0) return store.revision;
  if (asked > store.revision) throw resourceVersionTooLarge(asked, store.revision);
  return query.resourceVersionMatch === "Exact" ? asked : store.revision;
}

interface Position {
  readonly revision: number;
  readonly after: string;
}

function placeOf(object: KubeObject): string {
  return `${object.metadata.namespace ?? ""}/${object.metadata.name}`;
}

function renderToken(position: Position): string {
  return Buffer.from(
    JSON.stringify({ v: "meta.k8s.io/v1", rv: position.revision, start: position.after }),
  ).toString("base64url");
}

function parseToken(token: string): Position {
  try {
    const { rv, start } = JSON.parse(Buffer.from(token, "base64url").toString("utf8")) as {
      rv: unknown;
      start: unknown;
    };
    if (typeof rv === "number" && typeof start === "string") return { revision: rv, after: start };
  } catch {
    // Reported below, like a token with a different format.
  }
  throw badRequest("continue key is not valid");
}
