import { waitUntil } from "../../../playground/wait-until.ts";
import { useApiServer, type UsedApiServer } from "../../support/use-api-server.ts";
import { expectCode } from "./read-answer.ts";
import { widgetDefinition, widgets } from "./widget.ts";

/** The namespace that the suites work in. */
export const namespace = "/api/v1/namespaces/api-test";
export const configMaps = `${namespace}/configmaps`;
export const services = `${namespace}/services`;

/** Gives the surrounding suite an API server with the namespace and the kind Widget. */
export function useKubernetesApi(): UsedApiServer {
  return useApiServer(async (api) => {
    expectCode(await api.post("/api/v1/namespaces", { metadata: { name: "api-test" } }), 201);
    const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    expectCode(await api.post(definitions, widgetDefinition), 201);
    await waitUntil("widgets to be served", async () => (await api.get(widgets)).code === 200);
  });
}

/** A ConfigMap. */
export function configMap(
  name: string,
  facts: { readonly labels?: object; readonly data?: object } = {},
): object {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, labels: facts.labels ?? {} },
    data: facts.data ?? {},
  };
}

/** A Service. */
export function service(name: string, spec: object): object {
  return { apiVersion: "v1", kind: "Service", metadata: { name }, spec };
}
