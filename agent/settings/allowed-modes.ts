import type { NodeProxyConfig, ProxyMode } from "../../crds/api.ts";

type ModeSettings = Pick<NodeProxyConfig, "mode" | "fallbackModes">;

/** The modes a node may run, in order of preference and without duplicates. */
export function allowedModes({ mode, fallbackModes }: ModeSettings): readonly ProxyMode[] {
  return [...new Set([mode, ...fallbackModes])];
}

/** Whether settings allow the same modes in the same order, so that the node runs the same mode with both. */
export function allowSameModes(left: ModeSettings, right: ModeSettings): boolean {
  return allowedModes(left).join() === allowedModes(right).join();
}
