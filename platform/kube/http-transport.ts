import type { KubeConfig } from "@kubernetes/client-node";
import {
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
} from "node:http";
import { Agent as HttpsAgent, request as httpsRequest, type RequestOptions } from "node:https";
import { finished } from "node:stream/promises";
import { errorMessage, TerminalError } from "../errors.ts";
import { errorFromResponse } from "./status-error.ts";

export interface HttpRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly contentType?: string;
  /** JSON text. */
  readonly body?: string;
  /** The request fails when the connection stays silent for so long, in milliseconds. */
  readonly idleTimeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Called with each piece of the body of a successful response. What it throws fails the request. */
type OnChunk = (chunk: Buffer) => void;

/**
 * Sends requests to the API server of a KubeConfig. Login and TLS are read from it for each request, so rotated tokens
 * and certificates count; connections are kept and shared.
 *
 * client-node's own fetch is not used: in 2.0.1 it opens a connection per request, and its watch splits lines at U+2028.
 */
export class HttpTransport {
  readonly #kubeConfig: KubeConfig;
  readonly #server: URL;
  readonly #userAgent: string;
  readonly #agents = {
    "http:": new HttpAgent({ keepAlive: true }),
    "https:": new HttpsAgent({ keepAlive: true }),
  };

  constructor(kubeConfig: KubeConfig, { userAgent }: { readonly userAgent: string }) {
    const cluster = kubeConfig.getCurrentCluster();
    if (cluster === null) {
      throw new TerminalError("the kubeconfig has no cluster for its current context", {
        hint: "Set current-context to a context whose cluster exists in the same file.",
      });
    }
    this.#kubeConfig = kubeConfig;
    this.#server = new URL(cluster.server);
    this.#userAgent = userAgent;
  }

  /**
   * The whole body of the response.
   * @throws {ApiError} when the status is not 2xx, and another Error when there was no complete response
   */
  async send(request: HttpRequest): Promise<string> {
    const chunks: Buffer[] = [];
    await this.stream(request, { onChunk: (chunk) => chunks.push(chunk) });
    return Buffer.concat(chunks).toString("utf8");
  }

  /** As {@link send}, piece by piece; resolves when the server has ended the body. */
  async stream(
    request: HttpRequest,
    { onOpen, onChunk }: { readonly onOpen?: (() => void) | undefined; readonly onChunk: OnChunk },
  ): Promise<void> {
    request.signal?.throwIfAborted();
    const response = await this.#open(request);
    const statusCode = response.statusCode ?? 0;
    if (statusCode < 200 || statusCode > 299) {
      const chunks: Buffer[] = [];
      await this.#read(request, response, (chunk) => chunks.push(chunk));
      throw errorFromResponse({
        statusCode,
        headers: response.headers,
        body: Buffer.concat(chunks).toString("utf8"),
      });
    }
    onOpen?.();
    await this.#read(request, response, onChunk);
  }

  async #open(request: HttpRequest): Promise<IncomingMessage> {
    const options = await this.#requestOptions(request);
    const url = this.#url(request);
    return new Promise((resolve, reject) => {
      const outgoing = (url.protocol === "http:" ? httpRequest : httpsRequest)(url, options, resolve);
      outgoing.setTimeout(request.idleTimeoutMs, () => {
        outgoing.destroy(new Error(`no data for ${request.idleTimeoutMs} ms`));
      });
      outgoing.on("error", (error) => reject(this.#unreachable(request, error)));
      outgoing.end(request.body);
    });
  }

  async #read(request: HttpRequest, response: IncomingMessage, onChunk: OnChunk): Promise<void> {
    response.on("data", (chunk: Buffer) => {
      try {
        onChunk(chunk);
      } catch (error) {
        response.destroy(error instanceof Error ? error : new Error(String(error)));
      }
    });
    try {
      await finished(response);
    } catch (error) {
      throw response.errored === error ? error : this.#unreachable(request, error);
    }
  }

  async #requestOptions({ method, contentType, body, signal }: HttpRequest): Promise<RequestOptions> {
    const loginHeaders: OutgoingHttpHeaders = {};
    const login: RequestOptions = { headers: loginHeaders };
    await this.#kubeConfig.applyToHTTPSOptions(login);
    const agent = this.#agents[this.#server.protocol === "http:" ? "http:" : "https:"];
    return {
      ...login,
      method,
      // client-node's agents know about proxies but open a connection per request
      agent: this.#kubeConfig.getCurrentCluster()?.proxyUrl === undefined ? agent : login.agent,
      headers: {
        ...loginHeaders,
        accept: "application/json",
        "user-agent": this.#userAgent,
        ...(body === undefined
          ? {}
          : { "content-type": contentType ?? "application/json", "content-length": Buffer.byteLength(body) }),
      },
      ...(signal === undefined ? {} : { signal }),
    };
  }

  #url({ path, query = {} }: HttpRequest): URL {
    const url = new URL(this.#server);
    url.pathname = `${url.pathname.replace(/\/$/, "")}${path}`;
    for (const [key, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(key, String(value));
    }
    return url;
  }

  #unreachable({ method, path }: HttpRequest, cause: unknown): Error {
    return new Error(`${method} ${this.#server.origin}${path}: ${errorMessage(cause)}`, { cause });
  }
}
