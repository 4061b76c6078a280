import * as http from 'node:http';
import * as https from 'node:https';
import { isIP } from 'node:net';
import type { SecureContext } from 'node:tls';
import { HttpsProxyAgent } from 'https-proxy-agent';
import type { ProxySettings } from '../../config/settings.js';
import { proxyFor } from './proxy-selection.js';
import { ProxyRefusedError } from './transport-errors.js';

/** How long an idle connection is kept, in milliseconds, unless the server announces less. */
const IDLE_LIMIT = 30_000;

/** Request options that a {@link TunnelAgent} understands. */
export interface TunnelOptions {
  /** Ends the opening of a tunnel. */
  opening?: AbortSignal;
}

/** How an address is reached. */
export interface Route {
  agent: http.Agent;
  /** Whether TLS is spoken to whom the request goes to. */
  secure: boolean;
  /** What makes the request one to a proxy; nothing where it is not. */
  options: https.RequestOptions;
}

/** The pools of idle connections: those of requests, and tunnels through each proxy. */
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

  /** As curl does it: a tunnel for an `https:` address, and for an `http:` one the proxy is asked. */
  route(url: URL): Route {
    const secure = url.protocol === 'https:';
    const proxy = proxyFor(url, this.proxy);
    if (proxy === undefined) return { agent: this.#direct(secure), secure, options: {} };
    if (secure) return { agent: this.#tunnel(proxy), secure, options: {} };
    const proxySecure = proxy.protocol === 'https:';
    return { agent: this.#direct(proxySecure), secure: proxySecure, options: asked(proxy, url) };
  }

  #direct(secure: boolean): http.Agent {
    return secure ? this.#https : this.#http;
  }

  #tunnel(proxy: URL): http.Agent {
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

/** A request in absolute form (RFC 9112, 3.2.2), which a proxy forwards. */
function asked(proxy: URL, url: URL): https.RequestOptions {
  const { protocol, port, username, password } = proxy;
  const hostname = proxy.hostname.replace(/^\[|\]$/g, '');
  const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return {
    protocol,
    hostname,
    port: port || (protocol === 'https:' ? 443 : 80),
    // Else the proxy's certificate would be held against the name in the Host header.
    servername: isIP(hostname) ? '' : hostname,
    path: `${url.origin}${url.pathname}${url.search}`,
    headers: {
      host: url.host,
      ...(login !== ':' && {
        'proxy-authorization': `Basic ${Buffer.from(login).toString('base64')}`,
      }),
    },
  };
}

/**
 * Opens a tunnel (`CONNECT`) for each connection. A request that is
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
      const opener = new HttpsProxyAgent(this.address, settings);
      let status: number | undefined;
      opener.once('proxyConnect', (answer: { statusCode: number }) => {
        status = answer.statusCode;
      });
      const socket = await opener.connect(request, rest);
      if (status === 200) return socket;
      // It is a replay of what the proxy said, as if the provider had said it, and without TLS.
      socket.destroy();
      throw new ProxyRefusedError(status || undefined);
    } catch (error) {
      throw isBrokenAnswer(error) ? new ProxyRefusedError(undefined, error) : error;
    } finally {
      opening?.removeEventListener('abort', giveUp);
    }
  }
}

/** What the library says of an answer to `CONNECT` that it cannot read has no code. */
function isBrokenAnswer(error: unknown): boolean {
  return error instanceof Error && error.constructor === Error && !('code' in error);
}
