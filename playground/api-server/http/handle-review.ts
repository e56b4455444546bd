import type { IncomingMessage, ServerResponse } from "node:http";
import { invalid as invalidField } from "../../../crds/validation/field-error.ts";
import { objectAt, stringAt, type JsonObject } from "../json-value.ts";
import { badRequest, invalid, methodNotAllowed, noSuchResource } from "../status-error.ts";
import { readObject } from "./request-body.ts";
import type { ResourcePath } from "./request-path.ts";
import { sendJson } from "./respond.ts";

/** A question about the client itself, as `kubectl auth can-i` and `kubectl auth whoami` send it. */
interface Review {
  readonly group: string;
  readonly plural: string;
  readonly kind: string;
  /** @throws StatusError for an invalid question. */
  readonly answer: (spec: JsonObject) => JsonObject;
}

const reviews: readonly Review[] = [
  {
    group: "authorization.k8s.io",
    plural: "selfsubjectaccessreviews",
    kind: "SelfSubjectAccessReview",
    answer: reviewAccess,
  },
  {
    group: "authorization.k8s.io",
    plural: "selfsubjectrulesreviews",
    kind: "SelfSubjectRulesReview",
    answer: reviewRules,
  },
  {
    group: "authentication.k8s.io",
    plural: "selfsubjectreviews",
    kind: "SelfSubjectReview",
    answer: () => ({ userInfo: { username: "system:anonymous", groups: ["system:unauthenticated"] } }),
  },
];

/** The review for the path, if any. */
export function findReview({ group, version, plural }: ResourcePath): Review | undefined {
  if (version !== "v1") return undefined;
  return reviews.find((review) => review.group === group && review.plural === plural);
}

/** Answers a review: without authentication, every client is anonymous and may do everything. */
export async function handleReview(
  review: Review,
  exchange: {
    readonly request: IncomingMessage;
    readonly response: ServerResponse;
    readonly path: ResourcePath;
  },
): Promise<void> {
  const { request, response, path } = exchange;
  if (path.name !== undefined || path.namespace !== undefined) throw noSuchResource();
  if (request.method !== "POST") throw methodNotAllowed(review);
  const { spec } = await readObject(request);
  sendJson(response, 201, {
    kind: review.kind,
    apiVersion: `${review.group}/v1`,
    metadata: {},
    ...(spec === undefined ? {} : { spec }),
    status: review.answer(objectAt(spec)),
  });
}

function reviewAccess(spec: JsonObject): JsonObject {
  const asked = [spec["resourceAttributes"], spec["nonResourceAttributes"]];
  if (asked.filter((attributes) => attributes !== undefined).length === 1) return { allowed: true };
  const detail = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
  throw invalid({ group: "authorization.k8s.io", plural: "", kind: "" }, "", [
    invalidField("spec.resourceAttributes", spec["resourceAttributes"] ?? null, detail),
  ]);
}

function reviewRules(spec: JsonObject): JsonObject {
  if ((stringAt(spec, "namespace") ?? "") === "") throw badRequest("no namespace on request");
  return {
    resourceRules: [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }],
    nonResourceRules: [{ verbs: ["*"], nonResourceURLs: ["*"] }],
    incomplete: false,
  };
}
