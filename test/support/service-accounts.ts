import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createKubectl } from "../../playground/kubectl.ts";
import { createApiRequests, type ApiAnswer } from "./api-requests.ts";
import { insecure, renderKubeconfig, type ApiUnderTest } from "./api-under-test.ts";

const namespace = "kube-system";

export type ServiceAccount = "kubesteer-agent" | "kubesteer-operator";

/** An API server with rights, as its administrator sees it. */
type AdminAccess = Pick<ApiUnderTest, "url" | "token" | "kubeconfig" | "folder">;

/** Gives the service accounts of operator and agents the rights of `config/rbac`. */
export async function installRights(api: AdminAccess): Promise<void> {
  const kubectl = createKubectl({ kubeconfig: api.kubeconfig, home: api.folder });
  const rbac = join(import.meta.dirname, "../../config/rbac");
  const { exitCode, stderr } = await kubectl(["apply", "--server-side", "-n", namespace, "-k", rbac]);
  assert.equal(exitCode, 0, stderr);
}

/** @param boundObjectRef as the kubelet asks for the token that it mounts into this pod */
export async function requestToken(
  api: AdminAccess,
  serviceAccount: ServiceAccount,
  boundObjectRef?: object,
): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${serviceAccount}/token`;
  const { body } = created(await createApiRequests(api).post(path, { spec: { boundObjectRef } }));
  const token: unknown = body["status"]?.["token"];
  assert.ok(typeof token === "string");
  return token;
}

/** The token in a new pod of the agent on that node. */
export async function requestAgentToken(api: AdminAccess, nodeName: string): Promise<string> {
  const name = `agent-on-${nodeName}`;
  const containers = [{ name: "agent", image: "kubesteer" }];
  const spec = { nodeName, serviceAccountName: "kubesteer-agent", containers };
  created(
    await createApiRequests(api).post(`/api/v1/namespaces/${namespace}/pods`, { metadata: { name }, spec }),
  );
  return requestToken(api, "kubesteer-agent", { kind: "Pod", apiVersion: "v1", name });
}

/** Kubeconfig file with the operator's rights, where the API server has any. */
export async function createOperatorKubeconfig(api: ApiUnderTest): Promise<string> {
  if (api.kind === "embedded") return api.kubeconfig;
  await installRights(api);
  const file = join(api.folder, "operator-kubeconfig");
  await writeFile(
    file,
    renderKubeconfig(insecure(api.url), { token: await requestToken(api, "kubesteer-operator") }),
  );
  return file;
}

function created(answer: ApiAnswer): ApiAnswer {
  assert.equal(answer.code, 201, answer.text);
  return answer;
}
