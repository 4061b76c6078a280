import { isIP } from 'node:net';
import { Injectable } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { IsNotEmpty, IsString, MaxLength } from 'class-validator';
import { Tool } from '../../decorated/tool.decorator.js';
import { ToolError } from '../../tool-error.js';
import type { ToolContext } from '../../tool.js';
import { permissionFor } from './allowed-hosts.js';
import {
  checkedLookup,
  PrivateAddressError,
  resolveBySystem,
  type Resolve,
} from './checked-lookup.js';
import { httpGet, type HttpAnswer } from './http-get.js';
import { mediaType, textOfPage } from './page-text.js';
import { isPublicAddress } from './public-address.js';

/** As browsers have it, or fewer: a chain that is longer leads nowhere. */
const MOST_REDIRECTS = 5;

/** How much of a page that says what went wrong is told, in characters. */
const MOST_OF_ERROR = 1_000;

class FetchArguments {
  @ApiProperty({ description: 'An http: or https: address.' })
  @MaxLength(2048)
  @IsNotEmpty()
  @IsString()
  url: string;
}

/**
 * A tool that reads pages of the hosts which an agent names under `fetch_hosts`. Addresses that are not
 * public are refused, however one comes to them: by name, by redirect, or by a name that changes its mind.
 * The proxies of the environment are not used: they would resolve names by themselves.
 */
@Injectable()
export class HttpFetch {
  /** Another one in tests. */
  resolve: Resolve = resolveBySystem;

  @Tool({
    description: 'Reads a web page or another text at an address, by GET. HTML becomes plain text.',
    parameters: FetchArguments,
    idempotent: true,
  })
  async httpFetch({ url }: FetchArguments, { agent, signal }: ToolContext): Promise<string> {
    let address = parsed(url);
    for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects += 1) {
      const answer = await this.#get(address, agent.fetchHosts, signal);
      const { status, location } = answer;
      if (status < 300 || status >= 400 || location === undefined) return told(address, answer);
      address = parsed(location, address);
    }
    throw new ToolError(`${url} was redirected more than ${MOST_REDIRECTS} times.`);
  }

  async #get(url: URL, hosts: readonly string[], signal: AbortSignal): Promise<HttpAnswer> {
    const permission = permissionFor(url, hosts);
    if (permission === undefined) {
      const allowed = hosts.length === 0 ? 'There are none.' : `They are: ${hosts.join(', ')}.`;
      throw new ToolError(`${url.host} is none of the hosts that may be fetched. ${allowed}`);
    }
    const literal = url.hostname.replace(/^\[|\]$/g, '');
    // A socket looks no address up that is one already.
    if (permission === 'public' && isIP(literal) !== 0 && !isPublicAddress(literal)) {
      throw new PrivateAddressError(url.hostname);
    }
    const lookup = permission === 'any' ? undefined : checkedLookup(this.resolve);
    try {
      return await httpGet(url, { signal, lookup });
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ToolError) throw error;
      const { code, message } = error as NodeJS.ErrnoException;
      throw new ToolError(`${url.href} cannot be fetched: ${code ?? message}`);
    }
  }
}

/** @throws ToolError */
function parsed(address: string, base?: URL): URL {
  const url = URL.parse(address, base?.href);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new ToolError(`${JSON.stringify(address)} is no http: or https: address.`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new ToolError('An address with a user name or a password may not be fetched.');
  }
  url.hash = '';
  return url;
}

/** @throws ToolError for an answer that is a failure, or no text */
async function told(url: URL, answer: HttpAnswer): Promise<string> {
  const { status, contentType, isCut } = answer;
  const text = await textOfPage(answer);
  const head = `HTTP ${status} ${url.href} (${mediaType(contentType) || 'no type'})`;
  if (status >= 400) throw new ToolError(`${head}\n\n${(text ?? '').slice(0, MOST_OF_ERROR)}`);
  if (text === undefined) throw new ToolError(`${head}: this is no text.`);
  return `${head}\n\n${text}${isCut ? '\n[The page goes on.]' : ''}`;
}
