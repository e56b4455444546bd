import { cutText } from "../../platform/text/cut-text.ts";
import type { UnsupportedFeature } from "../dataplane/find-unsupported.ts";
import type { ServiceProblem } from "../services/service-problem.ts";
import type { RefusedService, SyncReport } from "../sync/routed-sync.ts";

/**
 * What Services ask for and do not get, worst first: refused by the kernel, wrong in the API object, not supported by the
 * mode. Texts fit the limits of the NodeProxy schema.
 */
export function listUnsupported(
  report: Pick<SyncReport, "unsupported" | "rejected">,
  problems: readonly ServiceProblem[],
): readonly { readonly service: string; readonly feature: string; readonly reason: string }[] {
  const rejected = report.rejected.map((refused) => ({
    service: refused.service,
    feature: "service",
    reason: describeRefusal(refused),
  }));
  const wrong = problems.map(({ service, field, value, reason }) => ({
    service,
    feature: field,
    reason: value === undefined ? reason : `${reason}; got ${value}`,
  }));
  const lacking: readonly UnsupportedFeature[] = report.unsupported;
  return [...rejected, ...wrong, ...lacking].map(({ service, feature, reason }) => ({
    service: cutText(service, 400),
    feature: cutText(feature, 128),
    reason: cutText(reason, 512),
  }));
}

function describeRefusal({ mode, servedBy, reason }: RefusedService): string {
  return servedBy === undefined
    ? `refused by the kernel, not served: ${reason}`
    : `refused in mode ${mode}, served in mode ${servedBy}: ${reason}`;
}
