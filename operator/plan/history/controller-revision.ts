import { apiGroupVersion, type NodeProxyConfig, type ProxyConfig } from "../../../crds/api.ts";
import type { NodeSettings } from "../../../crds/node-settings.ts";
import { parseSettings } from "../../../crds/parse-settings.ts";
import type { ApiObject } from "../../../platform/kube/api-client.ts";
import { configLabel, revisionLabel } from "../labels.ts";

/** Selects the ControllerRevisions that hold settings of ProxyConfigs, among those of other controllers. */
export const historySelector = revisionLabel;

/** An apps/v1 ControllerRevision with the settings of one revision of a ProxyConfig. The API server lets no one change `data`. */
export interface ControllerRevision extends ApiObject {
  /** Increases from one revision of a ProxyConfig to the next. */
  readonly revision: number;
  readonly data: { readonly config: NodeProxyConfig };
}

/** The fields of a ControllerRevision that the plan needs. */
export interface StoredRevision {
  readonly name: string;
  readonly uid: string;
  readonly configName: string;
  /** Of the owning ProxyConfig. */
  readonly ownerUid: string | undefined;
  readonly revision: string;
  readonly sequence: number;
  /** As stored. */
  readonly content: unknown;
  /** The content with all defaults; undefined when it is unusable. */
  readonly config: NodeProxyConfig | undefined;
}

/** The object to store: its name is derived from ProxyConfig and revision, so equal content is one object. */
export function controllerRevisionOf(
  { metadata: { name, uid = "" } }: ProxyConfig,
  { revision, config, sequence }: Pick<NodeSettings, "revision" | "config"> & { readonly sequence: number },
): ControllerRevision {
  return {
    apiVersion: "apps/v1",
    kind: "ControllerRevision",
    metadata: {
      name: controllerRevisionName(name, revision),
      labels: { "app.kubernetes.io/name": "kubesteer", [configLabel]: name, [revisionLabel]: revision },
      ownerReferences: [{ apiVersion: apiGroupVersion, kind: "ProxyConfig", name, uid, controller: true }],
    },
    data: { config },
    revision: sequence,
  };
}

/** The prefix avoids name clashes with the ControllerRevisions of DaemonSets and StatefulSets. */
export function controllerRevisionName(configName: string, revision: string): string {
  return `kubesteer-${configName}-${revision}`;
}

/** Reads a ControllerRevision that {@link historySelector} selects. */
export function parseControllerRevision(object: unknown): StoredRevision {
  const { metadata, data, revision } = object as ApiObject & {
    readonly data?: { readonly config?: unknown };
    readonly revision: number;
  };
  const { name, uid = "", labels = {}, ownerReferences = [] } = metadata;
  const content = data?.config;
  return {
    name,
    uid,
    configName: labels[configLabel] ?? "",
    ownerUid: ownerReferences.find(({ kind }) => kind === "ProxyConfig")?.uid,
    revision: labels[revisionLabel] ?? "",
    sequence: revision,
    content,
    config: parseSettings(content),
  };
}
