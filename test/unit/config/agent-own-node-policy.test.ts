import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { celEnvironment } from "../../../crds/validation/cel-environment.ts";

interface Policy {
  readonly spec: {
    readonly matchConditions: readonly { readonly expression: string }[];
    readonly variables: readonly { readonly name: string; readonly expression: string }[];
    readonly validations: readonly {
      readonly expression: string;
      readonly message?: string;
      readonly messageExpression?: string;
    }[];
  };
}

const file = join(import.meta.dirname, "../../../config/rbac/agent-own-node-policy.yaml");
const [policy] = parseAllDocuments(readFileSync(file, "utf8")).map((document) => document.toJS() as Policy);
assert.ok(policy !== undefined);
const { spec } = policy;
const environment = celEnvironment
  .clone()
  .registerVariable("request", "dyn")
  .registerVariable("variables", "dyn");

function evaluate(expression: string, context: object): unknown {
  return environment.evaluate(expression, { ...context });
}

/** Messages of the violated validations; undefined if the policy does not apply to the request. */
function judge(request: object): readonly string[] | undefined {
  if (!spec.matchConditions.every(({ expression }) => evaluate(expression, { request }) === true))
    return undefined;
  const variables = Object.fromEntries(
    spec.variables.map(({ name, expression }) => [name, evaluate(expression, { request })]),
  );
  return spec.validations
    .filter(({ expression }) => evaluate(expression, { request, variables }) !== true)
    .map(
      ({ message, messageExpression = "" }) =>
        message ?? String(evaluate(messageExpression, { request, variables })),
    );
}

function requestBy(username: string, name: string, extra: object): object {
  return { name, userInfo: { username, extra } };
}

const agent = "system:serviceaccount:kube-system:kubesteer-agent";
const onNode1 = { "authentication.kubernetes.io/node-name": ["node-1"] };

describe("the policy that restricts agents to their own node", () => {
  const rows: readonly { name: string; request: object; expected: readonly string[] | undefined }[] = [
    {
      name: "an agent may write the status of its node",
      request: requestBy(agent, "node-1", onNode1),
      expected: [],
    },
    {
      name: "an agent may not write the status of another node",
      request: requestBy(agent, "node-2", onNode1),
      expected: ["the agent of node node-1 may not write NodeProxy node-2"],
    },
    {
      name: "an agent in another namespace is restricted too",
      request: requestBy("system:serviceaccount:network:kubesteer-agent", "node-2", onNode1),
      expected: ["the agent of node node-1 may not write NodeProxy node-2"],
    },
    {
      name: "a token without a node may not write anything",
      request: requestBy(agent, "node-1", {}),
      expected: [
        "the service account token is not bound to a node; use the token that the kubelet mounts into the pod",
      ],
    },
    {
      name: "the policy does not apply to the operator",
      request: requestBy("system:serviceaccount:kube-system:kubesteer-operator", "node-2", {}),
      expected: undefined,
    },
    {
      name: "the policy does not apply to users",
      request: requestBy("admin", "node-2", {}),
      expected: undefined,
    },
  ];
  for (const { name, request, expected } of rows) {
    it(name, () => assert.deepEqual(judge(request), expected));
  }
});
