import { ProblemError } from '../http/problem.js';

export class SessionNotFoundError extends ProblemError {
  constructor(id: string) {
    super(
      'session_not_found',
      `There is no session ${JSON.stringify(id.slice(0, 64))}. A session begins with a message that names none.`,
    );
  }
}

export class MessageNotFoundError extends ProblemError {
  constructor(id: string) {
    super('message_not_found', `The session has no message ${JSON.stringify(id.slice(0, 64))}.`);
  }
}
