import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { html } from '../../lib/html.js';
import { fitsTogether, toPicture } from '../../lib/images.js';
import { send, stop } from '../../state/conversation.js';
import { conversationState, isBusy, running } from '../../state/shown.js';
import { composer } from '../../state/focus.js';
import { announce } from '../../state/announcements.js';
import { Icon } from '../icon.js';

/** Where one writes. Enter sends, Shift+Enter begins a line, Escape stops the answer. */
export function Composer() {
  const field = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  const chooser = useRef(/** @type {HTMLInputElement | null} */ (null));
  const text = useSignal('');
  const pictures = useSignal(/** @type {import('../../lib/images.js').Picture[]} */ ([]));
  const fault = useSignal('');
  const isDropping = useSignal(false);

  useEffect(() => {
    composer.value = field.current;
    // On a phone the keyboard would cover what is there to read.
    if (matchMedia('(min-width: 48rem)').matches) field.current?.focus();
    return () => void (composer.value = null);
  }, []);

  const submit = () => {
    const said = text.value.trim();
    // What is not there yet cannot be gone on with.
    if (isBusy.value || conversationState.value === 'loading') return;
    if (said === '' && pictures.value.length === 0) return;
    void send(said, pictures.value);
    text.value = '';
    pictures.value = [];
    fault.value = '';
    if (field.current) field.current.value = '';
    field.current?.focus();
  };

  const attach = async (/** @type {Iterable<File>} */ files) => {
    fault.value = '';
    for (const file of files) {
      if (!file.type.startsWith('image/')) {
        fault.value = `${file.name} is no image: only images can be attached.`;
        continue;
      }
      try {
        const picture = await toPicture(file);
        if (!fitsTogether([...pictures.value, picture])) {
          fault.value = `${file.name} is too much beside the others: send it with another message.`;
          continue;
        }
        pictures.value = [...pictures.value, picture];
        announce(`${picture.name} attached`);
      } catch (error) {
        fault.value = String(/** @type {Error} */ (error).message);
      }
    }
  };

  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      submit();
    }
    if (event.key === 'Escape' && isBusy.value) void stop();
  };
  const onPaste = (/** @type {ClipboardEvent} */ event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length === 0) return;
    event.preventDefault();
    void attach(files);
  };
  const onDrop = (/** @type {DragEvent} */ event) => {
    event.preventDefault();
    isDropping.value = false;
    void attach([...(event.dataTransfer?.files ?? [])]);
  };
  const onDragOver = (/** @type {DragEvent} */ event) => {
    event.preventDefault();
    isDropping.value = true;
  };
  const without = (/** @type {number} */ at) => () => {
    pictures.value = pictures.value.filter((_, index) => index !== at);
    field.current?.focus();
  };

  return html`<form
    class=${`composer ${isDropping.value ? 'dropping' : ''}`}
    onSubmit=${(/** @type {Event} */ event) => {
      event.preventDefault();
      submit();
    }}
    onDrop=${onDrop}
    onDragOver=${onDragOver}
    onDragLeave=${() => (isDropping.value = false)}
  >
    ${
      pictures.value.length > 0 &&
      html`<ul class="pictures" aria-label="Attached images">
        ${pictures.value.map(
          (picture, at) =>
            html`<li key=${at}>
              <img src=${picture.url} alt=${picture.name} />
              <button
                type="button"
                class="remove"
                aria-label=${`Remove ${picture.name}`}
                onClick=${without(at)}
              >
                <${Icon} name="close" />
              </button>
            </li>`,
        )}
      </ul>`
    }
    ${fault.value && html`<p class="fault-text" role="alert">${fault.value}</p>`}
    <div class="composer-row">
      <button
        type="button"
        class="icon-button"
        title="Attach an image"
        aria-label="Attach an image"
        onClick=${() => chooser.current?.click()}
      >
        <${Icon} name="image" />
      </button>
      <input
        type="file"
        accept="image/*"
        multiple
        hidden
        ref=${chooser}
        onChange=${(/** @type {Event} */ event) => {
          const input = /** @type {HTMLInputElement} */ (event.target);
          void attach([...(input.files ?? [])]);
          input.value = '';
        }}
      />
      <textarea
        ref=${field}
        rows="1"
        aria-label="Message"
        placeholder="Message"
        enterkeyhint="send"
        onInput=${(/** @type {InputEvent} */ event) =>
          (text.value = /** @type {HTMLTextAreaElement} */ (event.target).value)}
        onKeyDown=${onKeyDown}
        onPaste=${onPaste}
      ></textarea>
      ${
        running.value
          ? html`<button
              type="button"
              class="send stop"
              aria-label="Stop"
              title="Stop (Escape)"
              onClick=${stop}
            >
              <${Icon} name="stop" />
            </button>`
          : html`<button
              type="submit"
              class="send"
              aria-label="Send"
              title="Send (Enter)"
              disabled=${text.value.trim() === '' && pictures.value.length === 0}
            >
              <${Icon} name="send" />
            </button>`
      }
    </div>
  </form>`;
}
