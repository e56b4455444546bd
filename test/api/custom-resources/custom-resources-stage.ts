import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { apiGroupVersion } from "../../../crds/api.ts";
import { waitUntil } from "../../../playground/wait-until.ts";
import type { ApiAnswer, ApiRequests, Json } from "../../support/api-requests.ts";
import { useApiServer } from "../../support/use-api-server.ts";

export const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
/** Asks for what kubectl prints. */
export const table = "application/json;as=Table;v=v1;g=meta.k8s.io";

/** A custom resource as it is written. */
export interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec: object;
}

/** Gives the surrounding suite an API server that has our kinds. */
export function useCustomResources(): ApiRequests {
  return useApiServer(async (requests) => {
    for (const plural of ["proxyconfigs", "nodeproxies"]) {
      const file = join(import.meta.dirname, `../../../crds/kubesteer.dev_${plural}.yaml`);
      const path = `${definitions}/${plural}.kubesteer.dev?fieldManager=test`;
      const answer = await requests.patch(path, parse(readFileSync(file, "utf8")), "apply");
      assert.equal(answer.code, 201, answer.text);
      const served = `/apis/${apiGroupVersion}/${plural}`;
      await waitUntil(`${plural} are served`, async () => (await requests.get(served)).code === 200);
    }
  }).api;
}

/** Creates an object, after deleting an existing one with the same name. */
export async function create(requests: ApiRequests, path: string, object: Resource): Promise<Json> {
  await requests.delete(`${path}/${object.metadata.name}`);
  const answer = await requests.post(path, object);
  assert.equal(answer.code, 201, answer.text);
  return answer.body;
}

/** Bodies of the causes: `field: message`. */
export function causesOf({ body }: ApiAnswer): readonly string[] {
  const causes = body["details"]?.["causes"] as readonly { field: string; message: string }[] | undefined;
  return causes?.map(({ field, message }) => `${field}: ${message}`) ?? [];
}
