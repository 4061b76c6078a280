import { wordsOf } from './terms.js';

/**
 * The words of the documents, and what people say for them. What stands on the right of a line is also
 * looked for as what stands on its left, not the other way round.
 */
const THESAURUS = `
resume, resuming, last-event-id: reconnect, reattach, rejoin, carry on, pick up, come back, lost connection, drop connection, disconnect, hang up, wifi, offline for, interrupt, broken connection, network drop, continue read, miss, left off, tunnel, train, flaky, refresh page, reload
cut, connection: drop, break off, broken, wifi, network, lose
repeat, idempotency-key: twice, duplicate, double, idempotent, dedupe, deduplicate, resend, exactly once, charge, click twice, retry safe
again, retry: reattempt, retries
restart, take-over, dies: come back up, by itself, supervise, supervisor, systemd, recover, recovery, serve again
kill, die, death, process: crash, reboot, sigkill, oom, fall over, go down, bounce, restart
machine, dies, log_sync: power, electricity, blackout, kernel panic, host crash, power cut, fsync, unplug
survive, lost, nothing: lose, loss, data loss, durable, durability, persist, safe
shutdown, sigterm, signals, shutdown_grace: shut down, graceful, terminate, drain, rolling, ctrl c, stop service, stop server
running, under way: progress, ongoing, flight, unfinished, pending
upgrade: update, new version, deploy, release, newer version
downgrade, older release: roll back, rollback, previous version, go back, old version
cancel, cancelled: abort, stop answer, stop generate, interrupt answer, stop run, stop reply, stop write, end early, halt
key, api_key, openai_api_key: credential, apikey, api key
secret, name_file: password, credential, secret file, mounted
environment, variable, setting: env, env var, option, flag, configure, config, parameter
settings, configuration: configure, config, option, tune, adjust, change
default: unless, unset, without specify, standard, out of the box
ollama, own, machine: laptop, local, localhost, computer, self host, llama, home, gpu, on premise, private model
lm studio: lmstudio
llama.cpp: llamacpp, gguf
model: llm, gpt, claude, gemini, ai
provider: vendor, upstream, openai, anthropic, azure, backend, third party
connecting, provider: connect, hook up, plug in, point at, use with
fallbacks: failover, alternative, second model, backup model, another model, spare, secondary, switch model
provider fails, when: openai down, provider down, azure down, model down
provider, fails: outage, down, unavailable, unreachable, broken, hiccup, openai down
unlisted, provider/model: any model, model list not, other model, custom model
model_name, default model: default model, which model, choose model, pick model, name model, switch model
model_not_found: unknown model, wrong model, no such model
model_unavailable, unavailable_reason: unavailable, not available, model missing, greyed
browser, eventsource: javascript, js, frontend, web, website, react, page, typescript, tab
cors, cors_origins: origin, cross origin, different domain, domain, blocked by browser, single page
python, clients: aiohttp, httpx, pip, script
clients: client, sdk, library, code sample
container, docker: image, compose, podman, k8s, kubernetes, pod, helm
health, ready, live, checks: probe, liveness, readiness, alive, monitor, uptime, healthy, kubernetes, running ok
disk, full disk: space, storage, drive, run out, partition, hard drive
full: fill, fills
database, data_dir, data directory: db, sqlite, store, persist, save, file, where data, folder, volume
data directory, process: instance, replica, folder, two server, second process, horizontal, scale, cluster
backup, npm run backup: dump, snapshot, export, copy database, copy data
restore: recover, import, put back
port: listen, tcp, 8000, address in use, bind
host, listen: bind, expose, interface, reachable, network, 0.0.0.0, other machine, lan, another computer, from outside
run_retention, kept: keep, retain, retention, expire, expiry, delete, purge, forget, hour, yesterday, week, day, ttl, clean, housekeeping, old answer, old run
run_expired: 410, gone
size, bytes: disk space, space, grow, storage need, how much disk
limit, most: maximum, big, max, cap, size, large, huge, most, allow
largest, body_limit: big, size, payload, upload, mb, megabyte, long message, large message, huge prompt, message size, request size, 413
max_tokens, tokens: shorten, length, truncate, cap answer, brief, short, shorter
finish_reason, length: truncate, cut short, ends early, why stop, why end
any text: single word, first word
loaded, first answer: load, warm up, cold start, first call
stall_limit, slow reader: slow reader, slow client, kick, kicked
time-out, first_token_timeout, token_timeout: timeout, deadline, slow, hang, stuck, unresponsive, patience
wait, prefer: hold, patience, long request, wait second, not wait, hang on, secs, sec, seconds
retry_budget, tried again: keep try, give up, how long try, retry provider
silent, silence: quiet, stall, nothing come
heartbeat, comment: keep alive, keepalive, ping, idle, colon, hb
problem, code, codes: error, failure, fault, exception, status code
retry-after, provider_rate_limited, overloaded: rate limit, throttle, 429, quota, too many request
overloaded, max_active_runs, at once: busy, capacity, load, many user, concurrent, simultaneous, 503, how many user, parallel user, rate limit
how much at once, memory, stream: ram, heap, footprint, open connection, per connection, per stream
response_format, structured output, json: schema, typed, structured, object, parse, machine readable
stream, streaming: sse, live, real time, realtime, token by token, word by word, incremental, typewriter, piece by piece
chunk: delta, packet, message event
done, last chunk, was cut: finish, finished, whole stream, complete, end stream, know over, really finished, is over
answer: reply, response, result, output, completion
session, session_id, conversation: memory, remember, chat history, thread, context, multi turn, earlier message, follow up, previous message, history
session_busy, on_busy, queue: same time, at once, parallel, concurrent, meanwhile, second message, two message, send twice, still answer, before answer, before reply, impatient
messages: whole conversation, own history, stateless, full history
usage, tokens: spend, bill, token, burn, consume, consumption, token count
bills, prices: pricey, costly, expensive, money
provider_rate_limited, quota, account: credit, billing, balance, paid
prices: price, cost, expensive, cheap, dollar, money
benchmark, cost: fast, faster, speed, performance, latency, throughput, overhead, efficient, compare, express, slower
cpu, memory: resource, footprint
log, logs: logging, verbose, debug, trace
log_level: verbose, quiet, debug, loglevel, noisy, chatty
log_content, logs: prompt log, write log, message log
log_content: privacy, private, sensitive, gdpr, personal, logged, read my
proxy, reverse proxy: nginx, gateway, load balancer, traefik, caddy, ingress, apache, haproxy, cloudflare
buffering, buffer, proxies: one go, all once, arrive once, whole reply, reply end, word end, not streaming, come together, arrives whole, instead of word
caller, address, trust_proxy, x-forwarded-for: ip, client ip, remote address, real ip, same ip
https_proxy, company, proxy: corporate, firewall, company, outgoing, egress, behind proxy
certificate, node_extra_ca_certs, authority: tls, ssl, ca, self signed, root certificate, mitm
install, npm, start: set up, setup, get started, quickstart, launch, first step, begin, run it
npm test: run test, test suite, unit test, ci
node 22.13 or newer: version node, nodejs, node.js, runtime version
without container: bare metal, systemd, pm2, vm, directly
old service, moving: legacy, fastapi, previous service, migrate, migration, predecessor, python service, old client, existing client, rewrite, port over
what differs: difference, different, change behave, not same, breaking
background: reply later, answer later, result later, fetch later
background: async, asynchronous, fire forget, later, poll, job, long running, 202, queue job
follow, readers, any number: second reader, several reader, share, mirror, two people, several people, audience, people watch, both see
on_disconnect, cancel, nobody watches: leave, close tab, close browser, close window, go away, walk away, abandon, keep run
disconnect_grace: grace, leave
access control, loopback: authentication, auth, login, permission, protect, secure, security, public, internet, who may
instructions, agents.yaml, agent: system prompt, persona, personality, bot, own bot, custom prompt, behaviour, define agent, create agent, own agent, add agent, new agent
agent: role, assistant list
tools, works yet: function call, function calling, plugin, mcp, web search
status, works today: ready for, production, roadmap, missing feature, not support
connecting, provider: support, supported, compatible with
offline assistant: no key, without key, no internet, demo, fake, canned, built in
unknown, fields: typo, misspell, extra field, unrecognized, unexpected, ignore field
invalid_request: wrong field, validation, bad request, 400, reject
temperature: creative, random, deterministic, creativity
field: property, attribute, argument
metadata: tag, label, annotate, custom data, correlate, ticket, own data
list, runs: browse, enumerate, overview, all run, recent, see answer
next_cursor, cursor, page: pagination, paginate, next page, more than 50
openapi document, /docs: swagger, openapi, spec, try out, reference, generate client, postman
x-request-id, request_id: correlation, trace id, support ticket, log line, find log, report
first_token_ms, timings: time to first, ttft, how quick, duration, milliseconds
continuation, goes on: continue, mid answer, half answer, partial, go on
prefix, instruct: continue mode, how continue
partial: half answer, incomplete, so far, what written
attempts, provider_switched: how many call, second call, switch
reasoning, include: think, thinking, thought, chain of thought, reason
include, switches: turn off, disable, hide, suppress, without
ids, id, left out: number, sequence, gap, jump, skip, event id, missing number
ascii, escape: unicode, emoji, umlaut, encoding, utf-8, escape
content, done: format, shape, look like, wire
vision: image, picture, photo, screenshot
capabilities: able, what model can
windows, disk: network drive, nfs, shared folder
circuit, left alone: breaker, blacklist, keeps failing, stop asking
event, stream, eventsource: native, onmessage
204: nothing left, seen all
position_invalid: wrong position, bad id, too high
license: mit, commercial, open source, free
contributing: contribute, pull request, develop, hack on
models.yaml, config_dir: config file, yaml, own config, custom config, mount config
faults, start: refuse start, won start, exit code, config error, wrong config, boot
.env, environment, hides: dotenv, env file, .env file, export, shell, override, precedence
context_too_long, context window: too long, context length, context size, token limit
content_filter, content_filtered: moderation, censored, blocked, unsafe, policy
compressed, gzip: gzip, deflate, brotli, compress
user: uid, root, non root
dev, watch: hot reload, development mode
accept: curl, terminal, command line
truth: true, guarantee, promise
`;

