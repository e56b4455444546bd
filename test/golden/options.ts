/** Whether goldens are rewritten instead of compared: environment variable UPDATE_GOLDENS=1. */
export function updatesGoldens(): boolean {
  return process.env["UPDATE_GOLDENS"] === "1";
}
