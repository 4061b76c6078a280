/** What whoever runs this program has called it, so that its hints can be copied. */
export const OWN_NAME =
  process.env['npm_lifecycle_event'] === 'chat' ? 'npm run chat --' : 'agno-chat';
