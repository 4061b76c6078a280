/** A JSON schema, as the OpenAPI document holds it. */
type Schema = Record<string, unknown>;

const NULL = { type: 'null' };

/**
 * Tells of the request's schemas what the field decorators cannot: that other fields are refused,
 * which fields go together, and that `null` stands for an absent one.
 *
 * @param schemas the schemas of the document, which are changed
 */
export function documentChatRequest(schemas: Record<string, Schema>): void {
  const ours = ['ChatRequest', 'ChatMessage', 'ResponseFormat', 'NamedSchema'];
  for (const name of [...ours, 'TextPart', 'ImagePart', 'ImageUrl']) {
    schemas[name]!['additionalProperties'] = false;
  }
  const { ChatRequest: request, ResponseFormat: format } = schemas;
  const properties = request!['properties'] as Record<string, Schema>;
  Object.assign(properties['metadata']!, { propertyNames: { maxLength: 64 } });
  for (const [name, schema] of Object.entries(properties)) properties[name] = orNull(schema);
  Object.assign(request!, {
    description:
      'Exactly one of `message`, `messages` and `regenerate` is required. `null` counts as absent.',
    oneOf: [
      {
        title: 'A message of a session',
        ...having('message', ['string', 'array'], { messages: NULL, regenerate: NULL }),
      },
      {
        title: 'A whole conversation',
        ...having('messages', ['array'], {
          message: NULL,
          regenerate: NULL,
          session_id: NULL,
          edit_message_id: NULL,
        }),
      },
      {
        title: 'Another answer to the last message',
        ...having('regenerate', ['boolean'], {
          message: NULL,
          messages: NULL,
          edit_message_id: NULL,
        }),
        required: ['regenerate', 'session_id'],
      },
    ],
    not: {
      title: 'Nobody watches a run in the background, so none can leave it',
      properties: { background: { const: true }, on_disconnect: { const: 'cancel' } },
      required: ['background', 'on_disconnect'],
    },
  });
  format!['oneOf'] = [
    { properties: { type: { enum: ['text', 'json_object'] }, json_schema: false } },
    { properties: { type: { const: 'json_schema' } }, required: ['json_schema'] },
  ];
}

function having(field: string, type: string[], others: Record<string, Schema> = {}): Schema {
  return { properties: { [field]: { type }, ...others }, required: [field] };
}

/** The same, or null. What is said about the field stays beside it. */
function orNull(schema: Schema): Schema {
  const { description, default: byDefault, example, examples, allOf, ...rest } = schema;
  const [only] = Array.isArray(allOf) ? (allOf as Schema[]) : [];
  const told = { description, default: byDefault, example, examples };
  const given = Object.entries(told).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(given), oneOf: [only ?? rest, NULL] };
}
