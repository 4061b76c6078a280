import type { OpenAPIObject } from '@nestjs/swagger';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

/**
 * Documents `X-Request-Id` on every operation: what a caller may send, and what each answer has.
 * The builder's own global parameters are kept by the module, not by the document, so that each
 * further document of a process would list them once more.
 */
export function documentRequestId(document: OpenAPIObject): void {
  const { components, paths } = document;
  components!.parameters = {
    ...components!.parameters,
    RequestId: {
      name: 'X-Request-Id',
      in: 'header',
      required: false,
      description:
        "The caller's own id of the request, for the log. One that is malformed is replaced.",
      schema: { type: 'string', pattern: '^[\\w.:@/+=-]{1,128}$' },
    },
  };
  components!.headers = {
    ...components!.headers,
    RequestId: {
      description:
        "The caller's `X-Request-Id`, or one that was made. The log tells more under it.",
      schema: { type: 'string' },
    },
  };
  for (const path of Object.values(paths)) {
    for (const operation of METHODS.flatMap((method) => path[method] ?? [])) {
      operation.parameters = [
        ...(operation.parameters ?? []),
        { $ref: '#/components/parameters/RequestId' },
      ];
      for (const response of Object.values(operation.responses)) {
        if (response === undefined || '$ref' in response) continue;
        response.headers = {
          ...response.headers,
          'X-Request-Id': { $ref: '#/components/headers/RequestId' },
        };
      }
    }
  }
}
