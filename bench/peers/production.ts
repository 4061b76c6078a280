/**
 * Every peer imports this first, since packages read the environment while they are loaded.
 *
 * Production mode, and what keeps the packages from calling home: a peer is not to pay for reports that
 * cannot be delivered. The AI SDK, Nest and the `openai` client have nothing to switch off.
 */
Object.assign(process.env, {
  NODE_ENV: 'production',
  // Mastra's usage reports (https://mastra.ai/docs/studio/deployment) and its list of all models.
  MASTRA_TELEMETRY_DISABLED: 'true',
  MASTRA_OFFLINE: 'true',
  // LangChain's traces (https://docs.langchain.com/langsmith/trace-without-env-vars), in all their names.
  LANGSMITH_TRACING: 'false',
  LANGSMITH_TRACING_V2: 'false',
  LANGCHAIN_TRACING: 'false',
  LANGCHAIN_TRACING_V2: 'false',
});
