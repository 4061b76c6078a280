/** Questions as people ask them who know the documents but not the assistant, and where the answers stand. */
export interface Question {
  question: string;
  /** Each section that answers it. */
  sections: readonly string[];
  /** One of these stands in the passage that does. */
  says: readonly string[];
}

/** What newcomers ask first. */
export const NEWCOMERS: readonly Question[] = [
  {
    question: 'How do I start the service?',
    sections: [
      '/docs/getting-started.md#install-and-start',
      '/README.md#agno-api',
      '/docs/configuration.md#configuration',
      '/docs/deployment.md#without-a-container',
      '/docs/deployment.md#container',
    ],
    says: ['npm start', 'node dist/main.js', 'docker compose up'],
  },
  {
    question: 'How do I resume an answer after the connection was lost?',
    sections: [
      '/docs/streaming.md#resuming',
      '/README.md#resuming',
      '/docs/http-api.md#get-apiv1runsidstream',
      '/docs/http-api.md#post-apiv1chat',
    ],
    says: ['Last-Event-ID'],
  },
  {
    question: 'How do I continue a conversation so that the model remembers what I said?',
    sections: ['/docs/http-api.md#sessions', '/docs/http-api.md#post-apiv1chat'],
    says: ['session_id'],
  },
  {
    question: 'How do I call the API from JavaScript in a web page?',
    sections: ['/docs/streaming.md#browser-and-node', '/docs/streaming.md#eventsource'],
    says: ['fetch'],
  },
  {
    question: 'How do I run it with Docker?',
    sections: ['/docs/deployment.md#container'],
    says: ['docker'],
  },
  {
    question: 'Is there any authentication?',
    sections: [
      '/README.md#status',
      '/docs/deployment.md#deployment',
      '/docs/configuration.md#settings',
      '/docs/moving-from-the-old-service.md#what-differs',
    ],
    says: ['access control', 'controls access'],
  },
  {
    question: 'How do I use my OpenAI key with it?',
    sections: [
      '/README.md#with-a-model',
      '/docs/configuration.md#configuration',
      '/docs/models.md#connecting-a-provider',
      '/docs/configuration.md#where-values-come-from',
      '/docs/deployment.md#secrets',
      '/docs/models.md#secrets-from-files',
      '/docs/models.md#models',
    ],
    says: ['OPENAI_API_KEY'],
  },
  {
    question: 'How do I connect a local Ollama model?',
    sections: ['/docs/models.md#connecting-a-provider', '/docs/models.md#unlisted-models'],
    says: ['OLLAMA_BASE_URL', 'ollama/'],
  },
  {
    question: 'How do I get the answer streamed token by token?',
    sections: [
      '/README.md#agno-api',
      '/docs/http-api.md#post-apiv1chat',
      '/docs/streaming.md#streaming',
      '/docs/streaming.md#the-format',
      '/docs/streaming.md#browser-and-node',
      '/docs/streaming.md#python',
      '/docs/streaming.md#curl',
    ],
    says: ['"stream": true', '`stream`', 'curl -N', 'stream: true'],
  },
  {
    question: 'How do I change the port?',
    sections: ['/docs/configuration.md#settings', '/README.md#resuming'],
    says: ['`PORT`', 'PORT=8001'],
  },
];

