import { renderFieldError, type FieldError } from "../../crds/validation/field-error.ts";
import type { JsonObject } from "./json-value.ts";

/** metav1.StatusCause. */
export interface StatusCause {
  readonly reason: string;
  readonly message: string;
  readonly field?: string;
}

/** The resource of an error: group resource and kind, as far as the request contains them. */
export interface StatusSubject {
  readonly group: string;
  readonly plural: string;
  readonly kind: string;
}

interface StatusFacts {
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  readonly subject?: StatusSubject;
  readonly name?: string | undefined;
  /** Whether details.kind is the kind (validation errors) rather than the plural. */
  readonly detailsKind?: "kind" | "plural";
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}

/** A request that the API server rejects; rendered as a metav1.Status. */
export class StatusError extends Error {
  override readonly name = "StatusError";
  readonly code: number;
  readonly reason: string;
  readonly #facts: StatusFacts;

  constructor(facts: StatusFacts) {
    super(facts.message);
    this.code = facts.code;
    this.reason = facts.reason;
    this.#facts = facts;
  }

  /** The metav1.Status object for the client. */
  toStatus(): JsonObject {
    const { subject, name, causes, retryAfterSeconds, detailsKind } = this.#facts;
    const details = {
      ...(name === undefined ? {} : { name }),
      ...(subject === undefined || subject.group === "" ? {} : { group: subject.group }),
      ...(subject === undefined ? {} : { kind: detailsKind === "kind" ? subject.kind : subject.plural }),
      ...(causes === undefined ? {} : { causes: causes.map((cause) => ({ ...cause })) }),
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    };
    return {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: this.message,
      reason: this.reason,
      ...(Object.keys(details).length === 0 ? {} : { details }),
      code: this.code,
    };
  }
}

/** `services` or `proxyconfigs.kubesteer.dev`: a group resource in messages. */
export function qualifiedResource(subject: Pick<StatusSubject, "group" | "plural">): string {
  return subject.group === "" ? subject.plural : `${subject.plural}.${subject.group}`;
}

function qualifiedKind(subject: StatusSubject): string {
  return subject.group === "" ? subject.kind : `${subject.kind}.${subject.group}`;
}

/** 400: the request itself is invalid. */
export function badRequest(message: string): StatusError {
  return new StatusError({ code: 400, reason: "BadRequest", message });
}

/** 404: there is no object with this name. */
export function notFound(subject: StatusSubject, name: string): StatusError {
  return new StatusError({
    code: 404,
    reason: "NotFound",
    message: `${qualifiedResource(subject)} "${name}" not found`,
    subject,
    name,
  });
}

/** The path does not exist on the server, such as an unknown subresource. */
export function noSuchResource(): StatusError {
  return new StatusError({
    code: 404,
    reason: "NotFound",
    message: "the server could not find the requested resource",
  });
}

/** 409: the name is already in use. */
export function alreadyExists(subject: StatusSubject, name: string): StatusError {
  return new StatusError({
    code: 409,
    reason: "AlreadyExists",
    message: `${qualifiedResource(subject)} "${name}" already exists`,
    subject,
    name,
  });
}

/** 409: the request conflicts with the state of the object. */
export function conflict(subject: StatusSubject, name: string, detail: string): StatusError {
  return new StatusError({
    code: 409,
    reason: "Conflict",
    message: `Operation cannot be fulfilled on ${qualifiedResource(subject)} "${name}": ${detail}`,
    subject,
    name,
  });
}

/** The optimistic-concurrency conflict: another client wrote the object after it was read. */
export function staleObject(subject: StatusSubject, name: string): StatusError {
  return conflict(
    subject,
    name,
    "the object has been modified; please apply your changes to the latest version and try again",
  );
}

/** 403: not allowed for any client. */
export function forbidden(subject: StatusSubject, name: string, detail: string): StatusError {
  return new StatusError({
    code: 403,
    reason: "Forbidden",
    message: `${qualifiedResource(subject)} "${name}" is forbidden: ${detail}`,
    subject,
    name,
  });
}

/** 422 with one cause per field. */
export function invalid(subject: StatusSubject, name: string, errors: readonly FieldError[]): StatusError {
  const lines = errors.map(renderFieldError);
  const list = lines.length === 1 ? lines.join("") : `[${lines.join(", ")}]`;
  return new StatusError({
    code: 422,
    reason: "Invalid",
    message: `${qualifiedKind(subject)} "${name}" is invalid: ${list}`,
    subject,
    name,
    detailsKind: "kind",
    causes: errors.map(({ field, reason, message }) => ({
      reason,
      message,
      field: field === "" ? "<nil>" : field,
    })),
  });
}

/** 410: the revision of the resourceVersion or continue token is no longer available. */
export function expired(message: string): StatusError {
  return new StatusError({ code: 410, reason: "Expired", message });
}

/** 405: the resource has no such verb. */
export function methodNotAllowed(subject: StatusSubject): StatusError {
  return new StatusError({
    code: 405,
    reason: "MethodNotAllowed",
    message: "the server does not allow this method on the requested resource",
    subject,
  });
}

/** 415: the format of the body is not supported. */
export function unsupportedMediaType(accepted: readonly string[]): StatusError {
  return new StatusError({
    code: 415,
    reason: "UnsupportedMediaType",
    message: `the body of the request was in an unknown format - accepted media types include: ${accepted.join(", ")}`,
  });
}

/** 415: this server cannot decode a protobuf body; the message describes the workaround for kubectl. */
export function protobufNotRead(what: string): StatusError {
  return new StatusError({
    code: 415,
    reason: "UnsupportedMediaType",
    message:
      `this server cannot decode ${what} as protobuf: send JSON or YAML instead, ` +
      "with kubectl by adding --dry-run=client -o yaml | kubectl create -f -",
  });
}

/** Server-side apply of fields that other managers own; one cause per field. */
export function applyConflict(
  conflicts: readonly { readonly manager: string; readonly field: string }[],
): StatusError {
  const causes = conflicts.map(({ manager, field }) => ({
    reason: "FieldManagerConflict",
    message: `conflict with ${manager}`,
    field,
  }));
  return new StatusError({ code: 409, reason: "Conflict", message: applyConflictMessage(conflicts), causes });
}

function applyConflictMessage(
  conflicts: readonly { readonly manager: string; readonly field: string }[],
): string {
  const [first, ...others] = conflicts;
  if (first !== undefined && others.length === 0)
    return `Apply failed with 1 conflict: conflict with ${first.manager}: ${first.field}`;
  const managers = [...new Set(conflicts.map(({ manager }) => manager))].toSorted();
  const lines = managers.flatMap((manager) => [
    `conflicts with ${manager}:`,
    ...conflicts.filter((entry) => entry.manager === manager).map(({ field }) => `- ${field}`),
  ]);
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join("\n")}`;
}

/** Server-side apply of a body that does not match the schema; kube-apiserver answers 500 too. */
export function untypedPatch(name: string, apiVersion: string, kind: string, detail: string): StatusError {
  return new StatusError({
    code: 500,
    reason: "",
    message: `failed to create typed patch object (${name}; ${apiVersion}, Kind=${kind}): ${detail}`,
  });
}

/** 504: the client has seen a future revision, perhaps from an earlier run without a data directory. */
export function resourceVersionTooLarge(wanted: number, current: number): StatusError {
  return new StatusError({
    code: 504,
    reason: "Timeout",
    message: `Timeout: Too large resource version: ${wanted}, current: ${current}`,
    causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
    retryAfterSeconds: 1,
  });
}
