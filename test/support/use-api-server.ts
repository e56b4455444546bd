import { createApiRequests, type ApiRequests } from "./api-requests.ts";
import { startApiUnderTest, type ApiUnderTest } from "./api-under-test.ts";

export interface UsedApiServer {
  readonly api: ApiRequests;
  /** The running server; undefined before the suite and after it. */
  readonly server: () => ApiUnderTest | undefined;
}

/**
 * Gives the surrounding suite an API server of its own: starts it before the first test and closes it after the last.
 *
 * @param prepare what the server has to hold before the first test
 */
export function useApiServer(
  prepare: (api: ApiRequests, server: ApiUnderTest) => Promise<void> = async () => {},
): UsedApiServer {
  let server: ApiUnderTest | undefined;
  const api = createApiRequests({
    get url() {
      return server?.url ?? "http://no-server-before-the-suite";
    },
    get token() {
      return server?.token;
    },
  });
  before(async () => {
    server = await startApiUnderTest();
    await prepare(api, server);
  });
  after(async () => {
    await server?.close();
    server = undefined;
  });
  return { api, server: () => server };
}