/** The same and other things, in other words than those of the documents. */
export const PARAPHRASES: readonly Question[] = [
  {
    question: 'my react app at localhost:3000 is blocked from calling the api',
    sections: [
      '/docs/http-api.md#cors',
      '/docs/configuration.md#settings',
      '/docs/moving-from-the-old-service.md#what-differs',
      '/docs/streaming.md#browser-and-node',
    ],
    says: ['CORS_ORIGINS'],
  },
  {
    question: 'behind nginx the whole reply shows up in one go at the end instead of bit by bit',
    sections: [
      '/docs/deployment.md#reverse-proxies',
      '/docs/streaming.md#proxies',
      '/docs/streaming.md#the-format',
    ],
    says: ['buffer'],
  },
  {
    question: 'how long do you keep finished answers around',
    sections: [
      '/docs/configuration.md#settings',
      '/docs/http-api.md#get-apiv1runsid',
      '/docs/http-api.md#repeating-a-request',
      '/docs/deployment.md#size',
      '/docs/streaming.md#resuming',
      '/docs/problems.md#codes',
    ],
    says: ['24 h', '24h', 'RUN_RETENTION'],
  },
  {
    question: 'user closes the tab mid-answer, does generation keep going (and costing me)?',
    sections: [
      '/docs/http-api.md#readers-that-leave',
      '/docs/streaming.md#resuming',
      '/docs/configuration.md#settings',
      '/docs/http-api.md#post-apiv1chat',
      '/README.md#resuming',
    ],
    says: ['on_disconnect', 'goes on when its reader', 'nobody watche', 'The run went on'],
  },
  {
    question: 'getting a 409 when I send two messages quickly one after another',
    sections: [
      '/docs/troubleshooting.md#409-session_busy',
      '/docs/http-api.md#sessions',
      '/docs/problems.md#codes',
      '/docs/http-api.md#post-apiv1chat',
    ],
    says: ['session_busy', 'on_busy'],
  },
  {
    question: 'force the model to reply in valid JSON matching my schema',
    sections: ['/docs/http-api.md#structured-output', '/docs/http-api.md#post-apiv1chat'],
    says: ['response_format', 'json_schema'],
  },
  {
    question: 'make a copy of the db without stopping anything',
    sections: ['/docs/deployment.md#backup-and-restore', '/README.md#status'],
    says: ['npm run backup', 'dist/backup.js'],
  },
  {
    question: 'can i run several replicas against one shared volume',
    sections: [
      '/docs/deployment.md#the-data-directory',
      '/README.md#status',
      '/docs/configuration.md#settings',
      '/docs/deployment.md#health-checks',
    ],
    says: [
      'One process a directory',
      'One process serves one data directory',
      'one process a folder',
      'One process a data directory',
      'replicas: 1',
    ],
  },
  {
    question: 'turn on more verbose logging',
    sections: ['/docs/configuration.md#settings', '/docs/deployment.md#logs'],
    says: ['LOG_LEVEL'],
  },
  {
    question: 'request rejected because payload too big, how to allow bigger ones',
    sections: [
      '/docs/configuration.md#settings',
      '/docs/problems.md#codes',
      '/docs/http-api.md#what-holds-everywhere',
      '/docs/deployment.md#reverse-proxies',
    ],
    says: ['BODY_LIMIT'],
  },
  {
    question:
      'we sit behind a corporate firewall, how can the server get out to openai thru our proxy',
    sections: [
      '/docs/models.md#behind-a-companys-proxy',
      '/docs/deployment.md#corporate-proxy-and-authorities',
      '/docs/configuration.md#settings',
    ],
    says: ['HTTPS_PROXY'],
  },
  {
    question: 'if openai goes down can it switch to some other model automaticaly',
    sections: [
      '/docs/models.md#when-a-provider-fails',
      '/docs/models.md#of-a-model',
      '/README.md#status',
      '/docs/configuration.md#settings',
    ],
    says: ['fallback'],
  },
  {
    question: "what are those ': hb' lines I keep seeing",
    sections: [
      '/docs/streaming.md#the-format',
      '/docs/configuration.md#settings',
      '/docs/moving-from-the-old-service.md#what-differs',
      '/docs/deployment.md#reverse-proxies',
    ],
    says: ['heartbeat', 'HEARTBEAT_INTERVAL', ': hb'],
  },
  {
    question: 'we used the python/fastapi version before, will our old frontends still work',
    sections: [
      '/docs/moving-from-the-old-service.md#moving-from-the-old-service',
      '/docs/moving-from-the-old-service.md#what-stays',
      '/docs/moving-from-the-old-service.md#what-differs',
    ],
    says: ['clients keep working', 'needs no change', 'documented fields'],
  },
  {
    question: 'error says the provider refused the key - who has to fix it',
    sections: ['/docs/problems.md#codes'],
    says: ['provider_auth_failed'],
  },
  {
    question: "hide the model's thinking from the output",
    sections: [
      '/docs/streaming.md#chunks',
      '/docs/http-api.md#post-apiv1chat',
      '/docs/moving-from-the-old-service.md#what-differs',
    ],
    says: ['"include": []', '`[]` switches all off'],
  },
  {
    question: 'is it slower than a plain Express server, per token cpu wise',
    sections: [
      '/docs/benchmarks.md#paced',
      '/docs/benchmarks.md#quiet',
      '/docs/benchmarks.md#burst',
    ],
    says: ['express'],
  },
  {
    question: 'which env var points to the folder with my own yaml files',
    sections: ['/docs/configuration.md#the-files', '/docs/configuration.md#settings'],
    says: ['CONFIG_DIR'],
  },
  {
    question: 'output came back null although I wanted json',
    sections: ['/docs/http-api.md#structured-output'],
    says: ['no JSON', 'cut short'],
  },
  {
    question: 'does .env override what I exported in my shell',
    sections: ['/docs/configuration.md#where-values-come-from'],
    says: ['for what the environment does not have', 'hides'],
  },
  {
    question: 'if I mispell a field in the request is it silently ignored?',
    sections: [
      '/docs/http-api.md#what-holds-everywhere',
      '/docs/moving-from-the-old-service.md#what-differs',
      '/docs/problems.md#codes',
      '/docs/problems.md#problems',
    ],
    says: ['Unknown fields', 'is not a field', 'parameter is unknown'],
  },
  {
    question: 'systemd unit, anything to watch out for',
    sections: ['/docs/deployment.md#without-a-container'],
    says: ['TimeoutStopSec', 'systemd'],
  },
  {
    question: 'can I do a rolling deploy with both versions up at once',
    sections: [
      '/docs/deployment.md#signals-and-shutdown',
      '/docs/deployment.md#health-checks',
      '/docs/deployment.md#the-data-directory',
    ],
    says: ['Recreate', 'stop the old process', 'One process'],
  },
  {
    question: 'the LLM goes quiet halfway through a sentence, when does that count as a timeout?',
    sections: [
      '/docs/models.md#when-a-provider-fails',
      '/docs/models.md#of-a-provider',
      '/docs/models.md#of-a-model',
    ],
    says: ['token_timeout'],
  },
  {
    question: 'stop people from picking pricey models on openrouter',
    sections: ['/docs/models.md#unlisted-models', '/docs/models.md#of-a-provider'],
    says: ['unlisted_models'],
  },
  {
    question: 'can two people watch the same answer live',
    sections: [
      '/docs/streaming.md#resuming',
      '/docs/http-api.md#get-apiv1runsidstream',
      '/README.md#agno-api',
    ],
    says: ['number of readers', 'readers may follow'],
  },
  {
    question: 'chrome only opens six streams at a time',
    sections: ['/docs/streaming.md#proxies'],
    says: ['six connections'],
  },
  {
    question: 'how can I repeat the speed measurements on my own box',
    sections: ['/docs/benchmarks.md#running-it', '/docs/benchmarks.md#benchmarks'],
    says: ['npm run bench'],
  },
  {
    question: 'next page of results',
    sections: ['/docs/http-api.md#get-apiv1runs', '/docs/http-api.md#what-holds-everywhere'],
    says: ['next_cursor'],
  },
  {
    question: 'finish_reason length meaning',
    sections: [
      '/docs/troubleshooting.md#the-answer-is-cut-in-the-middle-of-a-sentence',
      '/docs/streaming.md#chunks',
    ],
    says: ['`length` means `max_tokens`', 'reached `max_tokens`'],
  },
];

