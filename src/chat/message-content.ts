import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ValidateBy } from 'class-validator';
import type { ContentPart, MessageContent } from '../models/model-stream.js';

const MOST_PARTS = 100;
const MOST_IMAGES = 20;
const DETAILS = ['auto', 'low', 'high'] as const;

/** How the bytes of an image begin, by its type. */
const BEGINNINGS: ReadonlyMap<string, readonly RegExp[]> = new Map(
  Object.entries({
    'image/png': [/^\x89PNG\r\n.\n/s],
    'image/jpeg': [/^\xff\xd8\xff/],
    'image/gif': [/^GIF8[79]a/],
    'image/webp': [/^RIFF.{4}WEBP/s],
  }),
);
const TYPES = [...BEGINNINGS.keys()].join(', ');

/** A part of a message that is a text, as in the OpenAI API. */
export class TextPart {
  @ApiProperty({ enum: ['text'] })
  type: 'text';

  @ApiProperty({ minLength: 1 })
  text: string;
}

/** Where an image is. */
export class ImageUrl {
  @ApiProperty({
    description: 'An `https:` or `http:` address, or a `data:` URI with a PNG, JPEG, GIF or WebP.',
  })
  url: string;

  @ApiPropertyOptional({ enum: DETAILS, default: 'auto', description: 'How closely to look.' })
  detail?: (typeof DETAILS)[number];
}

/** A part of a message that is an image, as in the OpenAI API. */
export class ImagePart {
  @ApiProperty({ enum: ['image_url'] })
  type: 'image_url';

  @ApiProperty({ type: ImageUrl })
  image_url: ImageUrl;
}

/** What a message says, as requests have it. */
export type RequestContent = string | readonly (TextPart | ImagePart)[];

/** A text, or a list of texts and images. An empty text is allowed where a conversation may have one. */
export function IsContent({ mayBeEmpty = false } = {}): PropertyDecorator {
  return ValidateBy({
    name: 'isContent',
    validator: {
      validate: (value) => faultOf(value, mayBeEmpty) === undefined,
      defaultMessage: (args) => `${args!.property} ${faultOf(args!.value, mayBeEmpty)}`,
    },
  });
}

/** What a validated content says. One of nothing but texts is a text: that is what providers expect. */
export function toMessageContent(content: RequestContent): MessageContent {
  if (typeof content === 'string') return content;
  if (content.every((part) => part.type === 'text')) {
    return content.map(({ text }) => text).join('\n');
  }
  return content.map((part): ContentPart => {
    if (part.type === 'text') return { type: 'text', text: part.text };
    const { url, detail } = part.image_url;
    return { type: 'image', url, ...(detail !== undefined && { detail }) };
  });
}

/** What is wrong with a content, as the rest of a sentence; undefined where nothing is. */
function faultOf(value: unknown, mayBeEmpty: boolean): string | undefined {
  if (typeof value === 'string') {
    return value === '' && !mayBeEmpty ? 'should not be empty' : undefined;
  }
  if (!Array.isArray(value)) return 'must be a text or a list of parts';
  if (value.length === 0) return 'must have at least one part';
  if (value.length > MOST_PARTS) return `must have at most ${MOST_PARTS} parts`;
  const parts = value as unknown[];
  const images = parts.filter((part) => isMap(part) && part['type'] === 'image_url').length;
  if (images > MOST_IMAGES) return `must have at most ${MOST_IMAGES} images`;
  for (const [index, part] of parts.entries()) {
    const fault = faultOfPart(part);
    if (fault !== undefined) return `is wrong in part ${index}: ${fault}`;
  }
  return undefined;
}

function faultOfPart(part: unknown): string | undefined {
  if (!isMap(part)) return 'it must be an object';
  if (part['type'] === 'text') {
    const unknown = otherThan(part, ['type', 'text']);
    if (unknown !== undefined) return `${unknown} is not a field of it`;
    const { text } = part;
    return typeof text === 'string' && text !== ''
      ? undefined
      : 'text must be a text, and not empty';
  }
  if (part['type'] !== 'image_url') return 'type must be text or image_url';
  const image = part['image_url'];
  const unknown =
    otherThan(part, ['type', 'image_url']) ??
    (isMap(image) ? otherThan(image, ['url', 'detail']) : undefined);
  if (unknown !== undefined) return `${unknown} is not a field of it`;
  if (!isMap(image) || typeof image['url'] !== 'string') return 'image_url.url must be a text';
  const { detail } = image;
  if (detail !== undefined && !DETAILS.some((one) => one === detail)) {
    return `image_url.detail must be one of ${DETAILS.join(', ')}`;
  }
  return faultOfImage(image['url']);
}

function faultOfImage(url: string): string | undefined {
  if (!url.startsWith('data:')) {
    const protocol = URL.parse(url)?.protocol;
    return protocol === 'https:' || protocol === 'http:'
      ? undefined
      : 'image_url.url must be an https:, http: or data: address';
  }
  const [, type, data] = /^data:([\w.+/-]+);base64,([A-Za-z\d+/]+={0,2})$/.exec(url) ?? [];
  const beginnings = BEGINNINGS.get(type ?? '');
  if (beginnings === undefined || data!.length % 4 !== 0) {
    return `image_url.url must be a data: URI of one of ${TYPES}, in base64`;
  }
  const bytes = Buffer.from(data!.slice(0, 64), 'base64').toString('latin1');
  return beginnings.some((beginning) => beginning.test(bytes))
    ? undefined
    : `image_url.url says that it is ${type}, and its bytes are not`;
}

function otherThan(map: Record<string, unknown>, known: readonly string[]): string | undefined {
  return Object.keys(map).find((key) => !known.includes(key));
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
