/**
 * Loaded into the service before anything else (`node --import`): kills its own process before or
 * after a commit of its database, as the file that `DEATH_PLAN` names says. See `planned-death.ts`.
 */
import { existsSync, readFileSync } from 'node:fs';
import process from 'node:process';
import { isMainThread } from 'node:worker_threads';
import Database from 'better-sqlite3';

const file = process.env['DEATH_PLAN'];
let counted = 0;

/** Counts from the first commit that finds the plan there. */
function meet(moment) {
  if (!existsSync(file)) {
    counted = 0;
    return;
  }
  const plan = JSON.parse(readFileSync(file, 'utf8'));
  if (plan.moment !== moment) return;
  counted += 1;
  if (counted === plan.commit) process.kill(process.pid, 'SIGKILL');
}

/** What a call commits: the transaction that it ends, or, outside of one, what it writes itself. */
function dying(call, { commits }) {
  return function (...parameters) {
    const isCommit = commits(this);
    if (isCommit) meet('before');
    const result = call.apply(this, parameters);
    if (isCommit) meet('after');
    return result;
  };
}

function statementCommits(statement) {
  return statement.database.inTransaction
    ? /^\s*commit/i.test(statement.source)
    : !statement.readonly && !/^\s*begin/i.test(statement.source);
}

// Not the threads beside it, which checkpoint.
if (isMainThread && file !== undefined) {
  const connection = new Database(':memory:');
  const { prototype } = connection.prepare('SELECT 1').constructor;
  connection.close();
  for (const method of ['run', 'get', 'all']) {
    prototype[method] = dying(prototype[method], { commits: statementCommits });
  }
  Database.prototype.exec = dying(Database.prototype.exec, {
    commits: (database) => !database.inTransaction,
  });
}