/** What no document of this service answers. */
export const UNANSWERABLE: readonly string[] = [
  'What is a monad?',
  'Who won the football world cup in 1998?',
  'write a poem about a river in spring',
  'how many moons does jupiter have',
  'What is the capital of France?',
  'translate good morning into japanese',
  'recommend me a good novel',
  'how do I cook rice',
  'what is the weather like today in Oslo',
  'my cat is ill, what should I do',
  'explain quantum entanglement to a child',
  'What is my name?',
];

/** A question that can only be understood after another. */
export interface FollowUp {
  first: string;
  then: string;
  sections: readonly string[];
}

export const FOLLOW_UPS: readonly FollowUp[] = [
  {
    first: 'Which port does it listen on?',
    then: 'can I change that?',
    sections: ['/docs/configuration.md#settings'],
  },
  {
    first: 'For how long is a run kept?',
    then: 'what if it is older?',
    sections: ['/docs/problems.md#codes', '/docs/http-api.md#get-apiv1runsid'],
  },
  {
    first: 'How do I define several agents?',
    then: 'which of them answers if a request names none?',
    sections: ['/docs/configuration.md#agentsyaml'],
  },
  {
    first: 'How does the service shut down on SIGINT?',
    then: 'what if I send it twice?',
    sections: ['/docs/deployment.md#signals-and-shutdown'],
  },
  {
    first: 'What does the service do when the disk is full?',
    then: 'does it recover on its own?',
    sections: ['/docs/deployment.md#a-full-disk'],
  },
];
