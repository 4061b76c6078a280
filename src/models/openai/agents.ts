import * as http from 'node:http';
import * as https from 'node:https';
import type { SecureContext } from 'node:tls';
import { HttpsProxyAgent } from 'https-proxy-agent';
import type { ProxySettings } from '../../config/settings.js';
import { proxyFor } from './proxy-selection.js';

/** How long an idle connection is kept, in milliseconds, unless the server announces less. */
const IDLE_LIMIT = 30_000;

/** Request options that a {@link TunnelAgent} understands. */
export interface TunnelOptions {
  /** Ends the opening of a tunnel. */
  opening?: AbortSignal;
}

/** The pools of idle connections: direct ones, and tunnels through each proxy. */
export class Agents {
  readonly #options: https.AgentOptions;
  readonly #http: http.Agent;
  readonly #https: https.Agent;
  readonly #tunnels = new Map<string, TunnelAgent>();

  constructor(
    private readonly proxy: ProxySettings,
    secureContext: SecureContext | undefined,
  ) {
    this.#options = {
      keepAlive: true,
      scheduling: 'lifo',
      // Also what makes an agent heed a server's `Keep-Alive: timeout`; a busy socket is spared.
      timeout: IDLE_LIMIT,
      ...(secureContext && { secureContext }),
    };
    this.#http = new http.Agent(this.#options);
    this.#https = new https.Agent(this.#options);
  }

  for(url: URL): http.Agent {
    const proxy = proxyFor(url, this.proxy);
    if (proxy === undefined) return url.protocol === 'https:' ? this.#https : this.#http;
    let tunnel = this.#tunnels.get(proxy.href);
    if (tunnel === undefined) {
      tunnel = new TunnelAgent(proxy, this.#options);
      this.#tunnels.set(proxy.href, tunnel);
    }
    return tunnel;
  }

  /** Closes all connections, the busy ones too. */
  close(): void {
    for (const agent of [this.#http, this.#https, ...this.#tunnels.values()]) agent.destroy();
  }
}

/**
 * Opens a tunnel (`CONNECT`) for each connection, to `http:` addresses too. A request that is
 * given up while its tunnel is being opened closes the connection to the proxy: else a proxy that
 * never answers would keep it for ever.
 */
class TunnelAgent extends HttpsProxyAgent<string> {
  constructor(
    private readonly address: URL,
    private readonly settings: https.AgentOptions,
  ) {
    super(address, settings);
    // HttpsProxyAgent forgets them, and with them the idle limit and whom to trust.
    Object.assign(this.options, settings);
  }

  override async connect(
    request: http.ClientRequest,
    options: Parameters<HttpsProxyAgent<string>['connect']>[1] & TunnelOptions,
  ): ReturnType<HttpsProxyAgent<string>['connect']> {
    const { opening, ...rest } = options;
    // Its own signal, not the request's: the open tunnel outlives the request that asked for it.
    const tunnel = new AbortController();
    const giveUp = () => tunnel.abort();
    if (opening?.aborted) giveUp();
    opening?.addEventListener('abort', giveUp);
    try {
      const settings = { ...this.settings, signal: tunnel.signal };
      return await new HttpsProxyAgent(this.address, settings).connect(request, rest);
    } finally {
      opening?.removeEventListener('abort', giveUp);
    }
  }
}
