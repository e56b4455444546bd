import { apiGroup } from "../../crds/api.ts";

/** Label of NodeProxies and ControllerRevisions: the ProxyConfig that the settings come from. The schema keeps its name short enough. */
export const configLabel = `${apiGroup}/config`;

/** Label of a NodeProxy, with value "true": no ProxyConfig selects the Node any more; it keeps its last settings. */
export const orphanedLabel = `${apiGroup}/orphaned`;

/** Label of a ControllerRevision: the revision whose settings it holds. */
export const revisionLabel = `${apiGroup}/revision`;
