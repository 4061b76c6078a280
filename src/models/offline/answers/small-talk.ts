const GREETING =
  /^\W*(?:hi|hello|hey|howdy|greetings|good (?:morning|afternoon|evening|day))\b[\w\s,!.]{0,20}$/i;

const ABOUT_ITSELF = [
  /\b(?:who|what) (?:are|r) (?:you|u)\b/i,
  /\bare (?:you|u) (?:an?|the|real|human|chatgpt|gpt|claude|alive)\b/i,
  /\bwhat (?:can|do|could|will) (?:you|u|i) (?:do|ask|know|try)\b/i,
  /\bhow (?:can|could|do) (?:you|u) help\b/i,
  /^\W*(?:help|start|test|testing|ping)\W*$/i,
];

const THANKS =
  /^\W*(?:thanks?|thank you|thx|cheers|great|perfect|nice|cool|ok(?:ay)?|bye|goodbye)\b[\w\s,!.]{0,30}$/i;

/** Whether a message asks nothing, or what the assistant is. */
export function asksForIntroduction(message: string): boolean {
  return GREETING.test(message) || ABOUT_ITSELF.some((pattern) => pattern.test(message));
}

/** Questions about the one who asks: no document knows the answer, though many have the words. */
const ABOUT_THE_USER =
  /\b(?:my name|who am i|about me|remember me|how old am i|my (?:age|birthday))\b/i;

export function isAboutTheUser(message: string): boolean {
  return ABOUT_THE_USER.test(message);
}

export function isThanks(message: string): boolean {
  return THANKS.test(message);
}