/** What a phrase of people's stands for: all of its terms must be asked, in any order. */
interface Entry {
  phrase: readonly string[];
  stands: readonly string[];
}

const entries: readonly Entry[] = THESAURUS.trim()
  .split('\n')
  .flatMap((line) => {
    const [documents = '', people = ''] = line.split(': ');
    const stands = [...new Set(documents.split(',').flatMap(wordsOf))];
    return people
      .split(',')
      .map((phrase) => ({
        phrase: wordsOf(phrase),
        stands,
        words: phrase.trim().split(' ').length,
      }))
      .filter(({ phrase, words }) => phrase.length > 1 || (phrase.length === 1 && words === 1));
  });

/**
 * The terms of the documents that stand for those of a question, by the question's; each with the number
 * of terms that it stands for together.
 */
export function relatedTerms(terms: readonly string[]): Map<string, Map<string, number>> {
  const asked = new Set(terms);
  const related = new Map<string, Map<string, number>>();
  for (const { phrase, stands } of entries) {
    if (!phrase.every((term) => asked.has(term))) continue;
    for (const term of phrase) {
      const known = related.get(term) ?? new Map<string, number>();
      for (const other of stands) known.set(other, Math.max(known.get(other) ?? 0, phrase.length));
      related.set(term, known);
    }
  }
  return related;
}
